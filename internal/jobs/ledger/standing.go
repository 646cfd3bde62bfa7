package ledger

import (
	"context"
	"iter"
	"slices"
	"sync"
	"time"

	"bulk/internal/jobs"
	"bulk/internal/jobs/ledger/store"
)

// Standing says how a SIM stands under an account: in doubt where any act on it
// is (the newest of those is told), else under another name where one is open
// or done under another account name of the same upstream and nobody has said
// what the two are, else done where one was done. What decides is the unique
// key, when an intent is written; this says it before, and why.
func (db *DB) Standing(ctx context.Context, account string, iccid jobs.ICCID) (jobs.Standing, error) {
	account = db.oneName(account)
	q := question{account, iccid.SIM()}
	found, known := db.lots.foreseen(q, db.now())
	if !known {
		var err error
		if found, err = db.lots.ask(ctx, q); err != nil {
			return jobs.Standing{}, err
		}
	}
	stands := db.judge(account, found.acts)
	stands.Refused = found.refused
	if stands.State == jobs.InDoubt && stands.Lost {
		run, _, err := db.Run(ctx, stands.Run)
		if err != nil {
			return jobs.Standing{}, err
		}
		stands.Lost, stands.Imported = run.Kind == AcceptLoss, run.Kind == Imported
	}
	return stands, nil
}

// judge says what the open and done acts of a SIM, under whatever name, mean
// for a command under account.
func (db *DB) judge(account string, acts []store.Act) (stands jobs.Standing) {
	rank := map[jobs.StandingState]int{jobs.Untouched: 0, jobs.DoneEarlier: 1, jobs.UnderOtherName: 2, jobs.InDoubt: 3}
	for i := range acts {
		s := db.standingOf(account, &acts[i])
		if s.State != jobs.Untouched && rank[s.State] >= rank[stands.State] {
			stands = s
		}
	}
	return stands
}

func (db *DB) standingOf(account string, a *store.Act) jobs.Standing {
	s := jobs.Standing{Act: a.ID, Group: a.DoneGroup(), At: a.At, Settled: a.Settled, Run: a.Run, Code: a.Code, Resolved: a.State == store.ResolvedDone, Lost: a.Seq < 0}
	mine := a.Account == account
	switch {
	case mine && slices.Contains(store.Doubtful, a.State):
		s.State, s.CannotTell = jobs.InDoubt, a.State == store.CannotTell
	case mine && (a.State == store.Done || a.State == store.ResolvedDone):
		s.State = jobs.DoneEarlier
	case !mine && slices.Contains(store.Barring, a.State) && db.mayBeSame(account, a):
		s.State, s.Account = jobs.UnderOtherName, a.Account
	}
	return s
}

// question is about one SIM under one account's name.
type question struct {
	account string
	sim     jobs.SIM
}

// answer is all that is known of it.
type answer struct {
	acts    []store.Act // open and done ones, under every name, in the order of their numbers
	refused jobs.Code
	err     error
}

const (
	lotMost    = 256         // SIMs that are asked about at once
	foreseenBy = time.Second // how old an answer may be that was asked for ahead
)

// Foreseeing yields rows as they come, a few hundred at a time, having asked how
// the SIMs of those stand that are about to be sent a command under account. A
// [DB.Standing] that is asked soon has the answer then, once. It is for rows
// that no other row of the file shares its SIM with: what one of them does, the
// next must see.
func (db *DB) Foreseeing(ctx context.Context, account string, rows iter.Seq2[jobs.Row, error], sent func(*jobs.Row) bool) iter.Seq2[jobs.Row, error] {
	account = db.oneName(account)
	return func(yield func(jobs.Row, error) bool) {
		var some []jobs.Row
		give := func() bool {
			lot := make([]*asked, 0, len(some))
			for i := range some {
				if row := &some[i]; !row.Ordered && sent(row) {
					lot = append(lot, &asked{question: question{account, row.ICCID.SIM()}})
				}
			}
			// Where this fails each row hears of it when it asks for itself.
			_ = db.lots.foresee(ctx, lot, db.now())
			for _, row := range some {
				if !yield(row, nil) {
					return false
				}
			}
			some = some[:0]
			return true
		}
		for row, err := range rows {
			if err != nil {
				if give() {
					yield(row, err)
				}
				return
			}
			if some = append(some, row); len(some) == lotMost && !give() {
				return
			}
		}
		give()
	}
}

