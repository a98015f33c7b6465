package authorization

import (
	"fmt"
	"strings"
)

// Document is what is found, in order, as the part of a baseline that comes under `holds:`.
func Document(facts []Fact) string {
	var b strings.Builder
	var contract, right string
	for _, f := range facts {
		if f.Contract != contract {
			fmt.Fprintf(&b, "  %s:\n", f.Contract)
			contract, right = f.Contract, ""
		}
		if f.Right != right {
			fmt.Fprintf(&b, "    %q:\n", f.Right)
			right = f.Right
		}
		fmt.Fprintf(&b, "      - %q\n", f.Holder)
	}
	return b.String()
}
