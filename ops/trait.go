package ops

// Trait is what one contract has of what several must have in common, at one block.
// Why says why it is not known; Value is then empty.
type Trait struct {
	Contract string // the policy's name
	What     string // codehash, implementation, or a view function with its arguments
	Value    string
	Why      string
	At       BlockRef
}
