package ledgertest

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
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
	NoEpochs   Fault = "intents under any epoch"
	AnyVersion Fault = "again overrides whatever stands there"
	LateCommit Fault = "commits that can be read a moment later"
	OneForAll  Fault = "one refused change refuses all of its commit"
	NoWords    Fault = "outcomes overwrite what a person said"
	NoRestore  Fault = "what again overrode is lost where nothing was done"
	NoDoubt    Fault = "what a dead holder left on its way stays so"
	NoOrder    Fault = "results as they came"
)

// Memory is a ledger's place in memory: for tests of the front, and to show
// that the suite is not made for one store. It is not durable.
type Memory struct {
	mu       sync.Mutex
	faults   map[Fault]bool
	meta     store.Meta
	acts     []store.Act
	was      map[int64]store.State // of acts that were replaced: how they stood before
	written  []time.Time           // when each act was, for LateCommit
	runs     []store.Run
	starts   []store.Start
	rows     map[[2]int64]store.Row
	refusals map[string]store.Refusal
	approved map[int64][]store.Approval
	words    []store.Word
	losses   []store.Loss
	links    []store.Link
	controls map[int64]store.Control
	claims   map[string]*store.Holding
	locked   map[string]*memoryHandle // accounts and runs, by name
}

// NewMemory makes a place in memory that does without some rules.
func NewMemory(t *testing.T, faults ...Fault) Place {
	m := &Memory{
		faults: map[Fault]bool{}, meta: store.Meta{ID: uuid.NewString(), MadeAt: Began}, was: map[int64]store.State{}, rows: map[[2]int64]store.Row{},
		refusals: map[string]store.Refusal{}, approved: map[int64][]store.Approval{}, controls: map[int64]store.Control{},
		claims: map[string]*store.Holding{}, locked: map[string]*memoryHandle{},
	}
	for _, f := range faults {
		m.faults[f] = true
	}
	return Place{Where: "memory of " + t.Name(), Open: func(ctx context.Context, where string, o ledger.Options) (*ledger.DB, error) {
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
		h.run(op.Run).OutputDigest, h.run(op.Run).PublishedAt = op.Digest, exact(op.At)
	case *store.Approve:
		op.Approval.At = exact(op.Approval.At)
		h.approved[op.Run] = append(h.approved[op.Run], op.Approval)
	case *store.Resolve:
		h.resolve(op)
	case *store.AcceptLosses:
		h.acceptLosses(op)
	case *store.Relate:
		h.relate(op)
	case *store.Drop:
		h.drop(op)
	case *store.Want:
		op.Control.At = exact(op.Control.At)
		h.controls[op.Control.Run] = op.Control
	case *store.Init:
		h.meta.InitBy, h.meta.InitAt, h.meta.InitWord = op.User, exact(op.At), op.Reason
	default:
		panic(fmt.Sprintf("a change that this store does not know: %T", op))
	}
}

// exact is a time as every store keeps it.
func exact(t time.Time) time.Time {
	if t.IsZero() {
		return time.Time{}
	}
	return t.UTC().Truncate(time.Millisecond)
}

func (m *Memory) run(id int64) *store.Run {
	i := slices.IndexFunc(m.runs, func(r store.Run) bool { return r.ID == id })
	return &m.runs[i]
}

func (m *Memory) act(id int64) *store.Act {
	i := slices.IndexFunc(m.acts, func(a store.Act) bool { return a.ID == id })
	if i < 0 {
		return &store.Act{}
	}
	return &m.acts[i]
}

// add writes an act down; false where the unique key forbids it.
func (m *Memory) add(a *store.Act) bool {
	if !m.faults[NoKey] && slices.ContainsFunc(m.acts, func(b store.Act) bool {
		return b.Account == a.Account && b.SIM == a.SIM && b.Action == a.Action && slices.Contains(store.Barring, b.State)
	}) {
		return false
	}
	a.ID = int64(len(m.acts)) + 1
	kept := *a
	kept.At, kept.Settled = exact(a.At), exact(a.Settled)
	m.written = append(m.written, time.Now())
	m.acts = append(m.acts, kept)
	return true
}

func isDone(s store.State) bool { return s == store.Done || s == store.ResolvedDone }

func (h *memoryHandle) intend(op *store.Intent) {
	op.Err = nil
	a := op.Act
	claim := h.claims[a.Account]
	if !h.faults[NoEpochs] && (h.locked[a.Account] != h || claim == nil || claim.Epoch != a.Epoch) {
		op.Err = fmt.Errorf("%s: %w", a.Account, store.ErrFenced)
		return
	}
	var over *store.Act
	if op.Over != nil {
		over = h.act(op.Over.ID)
		same := over.State == op.Over.State && over.Settled.Equal(exact(op.Over.Settled)) && over.Account == a.Account && over.SIM == a.SIM
		if !isDone(over.State) || !same && !h.faults[AnyVersion] {
			op.Err = jobs.ErrBarred
			return
		}
		a.Replaces = over.ID
		h.replace(over)
	}
	if !h.add(a) {
		op.Err = jobs.ErrBarred
		if over != nil {
			h.restore(over.ID)
		}
	}
}

// replace marks an act that does not count any more.
func (m *Memory) replace(a *store.Act) { m.was[a.ID], a.State = a.State, store.Replaced }

func (m *Memory) restore(id int64) {
	a := m.act(id)
	if a.State != store.Replaced || m.faults[NoRestore] {
		return
	}
	a.State = m.was[id]
	delete(m.was, id)
}

func (m *Memory) settle(op *store.Settle) {
	a := m.act(op.Act)
	if a.State != store.Intended && a.State != store.Unknown && !m.faults[NoWords] {
		return
	}
	a.State, a.Code, a.Settled, a.RequestID = op.State, op.Code, exact(op.At), op.RequestID
	if op.Restore != 0 && (op.State == store.NotSent || op.State == store.Refused) {
		m.restore(op.Restore)
	}
}

func (m *Memory) record(op *store.Record) {
	if op.Settle != nil {
		m.settle(op.Settle)
	}
	row := store.Row{Result: *op.Result, Run: op.Run, Line: op.Row.Line, ICCID: op.Row.ICCID, Group: op.Row.Group}
	row.Seq, row.Action, row.Started = op.Row.Seq, op.Row.Action, exact(op.Result.Started)
	row.Duration = row.Duration.Truncate(time.Millisecond)
	row.Data = jobs.Data{}
	_ = json.Unmarshal([]byte(op.Data), &row.Data)
	m.rows[[2]int64{op.Run, int64(op.Row.Seq)}] = row
	switch {
	case op.Refused != nil:
		m.refusals[op.Refused.Account+" "+string(op.Refused.SIM)] = *op.Refused
	case op.Forget != nil:
		delete(m.refusals, op.Forget.Account+" "+string(op.Forget.SIM))
	}
}

func (h *memoryHandle) begin(op *store.Begin) {
	r := op.Run
	if op.GoesOn {
		kept := h.run(r.ID)
		kept.ResumedAt, kept.EndedAt, kept.Ending, kept.NotRun, kept.PublishedAt, kept.Output = exact(op.At), time.Time{}, "", -1, time.Time{}, r.Output
	} else {
		r.ID = 1
		if n := len(h.runs); n > 0 {
			r.ID = h.runs[n-1].ID + 1
		}
		kept := *r
		kept.StartedAt, kept.NotRun = exact(r.StartedAt), -1
		h.runs = append(h.runs, kept)
	}
	op.Start = 1
	for _, s := range h.starts {
		if s.Run == r.ID {
			op.Start = s.N + 1
		}
	}
	h.starts = append(h.starts, store.Start{Run: r.ID, N: op.Start, At: exact(op.At), User: op.User, Host: op.Host, NotRun: -1})
	for _, account := range op.Accounts {
		if h.locked[account] == h {
			h.claims[account].Run = r.ID
		}
	}
}

// beat notes that whoever holds an account was heard of.
func (h *memoryHandle) beat() {
	for account, claim := range h.claims {
		if h.locked[account] == h {
			claim.Beat = exact(h.options.Now())
		}
	}
}

func (h *memoryHandle) end(op *store.End) {
	r := h.run(op.Run)
	r.EndedAt, r.Ending, r.NotRun, r.Tally = exact(op.At), op.Ending, op.NotRun, op.Tally
	for i := range slices.Backward(h.starts) {
		if s := &h.starts[i]; s.Run == op.Run {
			s.EndedAt, s.Ending, s.Cause, s.NotRun, s.Tally = exact(op.At), op.Ending, op.Cause, op.NotRun, op.Tally
			return
		}
	}
}

func (m *Memory) resolve(op *store.Resolve) {
	op.Err = nil
	a := m.act(op.Act.ID)
	if a.State != op.From {
		op.Err = store.ErrChanged
		return
	}
	if over := m.act(a.Replaces); op.To == store.Unknown && isDone(over.State) {
		m.replace(over)
	}
	a.State, a.Found, a.Settled, a.ResolvedBy, a.Reason = op.To, op.Found, exact(op.Word.At), op.Word.User, op.Word.Reason
	if op.To == store.ResolvedNotDone {
		m.restore(a.Replaces)
	}
	op.Word.At = exact(op.Word.At)
	m.words = append(m.words, op.Word)
}

func (h *memoryHandle) acceptLosses(op *store.AcceptLosses) {
	h.begin(&store.Begin{Run: op.Run, User: op.Run.User, Host: op.Run.Host, At: op.Loss.At})
	for _, a := range op.Acts {
		a.Run = op.Run.ID
		h.add(a)
	}
	op.Loss.At = exact(op.Loss.At)
	h.losses = append(h.losses, op.Loss)
}

func (m *Memory) relate(op *store.Relate) {
	op.Link.At = exact(op.Link.At)
	m.links = append(m.links, op.Link)
	if op.Link.Relation != store.Same {
		return
	}
	for _, id := range op.Replace {
		m.replace(m.act(id))
	}
	for i := range m.acts {
		if m.acts[i].Account == op.Link.B {
			m.acts[i].Account = op.Link.A
		}
	}
	for key, r := range m.refusals {
		if r.Account == op.Link.B {
			delete(m.refusals, key)
			r.Account = op.Link.A
			m.refusals[r.Account+" "+string(r.SIM)] = r
		}
	}
}

func (m *Memory) drop(op *store.Drop) {
	op.Dropped = 0
	for key := range m.rows {
		if key[0] == op.Run && op.Dropped < op.Most {
			delete(m.rows, key)
			op.Dropped++
		}
	}
	r := m.run(op.Run)
	if op.Dropped > 0 && r.PrunedAt.IsZero() {
		r.PrunedAt = exact(op.At)
	}
	if op.Dropped == op.Most {
		return
	}
	needed := len(m.approved[op.Run]) > 0 || slices.ContainsFunc(m.acts, func(a store.Act) bool { return a.Run == op.Run })
	if needed {
		if r.PrunedAt.IsZero() {
			r.PrunedAt = exact(op.At)
		}
		return
	}
	m.runs = slices.DeleteFunc(m.runs, func(r store.Run) bool { return r.ID == op.Run })
}

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
			if busy = h.busy(accounts); busy == nil {
				c = h.claim(accounts)
			}
		})
		switch {
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
