package ledgertest

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"bulk/internal/jobs"
	"bulk/internal/jobs/ledger/store"
)

// memoryClaim is the hold on accounts.
type memoryClaim struct {
	by      *memoryHandle
	epochs  map[string]int64
	doubted int
}

func (c *memoryClaim) Epoch(account string) int64 { return c.epochs[account] }
func (c *memoryClaim) Doubted() int               { return c.doubted }

func (c *memoryClaim) Release() {
	_ = c.by.do(func() {
		for account, epoch := range c.epochs {
			if claim := c.by.claims[account]; claim.Epoch == epoch && c.by.locked[account] == c.by {
				claim.Since = time.Time{}
				delete(c.by.locked, account)
			}
		}
	})
}

// Hold is part of [store.Holder].
func (h *memoryHandle) Hold(ctx context.Context, accounts []string, wait time.Duration) (store.Claim, error) {
	for deadline := time.Now().Add(wait); ; time.Sleep(time.Millisecond) {
		var busy *store.BusyError
		var c *memoryClaim
		err := h.do(func() {
			if busy = h.busy(accounts); busy == nil && h.moved == nil {
				c = h.claim(accounts)
			}
		})
		switch {
		case err == nil && busy == nil && c == nil:
			return nil, h.moved
		case err != nil:
			return nil, err
		case busy == nil:
			return c, nil
		case ctx.Err() != nil:
			return nil, ctx.Err()
		case time.Now().After(deadline):
			return nil, busy
		}
	}
}

func (h *memoryHandle) busy(accounts []string) *store.BusyError {
	for _, account := range accounts {
		if h.locked[account] != nil {
			return &store.BusyError{Account: account, By: *h.claims[account]}
		}
	}
	return nil
}

func (h *memoryHandle) claim(accounts []string) *memoryClaim {
	c := &memoryClaim{by: h, epochs: map[string]int64{}}
	for _, account := range accounts {
		now := exact(h.options.Now())
		was := cmp.Or(h.claims[account], &store.Holding{})
		claim := &store.Holding{Account: account, Epoch: was.Epoch + 1, User: h.options.User, Host: h.options.Host, PID: os.Getpid(), Since: now, Beat: now}
		if h.locked[account] == h {
			continue // named twice
		}
		h.claims[account], h.locked[account], c.epochs[account] = claim, h, claim.Epoch
		for i := range h.acts {
			if a := &h.acts[i]; a.Account == account && a.State == store.Intended && !h.faults[NoDoubt] {
				h.settle(&store.Settle{Act: a.ID, State: store.Unknown, Code: jobs.Interrupted, At: now})
				row, result := a.InDoubt()
				h.record(&store.Record{Run: a.Run, Row: row, Result: result, Data: "{}"})
				c.doubted++
			}
		}
	}
	return c
}

// Holding is part of [store.Holder].
func (h *memoryHandle) Holding(_ context.Context, account string) (by store.Holding, held bool, err error) {
	return by, held, h.do(func() {
		if held = h.locked[account] != nil; held {
			by = *h.claims[account]
		}
	})
}

// HoldRun is part of [store.Holder].
func (h *memoryHandle) HoldRun(_ context.Context, run int64) (release func(), err error) {
	name := fmt.Sprint("run ", run)
	doErr := h.do(func() {
		if h.locked[name] != nil {
			err = fmt.Errorf("%s: %w", name, store.ErrBusy)
			return
		}
		h.locked[name] = h
	})
	return func() { _ = h.do(func() { delete(h.locked, name) }) }, errors.Join(err, doErr)
}
