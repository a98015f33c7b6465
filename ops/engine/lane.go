package engine

import (
	"errors"
	"math/big"

	"github.com/bulkhead-console/bulkhead/ops"
	"github.com/bulkhead-console/bulkhead/ops/contain"
	"github.com/bulkhead-console/bulkhead/ops/document"
	"github.com/bulkhead-console/bulkhead/ops/measure"
	"github.com/bulkhead-console/bulkhead/ops/safe"
	"github.com/bulkhead-console/bulkhead/runbooks"

	"github.com/ethereum/go-ethereum/common"
)

// lane is a lane of the runbook as a step takes it. What a Safe's owners signed is sent
// by the account of its executor.
func (b book) lane(name string, scope measure.Scope, call ops.Call, find signers) (contain.Lane, error) {
	doc := b.doc.Lanes[name]
	from, err := document.ParseAddress(doc.From.Value)
	most, bad := maxFee(doc, scope)
	out := contain.Lane{Name: name + " · " + doc.Kind.Value, From: from, Print: doc.Kind.Value == "print", MaxFee: most}
	if doc.Kind.Value != runbooks.KindSafe {
		out.Signer = find.key(doc.Kind.Value, from, call)
		return out, errors.Join(err, bad)
	}
	known, wrong := knownOf(doc)
	by := b.doc.Lanes[doc.Executor.Value]
	payer, failed := document.ParseAddress(by.From.Value)
	fee, dear := maxFee(by, scope)
	if most == nil {
		out.MaxFee = fee
	}
	out.Safe, out.From, out.Signer = find.safe(from, known), payer, find.key(by.Kind.Value, payer, call)
	return out, errors.Join(err, bad, wrong, failed, dear)
}

// knownOf is what the lane says of its Safe.
func knownOf(doc runbooks.Lane) (out safe.Known, failed error) {
	read := func(t document.Text) (a common.Address) {
		if t.Value != "" {
			var err error
			a, err = document.ParseAddress(t.Value)
			failed = errors.Join(failed, err)
		}
		return a
	}
	out = safe.Known{Singleton: read(doc.Singleton), Guard: read(doc.Guard), ModuleGuard: read(doc.ModuleGuard)}
	for _, m := range doc.Modules {
		out.Modules = append(out.Modules, read(m))
	}
	return out, failed
}

// maxFee is the most that a lane pays for a gas, in wei; nil where it names none.
func maxFee(lane runbooks.Lane, scope measure.Scope) (*big.Int, error) {
	if lane.MaxFee.Value == "" {
		return nil, nil
	}
	m, err := measure.Compile(lane.MaxFee.Value, scope)
	if err != nil {
		return nil, err
	}
	v, err := m.Evaluate(measure.Frame{})
	if err != nil {
		return nil, err
	}
	if v.Rat() == nil || !v.Rat().IsInt() || v.Rat().Sign() <= 0 {
		return nil, errors.New("max_fee is no number of wei above zero: write units(500, 9) for 500 gwei")
	}
	return v.Rat().Num(), nil
}

func (a *arranger) maxFee(doc runbooks.Runbook, lane runbooks.Lane, scope measure.Scope) {
	if _, err := maxFee(lane, scope); err != nil {
		a.expression(doc.File, lane.MaxFee, "max_fee", err)
	}
}
