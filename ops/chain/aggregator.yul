// All views of a block in one eth_call. Injected by state override, never
// deployed. The calldata is a run of entries, the answer a run of results:
//
//   entry  = op:1 gas:4 cap:3 len:4 target:20 data[len]
//   result = status:1 used:4 len:3 data[min(len, cap)]
//
// op 0 STATICCALL, 1 BALANCE, 2 EXTCODEHASH. status 0 reverted, 1 ok, 2 no code
// at the target. An entry for which gas no longer suffices ends the answer: it
// and all after it were not run. Each call has a gas cap and a return cap, so
// that a revert, an endless loop or a return bomb spoils only itself.
object "Aggregator" {
  code { datacopy(0, dataoffset("runtime"), datasize("runtime")) return(0, datasize("runtime")) }
  object "runtime" { code {
    let p := 0
    let out := 0
    for {} lt(p, calldatasize()) {} {
      let head := calldataload(p)
      let op := byte(0, head)
      let limit := and(shr(216, head), 0xffffffff)
      let cap := and(shr(192, head), 0xffffff)
      let n := and(shr(160, head), 0xffffffff)
      let target := and(head, 0xffffffffffffffffffffffffffffffffffffffff)
      p := add(p, 32)
      let body := add(out, 8)
      let status := 1
      let used := 0
      let size := 32
      let kept := 32
      switch op
      case 1 { mstore(body, balance(target)) }
      case 2 { mstore(body, extcodehash(target)) }
      default {
        size := 0
        kept := 0
        switch extcodesize(target)
        case 0 { status := 2 }
        default {
          // 1/64 stays behind at every call; 60000 covers the cold account, the copies and the end
          if lt(gas(), add(add(div(mul(limit, 64), 63), 60000), mul(4, add(n, cap)))) { return(0, out) }
          calldatacopy(body, p, n)
          let before := gas()
          status := staticcall(limit, target, body, n, 0, 0)
          used := sub(before, gas())
          size := returndatasize()
          kept := size
          if gt(kept, cap) { kept := cap }
          returndatacopy(body, 0, kept)
          if gt(size, 0xffffff) { size := 0xffffff }
        }
      }
      // the header is the first 8 bytes of a word whose other 24 belong to the data
      let data := and(mload(out), 0x0000000000000000ffffffffffffffffffffffffffffffffffffffffffffffff)
      mstore(out, or(or(shl(248, status), or(shl(216, and(used, 0xffffffff)), shl(192, size))), data))
      out := add(body, kept)
      p := add(p, n)
    }
    return(0, out)
  } }
}
