package batch

import (
	"context"
	"sync"
	"time"

	"bulk/cmd/bulk/console"
	"bulk/internal/jobs/ledger"
	"bulk/internal/upstream"
)

const (
	// shareEvery is how often a process says that it calls an account, and hears who
	// else does.
	shareEvery = time.Second
	// shareHolds is how long a process goes by what it heard last. Somebody who came
	// since waits longer than that before its first request.
	shareHolds = 2 * time.Second
	shareJoin  = 2500 * time.Millisecond
	shareAsk   = 900 * time.Millisecond // for an answer of the ledger
)

// sharing is what a process knows of those that call the same account. What it may send
// and what the others may is never more than all of the account's rate: whoever may send
// now has heard within shareHolds how many there were, and those that have come since
// do not send yet.
type sharing struct {
	own    float64   // its own rate
	heard  time.Time // when the ledger was asked that answered last; zero: never
	begins time.Time // when those that were there before know of it
}

// answered takes in how many processes the ledger counted, this one among them, and the
// lowest of their rates. It gives the part of its own rate that this one may have, and
// until when.
func (s *sharing) answered(asked, now time.Time, processes int, lowest float64) (part float64, until time.Time) {
	if s.heard.IsZero() || now.Sub(s.heard) >= ledger.ShareFor {
		s.begins = now // the others did not count it until now
		if processes > 1 {
			s.begins = now.Add(shareJoin)
		}
	}
	s.heard = asked
	if now.Before(s.begins) {
		return 0, time.Time{}
	}
	return min(1, lowest/s.own/float64(max(processes, 1))), asked.Add(shareHolds)
}

// next is when the ledger is to be asked again.
func (s *sharing) next(now time.Time) time.Duration {
	if wait := s.begins.Sub(now); 0 < wait && wait < shareEvery {
		return wait
	}
	return shareEvery
}

// shareRates has the processes that call the same accounts, on whatever machines,
// keep each account's rate together, until stop is called. It returns once this one
// may begin.
func (j *begun) shareRates(intake context.Context) (stop func()) {
	if !j.db.Shared() || j.s.Sandbox {
		return func() {}
	}
	ctx, cancel := context.WithCancel(context.WithoutCancel(intake))
	var sharing, joined sync.WaitGroup
	for u, line := range j.up.lines {
		if line.Rate > 0 {
			joined.Add(1)
			sharing.Go(func() { j.share(ctx, intake, j.up.accounts[u], line, joined.Done) })
		}
	}
	joined.Wait()
	return func() {
		cancel()
		sharing.Wait()
	}
}

// share keeps one account's rate with others. joined is called once the line may
// begin.
func (j *begun) share(ctx, intake context.Context, account string, line *upstream.Line, joined func()) {
	joined = sync.OnceFunc(joined)
	defer joined()
	defer context.AfterFunc(intake, joined)()
	line.Share(0, time.Time{})
	s := &sharing{own: line.Rate}
	for told := false; ; {
		asked := time.Now()
		processes, lowest, err := j.askShare(ctx, account, line.Rate)
		now := time.Now()
		if err == nil {
			line.Share(s.answered(asked, now, processes, lowest))
			if processes > 1 && !told {
				j.u.Say("%s is called by %s now: all of them keep to its rate of %g a second together", account, console.Plural(processes-1, "other process", "other processes"), lowest)
			}
			told = true
		}
		if err != nil || !now.Before(s.begins) {
			joined()
		}
		if !WaitFor(ctx, s.next(now)) {
			leaving, cancel := context.WithTimeout(context.WithoutCancel(ctx), shareAsk)
			_ = j.db.Unshare(leaving, account) // one that stays counts for some seconds
			cancel()
			return
		}
	}
}

func (j *begun) askShare(ctx context.Context, account string, rate float64) (processes int, lowest float64, err error) {
	ctx, cancel := context.WithTimeout(ctx, shareAsk)
	defer cancel()
	return j.db.Share(ctx, account, rate)
}
