package pack_test

import (
	"bytes"
	"maps"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/bulkhead-console/bulkhead/ops/pack"
)

// with is the signed pack with other signatures, verified.
func with(t *testing.T, change func(p *pack.Pack, all []pack.Signature) []pack.Signature) (bool, string) {
	t.Helper()
	from := signed(t)
	p := load(t, from)
	from[pack.SignaturesFile] = &fstest.MapFile{Data: pack.EncodeSignatures(change(p, all(t, p)))}
	s := p.Verify()
	return s.Whole(), strings.Join(s.Why(), "\n")
}

func without(all []pack.Signature, document, role string) []pack.Signature {
	return slices.DeleteFunc(slices.Clone(all), func(s pack.Signature) bool { return s.Document == document && s.Role == role })
}

func due(t *testing.T, p *pack.Pack, name string) pack.Document {
	t.Helper()
	i := slices.IndexFunc(p.Documents, func(d pack.Document) bool { return d.Name == name })
	if i < 0 {
		t.Fatalf("there is no %s", name)
	}
	return p.Documents[i]
}

func TestWhoDidNotSignOrMayNotIsSaid(t *testing.T) {
	for name, c := range map[string]struct {
		change func(p *pack.Pack, all []pack.Signature) []pack.Signature
		want   string
	}{
		"one of three is missing": {func(_ *pack.Pack, all []pack.Signature) []pack.Signature {
			return without(all, pack.OwnersFile, pack.Release)
		}, "owners.yaml: release has not signed it: bulkhead pack sign --as release"},
		"the release's owner signs the bounds": {func(p *pack.Pack, all []pack.Signature) []pack.Signature {
			return pack.Joined(without(all, "policy.yaml", pack.Security), signatureOf(t, p, due(t, p, "policy.yaml"), pack.Security, "release"))
		}, "policy.yaml: security has not signed it (" + address("release") + " has, and may not)"},
		"a signature in another role": {func(p *pack.Pack, all []pack.Signature) []pack.Signature {
			return pack.Joined(without(all, "policy.yaml", pack.Security), signatureOf(t, p, due(t, p, "policy.yaml"), pack.IncidentCommand, "security"))
		}, "policy.yaml: security has not signed it"},
		"the threshold is not met": {func(_ *pack.Pack, all []pack.Signature) []pack.Signature {
			i := slices.IndexFunc(all, func(s pack.Signature) bool { return s.Role == pack.Approver })
			return slices.Delete(all, i, i+1)
		}, "release.yaml: 1 of 2 approvals: bulkhead pack sign --as approver"},
		"an approval by somebody else": {func(p *pack.Pack, all []pack.Signature) []pack.Signature {
			i := slices.IndexFunc(all, func(s pack.Signature) bool { return s.Role == pack.Approver })
			return pack.Joined(slices.Delete(all, i, i+1), signatureOf(t, p, due(t, p, "release.yaml"), pack.Approver, "release"))
		}, "1 of 2 approvals (" + address("release") + " has, and may not)"},
		"other bytes were signed": {func(p *pack.Pack, all []pack.Signature) []pack.Signature {
			old := due(t, p, "policy.yaml")
			old.SHA256 = due(t, p, "release.yaml").SHA256
			return pack.Joined(all, signatureOf(t, p, old, pack.Security, "security"))
		}, "policy.yaml: security has not signed it (" + address("security") + " signed other bytes)"},
		"a signature over another document": {func(_ *pack.Pack, all []pack.Signature) []pack.Signature {
			i := slices.IndexFunc(all, func(s pack.Signature) bool { return s.Document == "policy.yaml" })
			j := slices.IndexFunc(all, func(s pack.Signature) bool { return s.Document == pack.OwnersFile && s.Role == pack.Security })
			all[i].Bytes = all[j].Bytes
			return all
		}, "did not make this signature of policy.yaml as security"},
		"signed for another pack": {func(p *pack.Pack, all []pack.Signature) []pack.Signature {
			other := *p
			other.Name = "vault-two"
			return pack.Joined(all, signatureOf(t, &other, due(t, p, "policy.yaml"), pack.Security, "security"))
		}, "of the pack vault"},
	} {
		if whole, why := with(t, c.change); whole || !strings.Contains(why, c.want) {
			t.Errorf("%s: whole %v, want %q in\n%s", name, whole, c.want, why)
		}
	}
}

func TestMoreApproversThanNeededAreFine(t *testing.T) {
	if whole, why := with(t, func(p *pack.Pack, all []pack.Signature) []pack.Signature {
		return pack.Joined(all, signatureOf(t, p, due(t, p, "release.yaml"), pack.Approver, "eve"))
	}); !whole {
		t.Error(why)
	}
}

// A release that the policy does not name is approved by nobody: calling it
// something else takes it out of no approval.
func TestAReleaseThatThePolicyDoesNotNameIsNotApproved(t *testing.T) {
	p := load(t, signed(t))
	p.Approvals = pack.Approvals{Release: "vault-v3"}
	if s := p.Verify(); s.Whole() || !strings.Contains(strings.Join(s.Why(), "\n"), "does not say who approves vault-v3") {
		t.Errorf("%q", s.Why())
	}
}

