package ledgertest

import (
	"cmp"
	"context"
	"slices"
	"time"

	"bulk/internal/jobs"
	"bulk/internal/jobs/ledger/store"
)

// limited cuts a page off.
func limited[T any](all []T, limit int) []T {
	if limit > 0 && len(all) > limit {
		return all[:limit]
	}
	return all
}

// Acts is part of [store.Reader].
func (h *memoryHandle) Acts(_ context.Context, q store.ActQuery) (all []store.Act, err error) {
	fits := func(a *store.Act) bool {
		return (q.IDs == nil || slices.Contains(q.IDs, a.ID)) && (q.SIMs == nil || slices.Contains(q.SIMs, a.SIM)) && a.ID > q.After &&
			(q.Account == "" || q.Account == a.Account) && (q.Run == 0 || q.Run == a.Run) && (q.States == nil || slices.Contains(q.States, a.State))
	}
	err = h.do(func() {
		for i := range h.acts {
			if late := h.faults[LateCommit] && time.Since(h.written[i]) < 30*time.Millisecond; fits(&h.acts[i]) && !late {
				all = append(all, h.acts[i])
			}
		}
	})
	if q.Newest {
		slices.Reverse(all)
	}
	return limited(all, q.Limit), err
}

// Runs is part of [store.Reader].
func (h *memoryHandle) Runs(_ context.Context, q store.RunQuery) (all []store.Run, err error) {
	fits := func(r *store.Run) bool {
		return (q.ID == 0 || q.ID == r.ID) && (q.Kind == "" || q.Kind == r.Kind) && (q.Digest == "" || q.Digest == r.Digest) &&
			(q.OutputDigest == "" || q.OutputDigest == r.OutputDigest) && (q.From == "" || q.From == r.Origin.Ledger) && (q.Before == 0 || r.ID < q.Before) && (!q.Open || r.NotRun != 0)
	}
	err = h.do(func() {
		for i := range slices.Backward(h.runs) {
			if fits(&h.runs[i]) {
				all = append(all, h.runs[i])
			}
		}
	})
	return limited(all, q.Limit), err
}

// Rows is part of [store.Reader].
func (h *memoryHandle) Rows(_ context.Context, q store.RowQuery) (all []store.Row, err error) {
	err = h.do(func() {
		for _, r := range h.rows {
			if r.Run == q.Run && r.Seq >= q.From && (q.To == 0 || r.Seq < q.To) {
				all = append(all, r)
			}
		}
	})
	if !h.faults[NoOrder] {
		slices.SortFunc(all, func(a, b store.Row) int { return cmp.Compare(a.Seq, b.Seq) })
	}
	return limited(all, q.Limit), err
}

// RowsOf is part of [store.Reader].
func (h *memoryHandle) RowsOf(_ context.Context, sim jobs.SIM, first, last int64) (all []store.Row, err error) {
	return all, h.do(func() {
		for _, r := range h.rows {
			if r.ICCID.SIM() == sim && r.Run >= first && r.Run <= last {
				all = append(all, r)
			}
		}
	})
}

// Refusals is part of [store.Reader].
func (h *memoryHandle) Refusals(_ context.Context, account string, sims []jobs.SIM) (all []store.Refusal, err error) {
	return all, h.do(func() {
		for _, sim := range sims {
			if r, there := h.refusals[account+" "+string(sim)]; there {
				all = append(all, r)
			}
		}
	})
}

// Approvals is part of [store.Reader].
func (h *memoryHandle) Approvals(_ context.Context, run int64) (all []store.Approval, err error) {
	return all, h.do(func() { all = slices.Clone(h.approved[run]) })
}

// Starts is part of [store.Reader].
func (h *memoryHandle) Starts(_ context.Context, run int64) (all []store.Start, err error) {
	return all, h.do(func() {
		for _, s := range h.starts {
			if s.Run == run {
				all = append(all, s)
			}
		}
	})
}

// Words is part of [store.Reader].
func (h *memoryHandle) Words(_ context.Context, acts []int64) (all []store.Word, err error) {
	return all, h.do(func() {
		for _, w := range h.words {
			if slices.Contains(acts, w.Act) {
				all = append(all, w)
			}
		}
	})
}

// Losses is part of [store.Reader].
func (h *memoryHandle) Losses(_ context.Context, account string) (all []store.Loss, err error) {
	return all, h.do(func() {
		for _, l := range h.losses {
			if l.Account == account {
				all = append(all, l)
			}
		}
	})
}

// Links is part of [store.Reader].
func (h *memoryHandle) Links(context.Context) (all []store.Link, err error) {
	return all, h.do(func() { all = slices.Clone(h.links) })
}

// Counted is part of [store.Reader].
func (h *memoryHandle) Counted(_ context.Context, run int64, timelines bool) (all []store.Counted, err error) {
	return all, h.do(func() {
		all = slices.Clone(h.counted[run])
		for i := range all {
			if !timelines {
				all[i].Timeline = nil
			}
		}
	})
}

// Progress is part of [store.Reader].
func (h *memoryHandle) Progress(_ context.Context, runs []int64) (all []store.Progress, err error) {
	return all, h.do(func() {
		for _, run := range runs {
			if p, told := h.progress[run]; told {
				all = append(all, p)
			}
		}
	})
}

// Control is part of [store.Reader].
func (h *memoryHandle) Control(_ context.Context, run int64) (c store.Control, found bool, err error) {
	return c, found, h.do(func() { c, found = h.controls[run] })
}
