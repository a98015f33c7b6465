// Package pack is about a pack as bytes and about who says so: which documents it
// has, who owns each, what the lock fixes, and whether what lies on the disk is what
// its owners signed.
//
// It stands beside ops/policy and not in it because it is about all documents
// alike, runbooks too, and asks of none what it means. It must never sign, never
// write to a pack, and never call a document signed of which one byte, or one byte
// of what it names, differs from what its owner put the signature under.
package pack
