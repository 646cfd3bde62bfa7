package ledger

import (
	"context"
	"errors"
	"slices"

	"bulk/internal/jobs"
	"bulk/internal/jobs/ledger/store"
)

// Verdict is what a person found after looking.
type Verdict string

// The verdicts.
const (
	FoundDone    Verdict = "done"
	FoundNotDone Verdict = "not_done"
	NotToBeTold  Verdict = "cannot_tell" // the SIM stays barred
	undo         Verdict = "undo"
)

var verdictStates = map[Verdict]State{FoundDone: store.ResolvedDone, FoundNotDone: store.ResolvedNotDone, NotToBeTold: store.CannotTell}

// Errors of Resolve and Undo.
var (
	ErrSentLater = errors.New("the SIM was sent a later command")
	errVerdict   = errors.New("a verdict is done, not_done or cannot_tell")
)

// Resolve settles what is unknown about a SIM under an account, by a person's
// word; one that could not be told before may be settled as well. group is what
// the portal shows, where that is another than was sent; else it is empty. It
// returns how many acts there were: 0, there is nothing unknown. What is on its
// way is not settled: where nobody does the account's rows any more, Hold makes it
// unknown first.
func (db *DB) Resolve(ctx context.Context, account string, iccid jobs.ICCID, verdict Verdict, group, user, reason string) (int, error) {
	to, ok := verdictStates[verdict]
	if !ok {
		return 0, errVerdict
	}
	acts, err := db.actsOf(ctx, account, iccid)
	if err != nil {
		return 0, err
	}
	settled := 0
	for i := range acts {
		a := &acts[i]
		if a.State != store.Unknown && a.State != store.CannotTell || a.State == to {
			continue
		}
		op := &store.Resolve{Act: a, From: a.State, To: to, Word: db.word(a, verdict, group, user, reason)}
		if aside, found := PutAside(acts, a); found && to == store.ResolvedNotDone {
			op.Aside = aside.ID
		}
		if to == store.ResolvedDone && group != a.Group {
			op.Found = clean(group)
		}
		if err := db.commit(ctx, op); err != nil {
			return settled, err
		}
		settled++
	}
	return settled, nil
}

// Undo takes back the newest word on a SIM under an account, which is in doubt
// again. It is refused with ErrSentLater where the SIM was sent a later command.
// It returns false where nobody said anything.
func (db *DB) Undo(ctx context.Context, account string, iccid jobs.ICCID, user, reason string) (bool, error) {
	acts, err := db.actsOf(ctx, account, iccid)
	if err != nil {
		return false, err
	}
	said := slices.IndexFunc(acts, func(a ActInfo) bool { return slices.Contains(spoken, a.State) })
	for i := range acts {
		if slices.Contains(spoken, acts[i].State) {
			said = i
		}
	}
	if said < 0 {
		return false, nil
	}
	a := &acts[said]
	if slices.ContainsFunc(acts[said+1:], func(later ActInfo) bool { return later.ID != a.Replaces }) {
		return false, ErrSentLater
	}
	err = db.commit(ctx, &store.Resolve{Act: a, From: a.State, To: store.Unknown, Word: db.word(a, undo, "", user, reason)})
	return err == nil, err
}

// PutAside is, of the acts on a SIM under an account, the newest that is known as done
// and counts no more beside a, though a did not override it: another ledger knew of it, or
// another name. It stands again where a was not done, for it bars the SIM as well. One that
// a overrode does so anyway.
func PutAside(acts []ActInfo, a *ActInfo) (aside ActInfo, found bool) {
	if a.Replaces != 0 {
		return ActInfo{}, false
	}
	overridden := map[int64]bool{}
	for _, other := range acts {
		overridden[other.Replaces] = true
	}
	for _, other := range acts {
		done := other.Was == store.Done || other.Was == store.ResolvedDone
		if done && other.State == store.Replaced && other.Account == a.Account && other.Action == a.Action && !overridden[other.ID] && (!found || other.At.After(aside.At)) {
			aside, found = other, true
		}
	}
	return aside, found
}

// StandsAgain is what bars the SIM again where a was not done: what a overrode, or what was
// put aside for it.
func StandsAgain(acts []ActInfo, a *ActInfo) (again ActInfo, found bool) {
	if at := slices.IndexFunc(acts, func(other ActInfo) bool {
		return a.Replaces != 0 && other.ID == a.Replaces && other.State == store.Replaced && (other.Was == store.Done || other.Was == store.ResolvedDone)
	}); at >= 0 {
		return acts[at], true
	}
	return PutAside(acts, a)
}

// spoken are the states that a person's word gives.
var spoken = []State{store.CannotTell, store.ResolvedDone, store.ResolvedNotDone}

func (db *DB) word(a *ActInfo, verdict Verdict, group, user, reason string) store.Word {
	return store.Word{Act: a.ID, At: db.now(), User: clean(user), Verdict: string(verdict), Group: clean(group), Reason: clean(reason)}
}

// actsOf lists the acts on a SIM under an account, oldest first; for an empty
// account those under all.
func (db *DB) actsOf(ctx context.Context, account string, iccid jobs.ICCID) ([]ActInfo, error) {
	if err := db.write.flush(ctx); err != nil {
		return nil, err
	}
	return db.store.Acts(ctx, store.ActQuery{Account: db.oneName(account), SIMs: []jobs.SIM{iccid.SIM()}})
}
