package ledger

import (
	"context"
	"slices"
	"time"

	"bulk/internal/jobs"
	"bulk/internal/jobs/ledger/store"
)

// Foreign is an irreversible request that another ledger, or a result file, says
// was sent.
type Foreign struct {
	Account   string
	ICCID     jobs.ICCID
	Group     string
	Done      bool // confirmed; else nobody knows
	At        time.Time
	RequestID string
}

// Import is what became of foreign requests.
type Import struct {
	Run     int64 // that they stand under; 0: nothing was new
	Added   int   // not known before
	Settled int   // in doubt before, and done by what was said
	Known   int   // known before
	Clashes []Clash
	Denied  []Clash // requests that were done, of which a person said here that they were not: they count as done
	Twice   []Clash // by Copy: SIMs that were sent a command by both, into the same group
}

// Clash is a SIM that both know of as commanded, into different groups. What the
// ledger has stays.
type Clash struct {
	Foreign
	Here ActInfo
}

// importMost is how many acts are looked up and written at a time.
const importMost = 500

// Import takes in requests that were not written down here when they were sent, of
// any accounts. Those that the ledger knows stay as they are, but one in doubt that
// was done, in the same group, is done from then on; what a person said here of a
// request stands. What it lacks is an act each, under a run of kind Imported. Twice is harmless. The accounts must be held by
// nobody.
func (db *DB) Import(ctx context.Context, all []Foreign, user, reason string) (*Import, error) {
	return db.takeIn(ctx, all, importMost, false, user, reason)
}

// Copy does as Import does, in one transaction.
func (db *DB) Copy(ctx context.Context, all []Foreign, user, reason string) (*Import, error) {
	return db.takeIn(ctx, all, max(len(all), 1), true, user, reason)
}

func (db *DB) takeIn(ctx context.Context, all []Foreign, most int, exact bool, user, reason string) (*Import, error) {
	var accounts []string
	for i := range all {
		all[i].Account = db.oneName(jobs.NormalAccount(all[i].Account))
		accounts = append(accounts, all[i].Account)
	}
	accounts = slices.Compact(slices.Sorted(slices.Values(accounts)))
	hold, err := db.Hold(ctx, accounts, 0)
	if err != nil {
		return nil, err
	}
	defer hold.Release()
	i := &importing{
		db: db, result: &Import{},
		run: &RunInfo{Kind: Imported, User: clean(user), Host: db.host, StartedAt: db.now(), Settings: "{}", Ending: "", Input: clean(reason)},
	}
	i.exact = exact
	i.run.Accounts = slices.Compact(slices.Sorted(slices.Values(db.oneNames(accounts)))) // the names may be others by now
	for len(all) > 0 {
		part := all[:min(most, len(all))]
		all = all[len(part):]
		if err := i.take(ctx, part); err != nil {
			return nil, err
		}
	}
	return i.result, nil
}

type importing struct {
	db     *DB
	exact  bool // the times are those of the intents
	run    *RunInfo
	result *Import
}

// take takes in a part.
func (i *importing) take(ctx context.Context, part []Foreign) error {
	known, spoken, err := i.standing(ctx, part)
	if err != nil {
		return err
	}
	op := &store.Import{Run: i.run}
	for _, f := range part {
		q := question{f.Account, f.ICCID.SIM()}
		here := known[q]
		switch {
		case slices.ContainsFunc(spoken[q], f.isSettledBy):
			i.result.Known++
		case here == nil:
			known[q] = i.act(f)
			op.Acts = append(op.Acts, known[q])
			if denied := slices.IndexFunc(spoken[q], f.is); f.Done && denied >= 0 {
				i.result.Denied = append(i.result.Denied, Clash{f, spoken[q][denied]})
			}
		case f.Group != "" && here.DoneGroup() != "" && here.DoneGroup() != clean(f.Group):
			i.result.Clashes = append(i.result.Clashes, Clash{f, *here})
		case f.Done && here.State == store.Unknown && here.ID == 0: // named before
			here.State, here.Code, here.RequestID = store.Done, "", clean(f.RequestID)
			i.result.Known++
		case f.Done && here.State == store.Unknown:
			op.Settles = append(op.Settles, &store.Settle{Act: here.ID, State: store.Done, At: i.db.now(), RequestID: clean(f.RequestID)})
		default:
			i.result.Known++
			if i.exact && here.ID != 0 && f.Done && another(f, here) {
				i.result.Twice = append(i.result.Twice, Clash{f, *here})
			}
		}
	}
	if op.Acts == nil && op.Settles == nil {
		return nil
	}
	if err := i.db.commit(ctx, op); err != nil {
		return err
	}
	i.result.Run = i.run.ID
	i.result.Settled += len(op.Settles)
	for _, a := range op.Acts {
		if a.ID != 0 {
			i.result.Added++
		}
	}
	return nil
}

