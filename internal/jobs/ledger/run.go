package ledger

import (
	"context"
	"slices"
	"sync"

	"bulk/internal/jobs"
	"bulk/internal/jobs/ledger/store"
)

// Run is a run under way.
type Run struct {
	RunInfo
	db    *DB
	start int // the number of this start

	mu   sync.Mutex
	open map[int]flight // the acts of this run that are on their way, by their row's Seq
}

// Start writes down a new run.
func (db *DB) Start(ctx context.Context, info RunInfo) (*Run, error) {
	info.ID, info.StartedAt, info.NotRun, info.Tally = 0, db.now(), -1, nil
	for _, text := range []*string{&info.Input, &info.Sheet, &info.Columns, &info.Action, &info.Group, &info.Settings, &info.User, &info.Host, &info.Output} {
		*text = clean(*text)
	}
	return db.begin(ctx, &store.Begin{Run: &info, User: info.User, Host: info.Host})
}

// Continue takes up an unfinished run again, as user on host; output is where
// its result goes from now on. Until that is in place the run is not finished,
// whatever was published of it earlier.
func (db *DB) Continue(ctx context.Context, info RunInfo, user, host, output string) (*Run, error) {
	info.Output, info.Ending, info.NotRun = clean(output), "", -1
	info.EndedAt, info.PublishedAt = store.Run{}.EndedAt, store.Run{}.PublishedAt
	return db.begin(ctx, &store.Begin{Run: &info, GoesOn: true, User: clean(user), Host: clean(host)})
}

func (db *DB) begin(ctx context.Context, op *store.Begin) (*Run, error) {
	if err := db.store.KeepRoom(db.room); err != nil {
		return nil, err
	}
	op.At, op.Accounts = db.now(), db.oneNames(op.Run.Accounts)
	if err := db.commit(ctx, op); err != nil {
		return nil, err
	}
	return &Run{RunInfo: *op.Run, db: db, start: op.Start, open: map[int]flight{}}, nil
}

// pageOfRuns is how many runs are read at a time, firstRuns how many at first: mostly
// one of the newest is looked for.
const (
	pageOfRuns = 500
	firstRuns  = 64
)

// runs walks through the runs that fit, newest first, until use says no.
func (db *DB) runs(ctx context.Context, q store.RunQuery, use func(RunInfo) bool) error {
	if err := db.write.flush(ctx); err != nil {
		return err
	}
	for q.Limit = firstRuns; ; q.Limit = pageOfRuns {
		page, err := db.store.Runs(ctx, q)
		if err != nil {
			return err
		}
		for _, r := range page {
			if !use(r) {
				return nil
			}
		}
		if len(page) < q.Limit {
			return nil
		}
		q.Before = page[len(page)-1].ID
	}
}

// first finds the newest run that fits.
func (db *DB) first(ctx context.Context, q store.RunQuery, fits func(RunInfo) bool) (found RunInfo, ok bool, err error) {
	err = db.runs(ctx, q, func(r RunInfo) bool {
		if ok = fits(r); ok {
			found = r
		}
		return !ok
	})
	return found, ok, err
}

// Last finds the newest run of a kind on an input, with the sheet, columns,
// action and group given for it, by the same accounts: all as info has it.
func (db *DB) Last(ctx context.Context, info RunInfo) (RunInfo, bool, error) {
	return db.first(ctx, store.RunQuery{Kind: info.Kind, Digest: info.Digest}, db.sameInput(info))
}

func (db *DB) sameInput(as RunInfo) func(RunInfo) bool {
	return func(r RunInfo) bool {
		return r.Sheet == clean(as.Sheet) && r.Columns == clean(as.Columns) && r.Action == clean(as.Action) && r.Group == clean(as.Group) &&
			slices.Equal(db.oneNames(r.Accounts), db.oneNames(as.Accounts))
	}
}

// LeftOpen finds the newest unfinished run of a kind on the same bytes, by the same
// accounts, whatever sheet, columns, action and group were given for it.
func (db *DB) LeftOpen(ctx context.Context, info RunInfo) (RunInfo, bool, error) {
	return db.first(ctx, store.RunQuery{Kind: info.Kind, Digest: info.Digest}, func(r RunInfo) bool {
		return !r.Finished() && slices.Equal(db.oneNames(r.Accounts), db.oneNames(info.Accounts))
	})
}

// EndedBy counts the newest starts in a row, over the runs of an input as for
// Last, that cause ended (see [Ended]). Those that were killed are passed over.
func (db *DB) EndedBy(ctx context.Context, info RunInfo, cause string) (n int, err error) {
	var same []int64
	fits := db.sameInput(info)
	err = db.runs(ctx, store.RunQuery{Kind: info.Kind, Digest: info.Digest}, func(r RunInfo) bool {
		if fits(r) {
			same = append(same, r.ID)
		}
		return true
	})
	for _, run := range same {
		starts, startsErr := db.store.Starts(ctx, run)
		if startsErr != nil {
			return n, startsErr
		}
		for _, s := range slices.Backward(starts) {
			switch {
			case s.EndedAt.IsZero(): // killed: it ended nothing
			case s.Cause != cause:
				return n, err
			default:
				n++
			}
		}
	}
	return n, err
}

// Starts lists the stretches of a run, oldest first.
func (db *DB) Starts(ctx context.Context, run int64) ([]Start, error) {
	if err := db.write.flush(ctx); err != nil {
		return nil, err
	}
	return db.store.Starts(ctx, run)
}

// Runs lists every run, newest first.
func (db *DB) Runs(ctx context.Context) (all []RunInfo, err error) {
	err = db.runs(ctx, store.RunQuery{}, func(r RunInfo) bool {
		all = append(all, r)
		return true
	})
	return all, err
}

