package pack_test

import (
	"errors"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/bulkhead-console/bulkhead/ops/pack"
)

func TestWhatChangesOnTheDiskIsNoticed(t *testing.T) {
	for name, c := range map[string]struct {
		change func(fstest.MapFS)
		want   string
	}{
		"a byte":            {func(f fstest.MapFS) { f["runbooks/freeze.yaml"] = &fstest.MapFile{Data: []byte("name: Freeze\n")} }, "runbooks/freeze.yaml differs"},
		"an ABI":            {func(f fstest.MapFS) { f["abi/Vault.json"] = &fstest.MapFile{Data: []byte("[ ]")} }, "abi/Vault.json differs"},
		"a file that went":  {func(f fstest.MapFS) { delete(f, "policy.yaml") }, "policy.yaml is gone"},
		"a runbook more":    {func(f fstest.MapFS) { f["runbooks/x.yaml"] = &fstest.MapFile{} }, "runbooks/x.yaml has come or gone"},
		"a runbook less":    {func(f fstest.MapFS) { delete(f, "runbooks/cancel.yaml") }, "runbooks/cancel.yaml has come or gone"},
		"one signature":     {func(f fstest.MapFS) { delete(f, pack.SignaturesFile) }, ""},
		"nothing":           {func(fstest.MapFS) {}, ""},
		"the same, written": {func(f fstest.MapFS) { f["policy.yaml"] = files()["policy.yaml"] }, ""},
	} {
		from := signed(t)
		p := load(t, from)
		c.change(from)
		err := p.Changed()
		if c.want == "" && err != nil || c.want != "" && (!errors.Is(err, pack.ErrChanged) || !strings.Contains(err.Error(), c.want)) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// What is compiled and what is hashed are the same bytes, also when the file changes
// in between.
func TestAFileIsReadOnce(t *testing.T) {
	from := signed(t)
	reading := pack.Read(from)
	first, err := reading.Open("policy.yaml")
	if err != nil {
		t.Fatal(err)
	}
	_ = first.Close()
	want := load(t, signed(t)).Documents[1].SHA256
	from["policy.yaml"] = &fstest.MapFile{Data: []byte("name: other\n")}
	p := pack.New("vault", reading, nil)
	if err := p.Add("policy.yaml", pack.Security, nil, nil); err != nil || p.Documents[0].SHA256 != want {
		t.Errorf("%v, %+v", err, p.Documents)
	}
	if err := p.Changed(); !errors.Is(err, pack.ErrChanged) {
		t.Error(err)
	}
}