// is reports whether an act is that very request.
func (f Foreign) is(a ActInfo) bool {
	return sameRequest(&Sent{ActInfo: ActInfo{RequestID: clean(f.RequestID), At: f.At}}, &Sent{ActInfo: a})
}

// isSettledBy reports whether an act is that very request, and a person's word on it stands
// though the file says otherwise. It does not where an answer, or somebody else, has
// confirmed what was taken for not done: it counts as done then.
func (f Foreign) isSettledBy(a ActInfo) bool {
	denied := a.State == store.ResolvedNotDone || a.State == store.Replaced && slices.Contains(store.Doubtful, a.Was)
	return f.is(a) && !(f.Done && denied)
}

// another reports whether a request that was done is another one than an act that stands.
func another(f Foreign, here *ActInfo) bool {
	return (here.State == store.Done || here.State == store.ResolvedDone) && !f.is(*here)
}

// standing finds the acts that bar others for the SIMs of a part, and those of which a
// person has the last word, be it that they were not done, that another one counts
// instead, or that an earlier word was wrong.
func (i *importing) standing(ctx context.Context, part []Foreign) (known map[question]*ActInfo, spoken map[question][]ActInfo, err error) {
	sims := make([]jobs.SIM, len(part))
	for n, f := range part {
		sims[n] = f.ICCID.SIM()
	}
	known, spoken = map[question]*ActInfo{}, map[question][]ActInfo{}
	for lot := range slices.Chunk(sims, importMost) {
		acts, err := i.db.store.Acts(ctx, store.ActQuery{SIMs: lot})
		if err != nil {
			return nil, nil, err
		}
		taken, err := i.takenBack(ctx, acts)
		if err != nil {
			return nil, nil, err
		}
		for _, a := range acts {
			q := question{a.Account, a.SIM}
			if a.Action != jobs.SetAAGroup {
				continue
			}
			if a.State == store.ResolvedNotDone || a.State == store.Replaced || taken[a.ID] {
				spoken[q] = append(spoken[q], a)
			}
			if slices.Contains(store.Barring, a.State) {
				known[q] = &a
			}
		}
	}
	return known, spoken, nil
}

// takenBack are the acts in doubt of which a word was taken back.
func (i *importing) takenBack(ctx context.Context, acts []ActInfo) (map[int64]bool, error) {
	var doubtful []int64
	for _, a := range acts {
		if a.State == store.Unknown {
			doubtful = append(doubtful, a.ID)
		}
	}
	taken := map[int64]bool{}
	if doubtful == nil {
		return taken, nil
	}
	words, err := i.db.store.Words(ctx, doubtful)
	for _, w := range words {
		taken[w.Act] = true
	}
	return taken, err
}

func (i *importing) act(f Foreign) *ActInfo {
	a := &ActInfo{
		Seq: -1, Account: f.Account, ICCID: f.ICCID, SIM: f.ICCID.SIM(), Action: jobs.SetAAGroup, Group: clean(f.Group), Epoch: i.db.epoch(f.Account),
		State: store.Done, At: f.At, Settled: i.db.now(), RequestID: clean(f.RequestID),
	}
	if !f.Done {
		a.State, a.Code = store.Unknown, jobs.Interrupted
	}
	return a
}

// AllActs goes through every act, in the order of sending.
func (db *DB) AllActs(ctx context.Context, use func(ActInfo) bool) error {
	if err := db.write.flush(ctx); err != nil {
		return err
	}
	return db.acts(ctx, store.ActQuery{}, use)
}
