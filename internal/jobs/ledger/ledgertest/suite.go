// Package ledgertest holds every store of a ledger to the ledger's promises: the
// conformance suite that each store's tests call, and what tests about a ledger
// need besides.
package ledgertest

import "testing"

// Run holds a store to all promises. fresh gives a new place for each.
func Run(t *testing.T, fresh func(*testing.T) Place) {
	others := processTests
	if !fresh(t).Child {
		others = nil
	}
	for _, part := range []struct {
		name  string
		tests []test
	}{
		{"acts", actTests}, {"never twice", twiceTests}, {"standing", standingTests}, {"persons", personTests}, {"names", nameTests},
		{"losses", lossTests}, {"imports", importTests}, {"carrying", carryTests}, {"runs", runTests}, {"results", resultTests}, {"holders", holderTests}, {"processes", others}, {"writing", writingTests}, {"texts", textTests},
		{"whatever happens", machineTests},
	} {
		t.Run(part.name, func(t *testing.T) {
			for _, c := range part.tests {
				t.Run(c.name, func(t *testing.T) { c.do(t, fresh(t)) })
			}
		})
	}
}
