package batch

import (
	"context"
	"errors"
	"strings"
	"sync"
	"time"

	"bulk/cmd/bulk/console"
	"bulk/cmd/bulk/settings"
	"bulk/internal/jobs"
	"bulk/internal/jobs/ledger"
	"bulk/internal/report"
)

// Job is one run, dry run or application of a plan, as it was asked for. What it
// comes to on its way (see [Job.Do]) is a type a step, which holds the one before:
// what a step needs is there by the time it can be called.
type Job struct {
	p       *settings.Sources
	u       *console.UI
	s       *settings.Options
	kind    ledger.Kind
	name    string // of the input, as the person gave it
	started time.Time

	notes     []string
	noticed   sync.Mutex      // guards notes while rows are done
	refusals  []*console.Stop // what stands in the way, so far
	cleanups  []func()
	known     *connected // as far as it got, for who is told that it did not run; nil: not so far
	beginning beginning
	summedUp  bool       // whoever is to hear of the end has been told
	theirs    bool       // it is a run that workers have, or had
	dispatch  Dispatcher // brings it to workers; nil: they find it in the ledger's list, or it is done here
	leg       *forWorker // it is a worker's; nil: it is done for who asked for it
	waiting   *waiting   // somebody waits for it who did not begin it; nil: nobody
}

// New is a job that was asked for just now.
func New(p *settings.Sources, u *console.UI, s *settings.Options, kind ledger.Kind, name string) *Job {
	p.Tells = true
	return &Job{p: p, u: u, s: s, kind: kind, name: name, started: p.Now()}
}

// forWorker is what a run that was handed over has besides.
type forWorker struct {
	since    time.Time          // when it was handed over
	settled  func(*jobs.Result) // is told of every row
	catalog  string             // its file's name, where the run was handed over
	pictures jobs.Pictures
}

// ledgerFlag repeats --ledger where it was given.
func (j *Job) ledgerFlag() string { return j.s.LedgerGiven }

// wayThere are the flags that a command about a run with the workers takes.
func (j *Job) wayThere() string { return j.s.TemporalGiven + j.s.LedgerGiven }

// repeated is this command line with another flag, without those that it replaces.
func (j *Job) repeated(flags string) string {
	return commandAgain(j.p.Args, flags)
}

func commandAgain(args []string, flags string) string {
	args = settings.WithoutAddresses(args, false)
	words := []string{"bulk"}
	for i := 0; i < len(args); i++ {
		switch {
		case args[i] == "--resume" || args[i] == "--restart" || args[i] == "--new-ledger":
		case args[i] == "--approve" && strings.HasPrefix(flags, "--approve"), args[i] == "--again" && flags == "--resume":
			i++ // its value
		case strings.HasPrefix(args[i], "--again=") && flags == "--resume":
		default:
			words = append(words, console.Shell(args[i]))
		}
	}
	return strings.Join(append(words, flags), " ")
}

// each takes steps one after the other. One that refuses does not keep the next
// from looking for what else is in the way; any other error ends them.
func (j *Job) each(ctx context.Context, steps ...func(context.Context) error) error {
	for _, step := range steps {
		if err := j.gather(step(ctx)); err != nil {
			return err
		}
	}
	return nil
}

// gather keeps a refusal for later; any other error it gives back.
func (j *Job) gather(err error) error {
	var s *console.Stop
	if !errors.As(err, &s) || s.Code != report.ExitRefused {
		return err
	}
	if s.All != nil {
		j.refusals = append(j.refusals, s.All...)
	} else {
		j.refusals = append(j.refusals, s)
	}
	return nil
}

// refusal is all that stands in the way, as one error; nil where nothing does.
func (j *Job) refusal() error { return console.Together(j.refusals) }

// note says what is odd, at once, so that it stands before any question; and
// keeps it for the reports.
func (j *Job) note(text string) {
	j.u.Warn("%s", text)
	j.notes = append(j.notes, text)
}

// notice says at once what the summary repeats.
func (j *Job) notice(text string) {
	j.u.Warn("%s", text)
	j.noticed.Lock()
	defer j.noticed.Unlock()
	j.notes = append(j.notes, text)
}

// temporary makes a private folder that goes with the job.
func (j *Job) temporary(parent string) (string, error) {
	dir, remove, err := j.p.Temporary(parent)
	if err != nil {
		return "", err
	}
	j.later(remove)
	return dir, nil
}

// later has something done when the job is over, last first.
func (j *Job) later(f func()) { j.cleanups = append(j.cleanups, f) }

func (j *Job) close() {
	for i := len(j.cleanups) - 1; i >= 0; i-- {
		j.cleanups[i]()
	}
}
