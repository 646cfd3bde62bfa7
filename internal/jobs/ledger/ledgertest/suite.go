// Package ledgertest holds every store of a ledger to the ledger's promises: the
// conformance suite that each store's tests call, and what tests about a ledger
// need besides.
package ledgertest

import (
	"context"
	"testing"

	"bulk/internal/jobs/ledger"
)

// Place is where one ledger is kept, or may be: nothing is there yet.
type Place struct {
	// Where is what Open takes for it.
	Where string
	// Open opens it, as another process would: what one handle has locked the
	// others find locked.
	Open func(ctx context.Context, where string, options ledger.Options) (*ledger.DB, error)
	// Child says that another process can open it as well, if TestMain is [Main].
	Child bool
}

// test is one promise.
type test struct {
	name string
	do   func(*testing.T, Place)
}

// Run holds a store to all promises. fresh gives a new place for each.
func Run(t *testing.T, fresh func(*testing.T) Place) {
	for _, part := range []struct {
		name  string
		tests []test
	}{
		{"acts", actTests}, {"never twice", twiceTests}, {"standing", standingTests}, {"persons", personTests}, {"names", nameTests},
		{"losses", lossTests}, {"runs", runTests}, {"results", resultTests}, {"holders", holderTests}, {"writing", writingTests}, {"texts", textTests},
		{"whatever happens", machineTests},
	} {
		t.Run(part.name, func(t *testing.T) {
			for _, c := range part.tests {
				t.Run(c.name, func(t *testing.T) { c.do(t, fresh(t)) })
			}
		})
	}
}
