package batch

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"bulk/cmd/bulk/console"
	"bulk/internal/jobs/ledger"
	"bulk/internal/jobs/runner"
)

// What a person may want of a run, as the ledger has it.
const (
	WantRun    = "run"
	WantPause  = "pause"
	WantCancel = "cancel"
)

// heedEvery is how often a run looks what is wanted of it, and says how far it is.
const heedEvery = time.Second

// orders are what persons say of a run while it goes on: they end its intake.
type orders struct {
	j      *begun
	end    context.CancelFunc // of the intake
	cancel context.CancelFunc // of the looking
	done   sync.WaitGroup

	mu    sync.Mutex
	given ledger.Control // pause or cancel; zero: none
}

// heed looks from time to time what is wanted of the run and says how far it is,
// until stop is called. The intake that it gives ends when the run is to stop.
func (j *begun) heed(intake context.Context, r *runner.Runner) (context.Context, *orders) {
	intake, end := context.WithCancel(intake)
	o := &orders{j: j, end: end}
	looking, cancel := context.WithCancel(context.WithoutCancel(intake))
	o.cancel = cancel
	if !j.unkept() {
		if j.counting == nil {
			j.counting = &counting{j: j, run: j.run}
		}
		o.done.Go(func() { o.look(looking, r) })
	}
	return intake, o
}

func (o *orders) look(ctx context.Context, r *runner.Runner) {
	tick := time.NewTicker(heedEvery)
	defer tick.Stop()
	var pace rowMeter
	for {
		done, total, tally := r.Progress()
		p := pace.progress(done, total, o.j.p.Now())
		p.Tally = tally
		o.j.run.Tell(p)
		o.j.counting.note(r, false)
		if wanted, _, err := o.j.db.Wanted(ctx, o.j.run.ID); err == nil && (wanted.Want == WantPause || wanted.Want == WantCancel) {
			o.take(wanted)
			return
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

func (o *orders) take(wanted ledger.Control) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.given = wanted
	o.j.u.Say("%s: no new rows; those under way finish", said(wanted))
	o.end()
}

// stop ends the looking, and gives what was wanted.
func (o *orders) stop() ledger.Control {
	o.cancel()
	o.done.Wait()
	o.end()
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.given
}

// said is who wanted what.
func said(c ledger.Control) string {
	what := map[string]string{WantPause: "paused", WantCancel: "cancelled", WantRun: "continued"}[c.Want]
	text := fmt.Sprintf("%s by %s on %s", what, c.User, console.Local(c.At))
	if c.Reason != "" {
		text += ": " + c.Reason
	}
	return text
}

// rowMeter measures rows a second, over the last stretch of a few seconds.
type rowMeter struct {
	at   time.Time
	done int
	rate float64
}

// meterRows is how long a stretch is.
const meterRows = 5 * time.Second

func (m *rowMeter) progress(done, total int, now time.Time) ledger.Progress {
	switch span := now.Sub(m.at); {
	case m.at.IsZero():
		m.at, m.done = now, done
	case span >= meterRows:
		m.rate = float64(done-m.done) / span.Seconds()
		m.at, m.done = now, done
	}
	p := ledger.Progress{Done: done, Total: total, Rate: m.rate}
	if m.rate > 0 {
		p.Left = time.Duration(float64(total-done) / m.rate * float64(time.Second))
	}
	return p
}

// endPaused is why a stretch of a run ended after which its process waits.
const endPaused = "paused"

// rest is a paused run: it has given its account up, and waits until a person says
// that it goes on, and then for its turn. It reports false where it does not.
func (j *begun) rest(intake context.Context, paused ledger.Control, d *done) (goesOn bool, err error) {
	ctx := context.WithoutCancel(intake)
	words := said(paused)
	if err := j.run.End(ctx, ledger.Ended{Ending: words, Cause: endPaused, NotRun: d.NotRun, Tally: d.Tally}); err != nil {
		return false, err
	}
	j.run.Tell(ledger.Progress{Done: j.survey.Selected - d.NotRun, Total: j.survey.Selected, Paused: true, Tally: d.Tally})
	if j.holding != nil {
		j.holding.Release()
	}
	j.u.Say("run %d is %s; it has given its account up. It goes on with: bulk runs continue %d%s", j.run.ID, words, j.run.ID, j.ledgerFlag())
	for {
		wanted, _, err := j.db.Wanted(ctx, j.run.ID)
		switch {
		case err != nil:
			return false, err
		case wanted.Want == WantCancel:
			d.words = said(wanted)
			return false, nil
		case wanted.Want == WantRun:
			return j.takeTurn(intake, wanted)
		}
		if !WaitFor(intake, heedEvery) {
			return false, nil
		}
	}
}

// takeTurn takes the account again, once nobody else has it, and the run with it.
func (j *begun) takeTurn(intake context.Context, wanted ledger.Control) (bool, error) {
	ctx := context.WithoutCancel(intake)
	for told := false; j.holding != nil; {
		hold, err := j.db.Hold(intake, j.accounts, heedEvery)
		if err == nil {
			j.holding = hold
			j.later(hold.Release)
			break
		}
		if intake.Err() != nil {
			return false, nil
		}
		if !errors.Is(err, ledger.ErrBusy) {
			return false, err
		}
		if !told {
			j.u.Say("run %d is %s; it waits for its turn: %v", j.run.ID, said(wanted), err)
			told = true
		}
		if now, _, err := j.db.Wanted(ctx, j.run.ID); err == nil && now.Want != WantRun {
			return false, nil
		}
	}
	info, found, err := j.db.Run(ctx, j.run.ID)
	if err != nil || !found {
		return false, err
	}
	j.unfinished = &info
	if j.kept, err = runner.Keep(ctx, j.db, info.ID, j.p.Now(), fresh); err != nil {
		return false, err
	}
	if j.run, err = j.db.Continue(ctx, info, j.p.User(), console.Host(), info.Output); err != nil {
		return false, err
	}
	for _, line := range j.up.lines {
		line.Reopen()
	}
	j.u.Say("run %d is %s", j.run.ID, said(wanted))
	return true, nil
}

// WaitFor waits, and reports whether the context still goes on.
func WaitFor(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}
