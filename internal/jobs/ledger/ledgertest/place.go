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
