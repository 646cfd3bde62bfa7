package ledger

import (
	"cmp"
	"context"
	"slices"
	"time"

	"bulk/internal/jobs"
	"bulk/internal/jobs/ledger/store"
)

// Event is one thing that was done, or tried, with a SIM, or said of it.
type Event struct {
	At          time.Time
	Run         int64
	Line        int
	Account     string
	ICCID       jobs.ICCID
	Action      jobs.Action
	Group       string
	Outcome     string // of the row; for an act without a recorded row, its state; for a word, the verdict
	Code        jobs.Code
	Description string
	RequestID   string
	Act         State // how the act stands; empty for a read, and for a word
	ResolvedBy  string
	Reason      string
}

// History lists what all runs did with a SIM, in whichever spelling, and what
// persons said of it, oldest first.
func (db *DB) History(ctx context.Context, iccid jobs.ICCID) ([]Event, error) {
	if err := db.write.flush(ctx); err != nil {
		return nil, err
	}
	rows, err := db.rowsOf(ctx, iccid.SIM())
	if err != nil {
		return nil, err
	}
	acts, err := db.store.Acts(ctx, store.ActQuery{SIMs: []jobs.SIM{iccid.SIM()}})
	if err != nil {
		return nil, err
	}
	words, err := db.store.Words(ctx, ids(acts))
	if err != nil {
		return nil, err
	}
	all := withRows(acts, rows)
	for i, w := range words {
		a := acts[slices.IndexFunc(acts, func(a ActInfo) bool { return a.ID == w.Act })]
		if last := !slices.ContainsFunc(words[i+1:], func(later store.Word) bool { return later.Act == a.ID }); last && slices.Contains(spoken, a.State) {
			continue // it stands with the act
		}
		e := event(&a)
		e.At, e.Group, e.Outcome, e.Act, e.Code, e.ResolvedBy, e.Reason = w.At, cmp.Or(w.Group, a.Group), w.Verdict, "", "", w.User, w.Reason
		all = append(all, e)
	}
	slices.SortStableFunc(all, func(a, b Event) int { return a.At.Compare(b.At) })
	return all, nil
}

func ids(acts []ActInfo) []int64 {
	all := make([]int64, len(acts))
	for i := range acts {
		all[i] = acts[i].ID
	}
	return all
}

// withRows puts acts and recorded rows together. A row may have several acts,
// one for each attempt; its result is that of the last.
func withRows(acts []ActInfo, rows map[place]store.Row) (all []Event) {
	for i := range slices.Backward(acts) {
		a := &acts[i]
		e := event(a)
		at := place{a.Run, a.Seq}
		if row, there := rows[at]; there && a.Seq >= 0 {
			e.Outcome, e.Code, e.Description = string(row.Outcome), row.Code, row.Description
			delete(rows, at)
		}
		all = append(all, e)
	}
	for _, r := range rows {
		all = append(all, Event{
			At: r.Started, Run: r.Run, Line: r.Line, Account: r.Account, ICCID: r.ICCID, Action: r.Action, Group: r.Group,
			Outcome: string(r.Outcome), Code: r.Code, Description: r.Description, RequestID: r.RequestID,
		})
	}
	slices.SortFunc(all, func(a, b Event) int { return cmp.Or(cmp.Compare(a.Run, b.Run), cmp.Compare(a.Line, b.Line)) })
	return all
}

// event is an act, without its row.
func event(a *ActInfo) Event {
	return Event{
		At: a.At, Run: a.Run, Line: a.Line, Account: a.Account, ICCID: a.ICCID, Action: a.Action, Group: a.Group, Outcome: string(a.State),
		Code: a.Code, RequestID: a.RequestID, Act: a.State, ResolvedBy: a.ResolvedBy, Reason: a.Reason,
	}
}

// place is where a row is: its run, and its place there.
type place struct {
	run int64
	seq int
}

// runsAtOnce is in how many runs a SIM is looked for at a time: that holds a ledger
// for some milliseconds.
const runsAtOnce = 5000

// rowsOf finds what was recorded of a SIM.
func (db *DB) rowsOf(ctx context.Context, sim jobs.SIM) (map[place]store.Row, error) {
	all := map[place]store.Row{}
	newest, err := db.store.Runs(ctx, store.RunQuery{Limit: 1})
	if err != nil || len(newest) == 0 {
		return all, err
	}
	for first, last := int64(1), newest[0].ID; first <= last; first += runsAtOnce {
		found, err := db.store.RowsOf(ctx, sim, first, min(first+runsAtOnce-1, last))
		if err != nil {
			return nil, err
		}
		for _, r := range found {
			all[place{r.Run, r.Seq}] = r
		}
	}
	return all, nil
}

// InDoubt lists the acts that are on their way or unknown, also where a person
// could not tell, in the order of sending; for an empty iccid those of every
// SIM.
func (db *DB) InDoubt(ctx context.Context, iccid jobs.ICCID) (all []Event, err error) {
	if err := db.write.flush(ctx); err != nil {
		return nil, err
	}
	q := store.ActQuery{States: store.Doubtful}
	if iccid != "" {
		q.SIMs = []jobs.SIM{iccid.SIM()}
	}
	err = db.acts(ctx, q, func(a ActInfo) bool {
		all = append(all, event(&a))
		return true
	})
	return all, err
}
