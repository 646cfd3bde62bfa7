package ledger

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"bulk/internal/jobs"
	"bulk/internal/jobs/ledger/store"
)

// Origin says in which ledger a run was begun, and who carried it from one last.
type Origin = store.Origin

// ErrCarried: what a ledger holds is in the other one already.
var ErrCarried = errors.New("what it holds was carried into that ledger before")

// Source is a ledger whose history is to go on in another.
type Source struct {
	*DB
	// Name is what it is called, and on which host.
	Name string
	// Results says that the results of all its runs come; else those of unfinished
	// ones do, which are needed to go on with them.
	Results bool
	// Picture reads the QR picture that a result names, and gives its name without the
	// folder; nil: none come. One that cannot be read stays behind.
	Picture func(run RunInfo, file string) (name string, png []byte, err error)
}

// Brings reports whether the results of a run of it come, and with them its input.
func (s Source) Brings(r RunInfo) bool {
	return hasRows(r) && r.PrunedAt.IsZero() && (!r.Finished() || s.Results)
}

// begun is the ledger that a run was begun in, by its ID, and the run's number there.
type begun struct {
	ledger string
	run    int64
}

// begun says where a run of this ledger was begun.
func (db *DB) begun(r RunInfo) begun {
	if r.Origin.Ledger != "" {
		return begun{r.Origin.Ledger, r.Origin.Run}
	}
	return begun{db.ID(), r.ID}
}

// hasRows reports whether a run did rows of an input.
func hasRows(r RunInfo) bool { return r.Kind == Real || r.Kind == DryRun || r.Kind == Apply }

// Carried is what became of what other ledgers hold.
type Carried struct {
	From []CarriedFrom
	// Twice are SIMs that more than one ledger sent a command.
	Twice []Twice
	// Names are SIMs that were sent commands under two names of which nobody has said
	// whether they are one account.
	Names []NamedTwice
}

// CarriedFrom is what one ledger holds.
type CarriedFrom struct {
	Name      string
	Runs      []RunInfo // those that come, oldest first; without an ID until they are carried
	Numbers   []int64   // theirs there
	Open      int       // of them unfinished
	Left      int       // of them without their results, which the other ledger has
	Approvals int
	Acts      int
	InDoubt   int // of them; also what was on its way
	Words     int // of persons, on acts
	Links     int // and on account names
	Losses    int
	Results   int
	Pictures  int
	Missing   []string // pictures that are not there
}

// Twice is a SIM that several ledgers sent a command, or may have.
type Twice struct {
	Stays Sent
	Goes  []Sent // they count no more
}

// Sent is an act, and the ledger that knows of it.
type Sent struct {
	ActInfo
	Ledger string // what it is called
	from   int    // its place among the sources; here: it is this ledger's
}

const here = -1

// Carry takes in all that other ledgers hold, in one transaction: runs under new
// numbers, with their approvals, acts, what persons said, and results. They must not
// be in use, nor, here, any of their accounts. Of several acts of a SIM that bar each
// other one in doubt stays, else the newest. The error wraps ErrCarried where one of
// them was carried before.
func (db *DB) Carry(ctx context.Context, from []Source, user, reason string) (*Carried, error) {
	var accounts []string
	for _, s := range from {
		names, err := s.AllNames(ctx)
		if err != nil {
			return nil, err
		}
		accounts = append(accounts, names...)
	}
	hold, err := db.Hold(ctx, accounts, 0)
	if err != nil {
		return nil, err
	}
	defer hold.Release()
	c, err := db.prepare(ctx, from, user, reason)
	if err != nil {
		return nil, err
	}
	if err := db.commit(ctx, c.op); err != nil {
		return nil, err
	}
	for i, l := range c.op.Ledgers {
		for k, r := range l.Runs {
			c.result.From[i].Runs[k].ID = r.Run.ID
		}
	}
	return c.result, db.readNames(ctx)
}

// Foresee says what Carry would do, and changes nothing.
func (db *DB) Foresee(ctx context.Context, from []Source) (*Carried, error) {
	if err := db.readNames(ctx); err != nil {
		return nil, err
	}
	c, err := db.prepare(ctx, from, "", "")
	if err != nil {
		return nil, err
	}
	return c.result, c.count()
}

// count counts results and pictures, which is done as they go by.
func (c *carrier) count() error {
	for _, l := range c.op.Ledgers {
		for _, err := range l.Results {
			if err != nil {
				return err
			}
		}
	}
	return nil
}

// carrier works out what is carried, and what stands of it.
type carrier struct {
	db      *DB
	sources []Source
	names   names // as they are once all that was said of them is known here
	origin  Origin
	begun   map[string]string    // by a ledger's ID: which source has runs that were begun in it
	saidBy  map[[2]string]string // by pair of names, in order: which source said so; else this ledger
	op      *store.Carry
	result  *Carried

	stands   map[question]held     // the first act met that bars others
	contests map[question][]held   // those of which only one can stand
	denied   map[question][]held   // those of which a person said that they were not done
	order    []question            // of contests
	goes     map[held]bool         // acts that count no more
	named    map[jobs.SIM][]string // account names that this ledger's acts on a SIM stand under, which no act that comes does
}

