package temporal

import (
	"context"
	"slices"
	"sync"
	"time"

	"bulk/cmd/bulk/batch"
)

// turns see to it that a worker is at one run an account at a time. The account's lock
// in the ledger would as well; this asks it less often.
type turns struct {
	mu    sync.Mutex
	taken []string
}

const turnEvery = 100 * time.Millisecond

// take waits until all of the accounts are free here; false: the context ended first.
func (t *turns) take(ctx context.Context, accounts []string) (leave func(), took bool) {
	for !t.try(accounts) {
		if !batch.WaitFor(ctx, turnEvery) {
			return nil, false
		}
	}
	return func() { t.leave(accounts) }, true
}

func (t *turns) try(accounts []string) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, a := range accounts {
		if slices.Contains(t.taken, a) {
			return false
		}
	}
	t.taken = append(t.taken, accounts...)
	return true
}

func (t *turns) leave(accounts []string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.taken = slices.DeleteFunc(t.taken, func(a string) bool { return slices.Contains(accounts, a) })
}
