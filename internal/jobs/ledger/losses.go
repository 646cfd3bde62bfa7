package ledger

import (
	"context"

	"bulk/internal/jobs"
	"bulk/internal/jobs/ledger/store"
)

// LastAct is the newest act of an account; false: it has none.
func (db *DB) LastAct(ctx context.Context, account string) (ActInfo, bool, error) {
	if err := db.write.flush(ctx); err != nil {
		return ActInfo{}, false, err
	}
	return db.one(ctx, store.ActQuery{Account: db.oneName(account), Newest: true, Limit: 1})
}

// ActAt is the act with a number, of whatever account; false: there is none.
func (db *DB) ActAt(ctx context.Context, id int64) (ActInfo, bool, error) {
	return db.one(ctx, store.ActQuery{IDs: []int64{id}, Limit: 1})
}

func (db *DB) one(ctx context.Context, q store.ActQuery) (ActInfo, bool, error) {
	all, err := db.store.Acts(ctx, q)
	if err != nil || len(all) == 0 {
		return ActInfo{}, false, err
	}
	return all[0], true, nil
}

// HasActs reports whether the ledger knows of any act of an account, whatever
// became of it.
func (db *DB) HasActs(ctx context.Context, account string) (bool, error) {
	_, found, err := db.LastAct(ctx, account)
	return found, err
}

// HasFinishedActs reports whether a finished run has acts of an account in it.
func (db *DB) HasFinishedActs(ctx context.Context, account string) (bool, error) {
	account = db.oneName(account)
	found := false
	var failed error
	err := db.runs(ctx, store.RunQuery{}, func(r RunInfo) bool {
		if r.Finished() {
			_, found, failed = db.one(ctx, store.ActQuery{Run: r.ID, Account: account, Limit: 1})
		}
		return !found && failed == nil
	})
	if err == nil {
		err = failed
	}
	return found, err
}

// Losses lists the losses of acts of an account that somebody has accepted,
// oldest first. One covers acts with a number above its Act that were seen
// before its At.
func (db *DB) Losses(ctx context.Context, account string) ([]Loss, error) {
	return db.store.Losses(ctx, db.oneName(account))
}

// Lost is a SIM that may have been sent a command by a lost act, into a group where
// that is known.
type Lost struct {
	ICCID jobs.ICCID
	Group string
}

// AcceptLoss writes down a person's word that acts of an account were lost. The
// SIMs, of what may have been commanded meanwhile, that the ledger does not know
// as done or in doubt are unknown from then on, by an act each under a run of
// kind AcceptLoss, which it returns with how many there are. The account must
// be held by nobody.
func (db *DB) AcceptLoss(ctx context.Context, account string, lost []Lost, user, reason string) (run int64, unknown int, err error) {
	account = db.oneName(account)
	hold, err := db.Hold(ctx, []string{account}, 0)
	if err != nil {
		return 0, 0, err
	}
	defer hold.Release()
	last, _, err := db.one(ctx, store.ActQuery{Newest: true, Limit: 1})
	if err != nil {
		return 0, 0, err
	}
	now := db.now()
	op := &store.Import{
		Loss: &Loss{Account: account, Act: last.ID, User: clean(user), Reason: clean(reason), At: now},
		Run:  &RunInfo{Kind: AcceptLoss, Accounts: []string{account}, User: clean(user), Host: db.host, StartedAt: now, Settings: "{}"},
	}
	for _, l := range lost {
		op.Acts = append(op.Acts, &ActInfo{
			Seq: -1, Account: account, ICCID: l.ICCID, SIM: l.ICCID.SIM(), Action: jobs.SetAAGroup, Group: clean(l.Group), Epoch: db.epoch(account),
			State: store.Unknown, Code: jobs.Interrupted, At: now, Settled: now,
		})
	}
	if err := db.commit(ctx, op); err != nil {
		return 0, 0, err
	}
	for _, a := range op.Acts {
		if a.ID != 0 {
			unknown++
		}
	}
	return op.Run.ID, unknown, nil
}