// held is where an act is.
type held struct {
	from int // among the sources, or here
	id   int64
}

func (db *DB) carrier(from []Source) *carrier {
	return &carrier{
		db: db, sources: from, op: &store.Carry{}, result: &Carried{From: make([]CarriedFrom, len(from))},
		stands: map[question]held{}, contests: map[question][]held{}, denied: map[question][]held{}, goes: map[held]bool{}, named: map[jobs.SIM][]string{},
		begun: map[string]string{}, saidBy: map[[2]string]string{},
	}
}

func (db *DB) prepare(ctx context.Context, from []Source, user, reason string) (*carrier, error) {
	c := db.carrier(from)
	c.origin = Origin{User: clean(user), Reason: clean(reason), At: db.now()}
	if err := c.relate(ctx); err != nil {
		return nil, err
	}
	for i := range from {
		if err := c.take(ctx, i); err != nil {
			return nil, fmt.Errorf("%s: %w", from[i].Name, err)
		}
	}
	if err := c.meet(ctx); err != nil {
		return nil, err
	}
	if err := c.settle(ctx); err != nil {
		return nil, err
	}
	return c, c.lookForNames(ctx)
}

// take looks through what one ledger holds.
func (c *carrier) take(ctx context.Context, i int) error {
	s := c.sources[i]
	runs, err := s.Runs(ctx)
	if err == nil {
		err = c.notYetHere(ctx, s, runs)
	}
	if err != nil {
		return err
	}
	l, got := &store.Carried{}, &c.result.From[i]
	got.Name = s.Name
	c.op.Ledgers = append(c.op.Ledgers, l)
	for _, r := range slices.Backward(runs) {
		run, err := c.run(ctx, s, r, got)
		if err != nil {
			return err
		}
		l.Runs = append(l.Runs, run)
		got.Runs, got.Numbers = append(got.Runs, run.Run), append(got.Numbers, r.ID)
		got.Approvals += len(run.Approvals)
	}
	if err := c.survey(ctx, i, got); err != nil {
		return err
	}
	names, err := s.AllNames(ctx)
	if err != nil {
		return err
	}
	for _, name := range names {
		losses, err := s.store.Losses(ctx, name)
		if err != nil {
			return err
		}
		for _, loss := range losses {
			loss.Account = c.names.of(loss.Account)
			l.Losses = append(l.Losses, loss)
		}
	}
	got.Losses = len(l.Losses)
	l.Acts, l.Results = c.acts(ctx, i), c.results(ctx, i, runs)
	return nil
}

// notYetHere makes sure that no run of a ledger is here, by whichever ledger it may have
// come, nor in another source.
func (c *carrier) notYetHere(ctx context.Context, s Source, runs []RunInfo) error {
	begun := map[string]bool{s.ID(): true}
	for _, r := range runs {
		if r.Origin.Ledger != "" {
			begun[r.Origin.Ledger] = true
		}
	}
	for id := range begun {
		if id == c.db.ID() {
			return fmt.Errorf("it is this very ledger, or a copy of it, or was carried from it: %w", ErrCarried)
		}
		if other, twice := c.begun[id]; twice {
			return fmt.Errorf("%s holds the same runs: name one of the two", other)
		}
		c.begun[id] = s.Name
		if _, before, err := c.db.first(ctx, store.RunQuery{From: id}, func(RunInfo) bool { return true }); err != nil || before {
			return errors.Join(err, ErrCarried)
		}
	}
	return nil
}

// run is one run as it comes. Where its results stay behind, it says so.
func (c *carrier) run(ctx context.Context, s Source, r RunInfo, got *CarriedFrom) (run *store.CarriedRun, err error) {
	run = &store.CarriedRun{Run: r, Number: r.ID}
	if hasRows(r) && !r.Finished() {
		got.Open++
	}
	left := hasRows(r) && r.PrunedAt.IsZero() && !s.Brings(r)
	if left {
		got.Left++
	}
	if left || r.LeftBehind() {
		run.Run.PrunedAt = c.origin.At
	}
	run.Run.ID, run.Run.Origin = 0, c.origin
	o := &run.Run.Origin
	from := s.begun(r)
	if o.Ledger, o.Run = from.ledger, from.run; o.Ledger == s.ID() {
		o.Name = clean(s.Name)
	} else {
		o.Name = r.Origin.Name + ", by way of " + clean(s.Name)
	}
	if run.Starts, err = s.store.Starts(ctx, r.ID); err == nil {
		run.Approvals, err = s.store.Approvals(ctx, r.ID)
	}
	if err != nil {
		return nil, err
	}
	wanted, said, err := s.store.Control(ctx, r.ID)
	if said {
		run.Control = &wanted
	}
	return run, err
}
