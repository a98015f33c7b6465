// Package ops holds the nouns that every other package speaks: blocks, verdicts,
// findings, operations, windows, actions and the snapshot that joins them.
//
// It must never hold behaviour beyond saying what a noun is, never import one of
// its children, and depend on nothing but go-ethereum's common types. The words
// are those of the field: OpenZeppelin's for timelocks, the incident command
// system's for people.
package ops
