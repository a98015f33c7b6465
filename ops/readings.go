package ops

// Readings are the answers at one block, by what was asked.
type Readings map[Read]Reading

// ReadingsOf sorts answers by what was asked.
func ReadingsOf(answers []Reading) Readings {
	out := make(Readings, len(answers))
	for _, r := range answers {
		out[r.Read] = r
	}
	return out
}
