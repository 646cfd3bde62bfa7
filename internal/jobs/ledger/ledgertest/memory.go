package ledgertest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"bulk/internal/jobs"
	"bulk/internal/jobs/ledger"
	"bulk/internal/jobs/ledger/store"
)

// Fault is a rule that a [Memory] does without. A store with any of them must
// fail the suite.
type Fault string

// The faults.
const (
	NoKey      Fault = "no unique key"
	OneName    Fault = "other names of the account are not looked at"
	NoEpochs   Fault = "intents under any epoch"
	AnyVersion Fault = "again overrides whatever stands there"
	LateCommit Fault = "commits that can be read a moment later"
	OneForAll  Fault = "one refused change refuses all of its commit"
	NoWords    Fault = "outcomes overwrite what a person said"
	NoRestore  Fault = "what again overrode is lost where nothing was done"
	NoDoubt    Fault = "what a dead holder left on its way stays so"
	NoOrder    Fault = "results as they came"
	NoStarts   Fault = "who comes back writes over what others did since"
	OldNumbers Fault = "what is carried stands under the numbers that its runs had elsewhere"
)

// Memory is a ledger's place in memory: for tests of the front, and to show
// that the suite is not made for one store. It is not durable.
type Memory struct {
	mu       sync.Mutex
	faults   map[Fault]bool
	meta     store.Meta
	acts     []store.Act
	written  []time.Time // when each act was, for LateCommit
	runs     []store.Run
	starts   []store.Start
	rows     map[[2]int64]store.Row
	refusals map[string]store.Refusal
	approved map[int64][]store.Approval
	words    []store.Word
	losses   []store.Loss
	links    []store.Link
	controls map[int64]store.Control
	progress map[int64]store.Progress
	counted  map[int64][]store.Counted
	moved    *store.MovedError // nil: it was not closed
	claims   map[string]*store.Holding
	locked   map[string]*memoryHandle // accounts and runs, by name
}

// NewMemory makes a place in memory that does without some rules.
func NewMemory(t *testing.T, faults ...Fault) Place {
	m := &Memory{
		faults: map[Fault]bool{}, meta: store.Meta{ID: uuid.NewString(), MadeAt: Began}, rows: map[[2]int64]store.Row{},
		refusals: map[string]store.Refusal{}, approved: map[int64][]store.Approval{}, controls: map[int64]store.Control{}, progress: map[int64]store.Progress{}, counted: map[int64][]store.Counted{},
		claims: map[string]*store.Holding{}, locked: map[string]*memoryHandle{},
	}
	for _, f := range faults {
		m.faults[f] = true
	}
	return Place{Where: "memory of " + t.Name(), Open: func(ctx context.Context, where string, o ledger.Options) (*ledger.DB, error) {
		if m.moved != nil && !o.Closed {
			return nil, m.moved
		}
		return ledger.New(ctx, &memoryHandle{Memory: m, options: o}, where, o)
	}}
}

// memoryHandle is one process's way to it.
type memoryHandle struct {
	*Memory
	options store.Options
	closed  bool
}

var errMemoryClosed = errors.New("the memory is closed")

func (h *memoryHandle) do(f func()) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.closed {
		return errMemoryClosed
	}
	f()
	return nil
}

func (h *memoryHandle) Meta(context.Context) (m store.Meta, err error) {
	return m, h.do(func() { m = h.meta })
}

func (h *memoryHandle) KeepRoom(int64) error { return nil }
func (h *memoryHandle) GiveRoom() bool       { return false }

func (h *memoryHandle) Close() error {
	return h.do(func() {
		h.closed = true
		for name, by := range h.locked {
			if by == h {
				delete(h.locked, name)
			}
		}
	})
}

// Commit is part of [store.Committer].
func (h *memoryHandle) Commit(_ context.Context, ops []store.Op) error {
	if h.faults[OneForAll] {
		time.Sleep(5 * time.Millisecond) // as a disk would: others gather for the next
	}
	return h.do(func() { h.applyAll(ops) })
}

func (h *memoryHandle) applyAll(ops []store.Op) {
	before, written := slices.Clone(h.acts), slices.Clone(h.written)
	for _, op := range ops {
		h.apply(op)
	}
	h.beat()
	if !h.faults[OneForAll] || !slices.ContainsFunc(ops, func(op store.Op) bool { return op.Refusal() != nil }) {
		return
	}
	h.acts, h.written = before, written
	for _, op := range ops {
		if i, ok := op.(*store.Intent); ok {
			i.Err = jobs.ErrBarred
		}
	}
}

func (h *memoryHandle) apply(op store.Op) {
	switch op := op.(type) {
	case *store.Intent:
		h.intend(op)
	case *store.Settle:
		h.settle(op)
	case *store.Record:
		h.record(op)
	case *store.Begin:
		h.begin(op)
	case *store.End:
		h.end(op)
	case *store.Publish:
		if op.Err = h.overtaken(op.Run, op.Start); op.Err == nil {
			h.run(op.Run).OutputDigest, h.run(op.Run).PublishedAt = op.Digest, exact(op.At)
		}
	case *store.Approve:
		op.Approval.At = exact(op.Approval.At)
		h.approved[op.Run] = append(h.approved[op.Run], op.Approval)
	case *store.Resolve:
		h.resolve(op)
	case *store.Import:
		h.importActs(op)
	case *store.Carry:
		h.carry(op)
	case *store.Relate:
		h.relate(op)
	case *store.Drop:
		h.drop(op)
	case *store.Want:
		op.Control.At = exact(op.Control.At)
		h.controls[op.Control.Run] = op.Control
	case *store.Tell:
		op.Progress.At = exact(op.Progress.At)
		h.progress[op.Progress.Run] = op.Progress
	case *store.Count:
		h.count(op.Counted)
	case *store.Close:
		h.moved = &op.Moved
		clear(h.locked)
	case *store.Init:
		h.meta.InitBy, h.meta.InitAt, h.meta.InitWord = op.User, exact(op.At), op.Reason
	default:
		panic(fmt.Sprintf("a change that this store does not know: %T", op))
	}
}