// The signatures stand each for itself: their order says nothing, a file that was cut
// never counts for more, and nobody's word counts twice.
func TestTheFileOfSignatures(t *testing.T) {
	whole := signed(t)
	text := string(whole[pack.SignaturesFile].Data)
	head, list, _ := strings.Cut(text, "signatures:\n")
	entries := strings.SplitAfter(strings.TrimSuffix(list, "\n"), "\"\n  - ")
	for i := range entries {
		entries[i] = "  - " + strings.TrimPrefix(strings.TrimSuffix(strings.TrimSuffix(entries[i], "  - "), "\n"), "  - ") + "\n"
	}
	verify := func(text string) (bool, string) {
		from := maps.Clone(whole)
		from[pack.SignaturesFile] = &fstest.MapFile{Data: []byte(text)}
		s := load(t, from).Verify()
		return s.Whole(), strings.Join(s.Why(), "\n")
	}
	if ok, why := verify(head + "signatures:\n" + strings.Join(entries, "")); !ok {
		t.Fatalf("put together again: %s", why)
	}
	back := slices.Clone(entries)
	slices.Reverse(back)
	if ok, why := verify(head + "signatures:\n" + strings.Join(back, "")); !ok {
		t.Errorf("in another order: %s", why)
	}
	if ok, why := verify(head + "signatures:\n" + strings.Join(append(slices.Clone(entries), entries[0]), "")); ok || !strings.Contains(why, "has signed owners.yaml as incident-command twice") {
		t.Errorf("one twice: %v, %s", ok, why)
	}
	for cut := range len(text) - 1 {
		if ok, _ := verify(text[:cut]); ok {
			t.Fatalf("cut after %d of %d bytes it passes", cut, len(text))
		}
	}
}

// A new word of a signer takes the place of the old one, and the file is the same in
// whatever order they came.
func TestSignaturesAreJoined(t *testing.T) {
	p := load(t, files())
	sorted := all(t, p)
	var again []pack.Signature
	for i := len(sorted) - 1; i >= 0; i-- {
		again = pack.Joined(pack.Joined(again, sorted[i]), sorted[i])
	}
	if !bytes.Equal(pack.EncodeSignatures(sorted), pack.EncodeSignatures(again)) {
		t.Errorf("%s\n%s", pack.EncodeSignatures(sorted), pack.EncodeSignatures(again))
	}
}

func TestASignatureIsTakenInOnlyFromItsOwner(t *testing.T) {
	p := load(t, files())
	d := due(t, p, "policy.yaml")
	if _, err := p.Signed(d, pack.Security, signatureOf(t, p, d, pack.Security, "security").Bytes); err != nil {
		t.Error(err)
	}
	for name, raw := range map[string][]byte{
		"another's": signatureOf(t, p, d, pack.Security, "ada").Bytes, "another role": signatureOf(t, p, d, pack.Approver, "security").Bytes,
		"another document": signatureOf(t, p, due(t, p, "release.yaml"), pack.Security, "security").Bytes, "none": nil,
	} {
		if s, err := p.Signed(d, pack.Security, raw); err == nil {
			t.Errorf("%s: taken in as %+v", name, s)
		}
	}
}

func FuzzSignatures(f *testing.F) {
	p := load(f, files())
	f.Add(pack.EncodeSignatures(all(f, p)))
	f.Add([]byte("version: 1\nsignatures: [{document: a, role: security, sha256: \"0x\", locked: \"\", by: \"\", signature: \"0x\"}]\n"))
	f.Add([]byte("signatures: {}\n"))
	f.Fuzz(func(t *testing.T, source []byte) {
		got, faults := pack.DecodeSignatures("vault", source)
		for _, s := range got {
			if who, err := s.Statement("vault").Signer(s.Bytes); err != nil || who != s.By {
				t.Fatalf("%+v is not by %s: %v", s, who, err)
			}
		}
		if faults.Err() == nil {
			if again, faults := pack.DecodeSignatures("vault", pack.EncodeSignatures(got)); faults.Err() != nil || len(again) != len(got) {
				t.Fatalf("written and read again: %d of %d, %v", len(again), len(got), faults)
			}
		}
	})
}

func FuzzLock(f *testing.F) {
	lock, err := load(f, files()).Lock()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(lock)
	f.Add([]byte("version: 1\nroot: x\npack: y\ndocuments: [{document: policy.yaml, owner: security, sha256: z, steps: [{step: a, parameters: {b: c}}]}]\n"))
	whole := signed(f)
	f.Fuzz(func(t *testing.T, source []byte) {
		from := maps.Clone(whole)
		from[pack.LockFile] = &fstest.MapFile{Data: source}
		if s := load(t, from).Verify(); s.Whole() && !bytes.Equal(source, lock) {
			t.Fatal("another lock passes")
		}
	})
}
