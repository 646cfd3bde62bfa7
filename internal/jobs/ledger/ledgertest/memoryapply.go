package ledgertest

import (
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"bulk/internal/jobs"
	"bulk/internal/jobs/ledger/store"
)

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

// underOtherName reports whether an act that bars this one stands under another
// name of the account.
func (m *Memory) underOtherName(op *store.Intent) bool {
	return !m.faults[OneName] && slices.ContainsFunc(m.acts, func(b store.Act) bool {
		return b.Account != op.Act.Account && b.SIM == op.Act.SIM && b.Action == op.Act.Action && slices.Contains(store.Barring, b.State) &&
			!slices.Contains(op.Apart, b.Account)
	})
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
	if h.underOtherName(op) || !h.add(a) {
		op.Err = jobs.ErrBarred
		if over != nil {
			h.restore(over.ID)
		}
	}
}

// replace marks an act that does not count any more.
func (m *Memory) replace(a *store.Act) { a.Was, a.State = a.State, store.Replaced }

func (m *Memory) restore(id int64) {
	a := m.act(id)
	if a.State != store.Replaced || m.faults[NoRestore] {
		return
	}
	a.State, a.Was = a.Was, ""
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
	if op.Err = m.overtaken(op.Run, op.Start); op.Err != nil {
		return
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

// overtaken says that a start of a run is not its newest any more.
func (m *Memory) overtaken(run int64, start int) error {
	if start != 0 && !m.faults[NoStarts] && slices.ContainsFunc(m.starts, func(s store.Start) bool { return s.Run == run && s.N > start }) {
		return store.ErrOvertaken
	}
	return nil
}

func (h *memoryHandle) end(op *store.End) {
	if op.Err = h.overtaken(op.Run, op.Start); op.Err != nil {
		return
	}
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
	if op.Aside != 0 {
		a.Replaces = op.Aside
	}
	if op.To == store.ResolvedNotDone {
		m.restore(a.Replaces)
	}
	op.Word.At = exact(op.Word.At)
	m.words = append(m.words, op.Word)
}

func (h *memoryHandle) importActs(op *store.Import) {
	if op.Run.ID == 0 {
		h.begin(&store.Begin{Run: op.Run, User: op.Run.User, Host: op.Run.Host, At: op.Run.StartedAt})
	}
	for _, settle := range op.Settles {
		h.settle(settle)
	}
	for _, a := range op.Acts {
		a.Run = op.Run.ID
		h.add(a)
	}
	if op.Loss != nil {
		op.Loss.At = exact(op.Loss.At)
		h.losses = append(h.losses, *op.Loss)
	}
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
	delete(m.counted, op.Run)
	if r := m.run(op.Run); r.PrunedAt.IsZero() {
		r.PrunedAt = exact(op.At)
	}
}

func (m *Memory) count(c store.Counted) {
	all := m.counted[c.Run]
	i, there := slices.BinarySearchFunc(all, c.Start, func(had store.Counted, start int) int { return had.Start - start })
	if !there {
		m.counted[c.Run] = slices.Insert(all, i, c)
		return
	}
	if len(c.Timeline) == 0 {
		c.Timeline = all[i].Timeline
	}
	all[i] = c
}
