package drill

import (
	"testing"
	"time"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/crypto"
)

func TestTmp(t *testing.T) {
	t0 := time.Now()
	d, err := Start(t.Context(), Options{Seed: 1})
	if err != nil {
		t.Fatal(err)
	}
	t.Log("start", time.Since(t0), d.Head())
	for i := range 110 {
		t1 := time.Now()
		s, err := d.Step(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if s.Event != "" || i%20 == 0 {
			t.Log(i+1, s, time.Since(t1), d.Score())
		}
	}
	t.Logf("%+v", d.Score())
	for _, a := range []common.Address{world.VaultV1, world.VaultV2, world.Vault, world.Timelock, world.Token} {
		c, _ := d.chain.Client().CodeAt(t.Context(), a, nil)
		t.Log(a, crypto.Keccak256Hash(c))
	}
	t.Log(upgrade().id(), upgrade().salt, promote().id(), promote().salt, rogue().id(), rogue().salt)
	for _, n := range []string{Deployer, Proposer, Executor, Guardian, Mallory, Security, Release} {
		t.Log(n, Address(n))
	}
	for i := range accounts {
		t.Log(Address(Account(i)))
	}
	t1 := time.Now()
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	t.Log("close", time.Since(t1))
}
