package ledgertest

import (
	"slices"
	"time"

	"bulk/internal/jobs/ledger/store"
)

func (h *memoryHandle) carry(op *store.Carry) {
	for _, l := range op.Links {
		h.relate(l)
	}
	for _, id := range op.Replace {
		h.replace(h.act(id))
	}
	for _, c := range op.Ledgers {
		h.carryOne(c)
	}
}

func (h *memoryHandle) carryOne(c *store.Carried) {
	last := int64(len(h.acts))
	runs, acts := map[int64]int64{}, map[int64]int64{}
	for _, r := range c.Runs {
		if r.Here {
			runs[r.Number] = r.Run.ID
			at := slices.IndexFunc(h.runs, func(there store.Run) bool { return there.ID == r.Run.ID })
			h.runs[at].PrunedAt = time.Time{}
			continue
		}
		r.Run.ID = 1
		if n := len(h.runs); n > 0 {
			r.Run.ID = h.runs[n-1].ID + 1
		}
		runs[r.Number] = r.Run.ID
		if h.faults[OldNumbers] {
			runs[r.Number] = r.Number
		}
		kept := r.Run
		kept.Origin.At = exact(kept.Origin.At)
		h.runs = append(h.runs, kept)
		for _, s := range r.Starts {
			s.Run = r.Run.ID
			h.starts = append(h.starts, s)
		}
		h.approved[r.Run.ID] = slices.Clone(r.Approvals)
		if r.Control != nil {
			wanted := *r.Control
			wanted.Run = r.Run.ID
			h.controls[r.Run.ID] = wanted
		}
	}
	for a, err := range c.Acts {
		if err != nil {
			panic(err)
		}
		was := a.ID
		a.Run, a.Replaces = runs[a.Run], acts[a.Replaces]
		if slices.Contains(store.Barring, a.State) {
			h.add(&a.Act)
		} else {
			a.ID = int64(len(h.acts)) + 1
			a.At, a.Settled = exact(a.At), exact(a.Settled)
			h.acts, h.written = append(h.acts, a.Act), append(h.written, Began)
		}
		acts[was] = a.ID
		for _, w := range a.Words {
			w.Act = a.ID
			h.words = append(h.words, w)
		}
	}
	for r, err := range c.Results {
		if err != nil {
			panic(err)
		}
		r.Run = runs[r.Run]
		h.record(&r.Record)
	}
	for _, l := range c.Losses {
		if there, carried := acts[l.Act]; carried {
			l.Act = there
		} else {
			l.Act = last
		}
		h.losses = append(h.losses, l)
	}
}
