package ops

import "time"

// Pending is a transaction that waits in a provider's mempool: it may be mined, replaced or
// forgotten. The index and the fate of its invocation mean nothing.
type Pending struct {
	Invocation
	Nonce  uint64
	Signed bool // From is who signed it; else the provider alone says so
}

// Rumour is what one provider says of its mempool: that a transaction waits there, that some
// were told and not taken in, or else whether it tells at all. It tells while it does so of
// anybody's transactions, and says that again now and then.
type Rumour struct {
	Provider string
	Pending  *Pending
	Lost     uint64        // transactions that were told, perhaps to a watched contract, and not taken in
	Dark     string        // why it does not tell; empty: it does
	Silent   time.Duration // of Dark: for how long before it nothing proved that it told
	Why      string        // of Lost
}
