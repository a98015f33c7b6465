// Makes a call as the account in whose place it stands, by state override, and
// undoes it: it always reverts, with how the call ended (1 it succeeded, 0 it
// reverted, 2 there is no code at the target) and what the call returned.
//
//   calldata = target:20 data
//   revert   = ended:1 returned
object "Attempt" {
  code { datacopy(0, dataoffset("runtime"), datasize("runtime")) return(0, datasize("runtime")) }
  object "runtime" { code {
    let target := shr(96, calldataload(0))
    let n := sub(calldatasize(), 20)
    calldatacopy(0, 20, n)
    let ended := call(gas(), target, 0, 0, n, 0, 0)
    if iszero(extcodesize(target)) { ended := 2 }
    let size := returndatasize()
    if gt(size, 4096) { size := 4096 }
    mstore8(0, ended)
    returndatacopy(1, 0, size)
    revert(0, add(size, 1))
  } }
}