// lots answers the questions of many rows in few queries: while one is being
// answered, those that come gather for the next.
type lots struct {
	reader store.Reader

	mu      sync.Mutex
	waiting []*asked
	busy    bool
	ahead   map[question]answer // asked for before anybody needed them
	asOf    time.Time           // when they were asked for
}

// foresee answers questions before they are asked. What was foreseen before is
// forgotten.
func (l *lots) foresee(ctx context.Context, lot []*asked, now time.Time) error {
	if len(lot) == 0 {
		return nil
	}
	if err := l.answer(ctx, lot); err != nil {
		return err
	}
	ahead := make(map[question]answer, len(lot))
	for _, a := range lot {
		ahead[a.question] = a.answer
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.ahead, l.asOf = ahead, now
	return nil
}

// foreseen is an answer that was asked for ahead, and not long ago. It is given
// once: whoever asks again has reason to.
func (l *lots) foreseen(q question, now time.Time) (answer, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	a, known := l.ahead[q]
	delete(l.ahead, q)
	age := now.Sub(l.asOf)
	return a, known && 0 <= age && age < foreseenBy
}

type asked struct {
	question
	answer
	done chan struct{}
}

// ask returns what is known of a SIM.
func (l *lots) ask(ctx context.Context, q question) (answer, error) {
	if err := ctx.Err(); err != nil {
		return answer{}, err
	}
	a := &asked{question: q, done: make(chan struct{})}
	l.mu.Lock()
	l.waiting = append(l.waiting, a)
	first := !l.busy
	l.busy = true
	l.mu.Unlock()
	if first {
		l.answerAll(context.WithoutCancel(ctx))
	}
	select {
	case <-a.done:
		return a.answer, a.err
	case <-ctx.Done():
		return answer{}, ctx.Err()
	}
}

// answerAll answers until nobody waits any more; after the first lot, which has
// the question of whoever does it, in a goroutine of its own.
func (l *lots) answerAll(ctx context.Context) {
	if l.answerLot(ctx) {
		go func() {
			for l.answerLot(ctx) {
			}
		}()
	}
}

// answerLot answers one lot, and reports whether others wait.
func (l *lots) answerLot(ctx context.Context) (more bool) {
	l.mu.Lock()
	n := min(len(l.waiting), lotMost)
	lot := slices.Clone(l.waiting[:n])
	l.waiting = slices.Delete(l.waiting, 0, n)
	l.mu.Unlock()

	err := l.answer(ctx, lot)
	for _, a := range lot {
		a.err = err
		close(a.done)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.busy = len(l.waiting) > 0
	return l.busy
}

func (l *lots) answer(ctx context.Context, lot []*asked) error {
	bySIM, byAccount := map[jobs.SIM][]*asked{}, map[string][]jobs.SIM{}
	var sims []jobs.SIM
	for _, a := range lot {
		if bySIM[a.sim] == nil {
			sims = append(sims, a.sim)
		}
		bySIM[a.sim] = append(bySIM[a.sim], a)
		byAccount[a.account] = append(byAccount[a.account], a.sim)
	}
	acts, err := l.reader.Acts(ctx, store.ActQuery{SIMs: sims, States: store.Barring})
	if err != nil {
		return err
	}
	for _, act := range acts {
		for _, a := range bySIM[act.SIM] {
			a.acts = append(a.acts, act)
		}
	}
	for account, sims := range byAccount {
		refusals, err := l.reader.Refusals(ctx, account, sims)
		if err != nil {
			return err
		}
		for _, r := range refusals {
			for _, a := range bySIM[r.SIM] {
				if a.account == account {
					a.refused = r.Code
				}
			}
		}
	}
	return nil
}
