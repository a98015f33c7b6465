// All views of a block in one eth_call. Injected by state override, never
// deployed. The calldata is the number of kept words and a run of entries, the
// answer a run of results:
//
//   calldata = kept:2 entry*
//   entry    = op:1 marks:1 gas:3 cap:3 len:4 target:20 mark[marks]:4 data[len]
//   mark     = what:2 place:2
//   result   = status:1 len:3 data[min(len, cap)]
//
// op 0 STATICCALL, 1 BALANCE, 2 EXTCODEHASH. status 0 reverted, 1 ok, 2 no code at
// the target, 3 not run because a word that it needs was never kept.
//
// A mark ties entries together. what >= 0x8000: word what-0x8000 of this answer
// is kept in the place. what = 0x7fff: the target is the address in the place.
// Any other: the word of data at byte what is the word in the place.
//
// An entry for which gas no longer suffices ends the answer: it and all after it
// were not run. Each call has a gas cap and a return cap, so that a revert, an
// endless loop or a return bomb spoils only itself.
object "Aggregator" {
  code { datacopy(0, dataoffset("runtime"), datasize("runtime")) return(0, datasize("runtime")) }
  object "runtime" { code {
    // places come first in memory, 64 bytes each: whether it was kept, and the word
    let base := mul(64, shr(240, calldataload(0)))
    let out := base
    let p := 2
    for {} lt(p, calldatasize()) {} {
      let head := calldataload(p)
      let marks := add(p, 32)
      let data := add(marks, mul(4, byte(1, head)))
      let status, size, kept := run(head, marks, data, add(out, 4))
      if eq(status, 4) { break }
      if eq(status, 1) { keep(marks, data, add(out, 4), kept) }
      // the header is the first 4 bytes of a word whose other 28 belong to the data
      mstore(out, or(or(shl(248, status), shl(224, size)), shr(32, shl(32, mload(out)))))
      out := add(add(out, 4), kept)
      p := add(data, length(head))
    }
    return(base, sub(out, base))

    function length(head) -> n { n := and(shr(160, head), 0xffffffff) }
    function cap(head) -> n { n := and(shr(192, head), 0xffffff) }
    function gaslimit_(head) -> n { n := and(shr(216, head), 0xffffff) }

    // run answers one entry into body. Status 4: the gas does not suffice for it.
    function run(head, marks, data, body) -> status, size, kept {
      let target, ready := aim(head, marks, data)
      if iszero(ready) { status := 3 leave }
      switch byte(0, head)
      case 1 { mstore(body, balance(target)) }
      case 2 { mstore(body, extcodehash(target)) }
      default {
        if iszero(extcodesize(target)) { status := 2 leave }
        // 1/64 stays behind at every call; 60000 covers the cold account, the copies and the end
        if lt(gas(), add(add(div(mul(gaslimit_(head), 64), 63), 60000), mul(4, add(length(head), cap(head))))) { status := 4 leave }
        fill(marks, data, body, length(head))
        status := staticcall(gaslimit_(head), target, body, length(head), 0, 0)
        size := returndatasize()
        kept := size
        if gt(kept, cap(head)) { kept := cap(head) }
        returndatacopy(body, 0, kept)
        if gt(size, 0xffffff) { size := 0xffffff }
        leave
      }
      status := 1
      size := 32
      kept := 32
    }

    // aim finds the target, and whether every word that the entry needs was kept.
    function aim(head, marks, end) -> target, ready {
      target := and(head, 0xffffffffffffffffffffffffffffffffffffffff)
      ready := 1
      for {} lt(marks, end) { marks := add(marks, 4) } {
        let mark := shr(224, calldataload(marks))
        if iszero(lt(mark, 0x80000000)) { continue }
        let place := mul(64, and(mark, 0xffff))
        if iszero(mload(place)) { ready := 0 }
        if eq(shr(16, mark), 0x7fff) { target := and(mload(add(place, 32)), 0xffffffffffffffffffffffffffffffffffffffff) }
      }
    }

    // fill copies the data and puts the kept words into it.
    function fill(marks, data, body, n) {
      calldatacopy(body, data, n)
      for {} lt(marks, data) { marks := add(marks, 4) } {
        let mark := shr(224, calldataload(marks))
        if lt(mark, 0x7fff0000) { mstore(add(body, shr(16, mark)), mload(add(mul(64, and(mark, 0xffff)), 32))) }
      }
    }

    // keep puts words of an answer into their places.
    function keep(marks, end, body, kept) {
      for {} lt(marks, end) { marks := add(marks, 4) } {
        let mark := shr(224, calldataload(marks))
        if lt(mark, 0x80000000) { continue }
        let at := mul(32, and(shr(16, mark), 0x7fff))
        if lt(kept, add(at, 32)) { continue }
        let place := mul(64, and(mark, 0xffff))
        mstore(place, 1)
        mstore(add(place, 32), mload(add(body, at)))
      }
    }
  } }
}