// NewestRuns lists the newest runs that are meant, newest first, at most so many; 0:
// all. more: there are older ones.
func (db *DB) NewestRuns(ctx context.Context, most int, meant func(RunInfo) bool) (all []RunInfo, more bool, err error) {
	err = db.runs(ctx, store.RunQuery{}, func(r RunInfo) bool {
		if !meant(r) {
			return true
		}
		if more = most > 0 && len(all) == most; !more {
			all = append(all, r)
		}
		return !more
	})
	return all, more, err
}

// OpenRuns lists runs with a number below the given one that did not come to their last
// row, newest first, at most so many: they go on, wait, or were left.
func (db *DB) OpenRuns(ctx context.Context, before int64, most int) (all []RunInfo, err error) {
	err = db.runs(ctx, store.RunQuery{Before: before, Open: true}, func(r RunInfo) bool {
		all = append(all, r)
		return len(all) < most
	})
	return all, err
}

// Run finds one run.
func (db *DB) Run(ctx context.Context, id int64) (RunInfo, bool, error) {
	return db.first(ctx, store.RunQuery{ID: id}, func(RunInfo) bool { return id != 0 })
}

// PlanMaker finds the dry run that published a plan with this digest.
func (db *DB) PlanMaker(ctx context.Context, digest string) (RunInfo, bool, error) {
	return db.first(ctx, store.RunQuery{Kind: DryRun, OutputDigest: digest}, func(RunInfo) bool { return digest != "" })
}

// Want writes down what a person wants of a run: run, pause or cancel.
func (db *DB) Want(ctx context.Context, run int64, want, user, reason string) error {
	return db.commit(ctx, &store.Want{Control: Control{Run: run, Want: want, User: clean(user), Reason: clean(reason), At: db.now()}})
}

// Wanted is what a person wants of a run; false: nobody said anything.
func (db *DB) Wanted(ctx context.Context, run int64) (Control, bool, error) {
	return db.store.Control(ctx, run)
}

// ProgressOf is how far runs were when they last said so, by their numbers.
func (db *DB) ProgressOf(ctx context.Context, runs []int64) (map[int64]Progress, error) {
	all, err := db.store.Progress(ctx, runs)
	told := map[int64]Progress{}
	for _, p := range all {
		told[p.Run] = p
	}
	return told, err
}

// Approve writes down who said yes to what: a.User, or, where that is empty,
// who began the run. a.At is set by the ledger.
func (r *Run) Approve(ctx context.Context, a Approval) error {
	if a.User == "" {
		a.User = r.User
	}
	a.At, a.User, a.How, a.Reason = r.db.now(), clean(a.User), clean(a.How), clean(a.Reason)
	return r.db.commit(ctx, &store.Approve{Run: r.ID, Approval: a})
}

// Approvals lists a run's approvals, oldest first.
func (db *DB) Approvals(ctx context.Context, run int64) ([]Approval, error) {
	return db.store.Approvals(ctx, run)
}

// Ended is how a start of a run ended.
type Ended struct {
	Ending string // why it ended early, in words; empty: it did not
	Cause  string // the same in one stable word, such as canary, which EndedBy counts
	NotRun int    // rows not reached
	Tally  map[jobs.Outcome]int
}

// Tell writes down how far the run is. Nobody waits for it, and it is no matter where
// it cannot be written.
func (r *Run) Tell(p Progress) {
	p.Run, p.At = r.ID, r.db.now()
	_ = r.db.write.later(change{op: &store.Tell{Progress: p}}, func(error) {})
}

// Count writes down what this start of the run has counted of its requests. Nobody
// waits for it; what is written after it stands after it.
func (r *Run) Count(counts string, timeline []byte) {
	c := Counted{Run: r.ID, Start: r.start, Counts: counts, Timeline: timeline}
	_ = r.db.write.later(change{op: &store.Count{Counted: c}}, func(error) {})
}

// CountedBefore is what all starts of the run but this one have counted.
func (r *Run) CountedBefore(ctx context.Context) ([]Counted, error) {
	all, err := r.db.CountedOf(ctx, r.ID)
	return slices.DeleteFunc(all, func(c Counted) bool { return c.Start == r.start }), err
}

// CountedOf is what the starts of a run have counted of their requests, and how these
// went over time.
func (db *DB) CountedOf(ctx context.Context, run int64) ([]Counted, error) {
	return db.store.Counted(ctx, run, true)
}

// CountsOf is CountedOf without the timelines.
func (db *DB) CountsOf(ctx context.Context, run int64) ([]Counted, error) {
	return db.store.Counted(ctx, run, false)
}

// End writes down how far the run got. It waits for everything before it. The error
// wraps ErrOvertaken where another process has gone on with the run since.
func (r *Run) End(ctx context.Context, e Ended) error {
	return r.db.commit(ctx, &store.End{Run: r.ID, Start: r.start, At: r.db.now(), Ending: clean(e.Ending), Cause: e.Cause, NotRun: e.NotRun, Tally: e.Tally})
}

// Publishing writes down the digest of the result file before it is renamed
// into place.
func (r *Run) Publishing(ctx context.Context, digest string) error {
	r.OutputDigest = digest
	return r.db.commit(ctx, &store.Publish{Run: r.ID, Start: r.start, Digest: digest})
}

// Published writes down that the result file is in place.
func (r *Run) Published(ctx context.Context) error {
	return r.db.commit(ctx, &store.Publish{Run: r.ID, Start: r.start, Digest: r.OutputDigest, At: r.db.now()})
}
