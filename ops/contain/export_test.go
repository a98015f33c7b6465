package contain

// Wait returns when nothing that was begun is under way: what a block brought about has
// come to its end.
func (c *Containment) Wait() { c.errands.under.Wait() }
