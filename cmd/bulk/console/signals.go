package console

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"sync"
	"syscall"
	"time"

	"bulk/internal/report"
)

// lastWords is how long the process has, once it is to end, to do so by itself:
// for a run after the second signal, to write down what it knows about the
// requests it left behind; for everything else after the first.
const lastWords = 2 * time.Second

// watch is what signals do to the process, from its start to its end. The first
// ends the command's context, and soon the process, since some of what a command
// waits for heeds no context; the second ends the process at once. While rows
// are done, listening says what they do.
type watch struct {
	p    *Process
	u    *UI
	end  context.CancelFunc // ends the command's context
	done chan struct{}

	mu   sync.Mutex
	seen os.Signal  // the first one; nil: none yet
	rows *Listening // nil until rows are done
	away bool       // they are done elsewhere
}

// Watch begins to watch. The context is the command's.
func (p *Process) Watch(ctx context.Context, u *UI) (context.Context, *watch) {
	ctx, end := context.WithCancel(ctx)
	w := &watch{p: p, u: u, end: end, done: make(chan struct{})}
	go w.loop()
	return ctx, w
}

// Stop ends the watching.
func (w *watch) Stop() {
	close(w.done)
	w.end()
}

func (w *watch) loop() {
	for {
		select {
		case <-w.done:
			return
		case s := <-w.p.Signals:
			w.take(s)
		}
	}
}

// take does what a signal is to do.
func (w *watch) take(s os.Signal) {
	w.mu.Lock()
	first := w.seen == nil
	if first {
		w.seen = s
		OutliveReaders() // the same Ctrl-C ends the program behind a pipe
	}
	rows := w.rows
	w.mu.Unlock()
	switch {
	case first && rows != nil:
		rows.first(s)
	case first:
		w.end()
		go w.leaveSoon(s)
	case rows != nil && rows.second():
		go w.leaveSoon(s)
	default:
		w.leave(s)
	}
}

// leave ends the process at once.
func (w *watch) leave(s os.Signal) {
	w.p.tidy()
	w.p.Leave(signalCode(s))
}

// leaveSoon ends the process, whatever it is doing, unless it ends by itself
// first.
func (w *watch) leaveSoon(s os.Signal) {
	timer := time.NewTimer(lastWords)
	defer timer.Stop()
	select {
	case <-w.done:
	case <-timer.C:
		w.u.Fail(fmt.Sprintf("%s: ended by force, since what it waited for did not end within %s", s, lastWords))
		w.leave(s)
	}
}

// Ended is how a command ended that returned err: where a signal ended it before
// any rows were done, that is the reason, whatever it tripped over then. sends:
// the command is one that sends rows to upstreams.
func (w *watch) Ended(err error, sends bool) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if err == nil || w.seen == nil || w.rows != nil || w.away {
		return err
	}
	text := "it was ended before its work was done"
	if s := (*Stop)(nil); sends {
		text = "nothing was sent"
	} else if errors.As(err, &s) && s.Code == report.ExitRefused {
		text = s.Text // which says what was left
	}
	return &Stop{Code: signalCode(w.seen), Text: w.seen.String() + ": " + text}
}

// Listen is called when rows are about to be done; from then on signals go to
// them. Where one came already there is nothing more to be done: nil.
func (w *watch) Listen(ctx context.Context) *Listening {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.seen != nil {
		return nil
	}
	// A signal is not to end what is under way.
	ctx = context.WithoutCancel(ctx)
	l := &Listening{u: w.u}
	l.Intake, l.noMore = context.WithCancel(ctx)
	l.Work, l.leave = context.WithCancel(ctx)
	l.After, l.enough = context.WithCancel(ctx)
	w.rows = l
	return l
}

// Away says that the rows are done elsewhere: a signal ends the command's context,
// and what the command says then is what is so. It reports whether none came before.
func (w *watch) Away() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.away = w.seen == nil
	return w.away
}

// Signal is the first one that came; nil: none did.
func (w *watch) Signal() os.Signal {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.seen
}

// Listening is what signals do to a run: the first ends its intake, the second
// its work, and with it the process. Once the rows have ended the first leaves
// nothing out but what is told to others.
type Listening struct {
	u                     *UI
	Intake, Work, After   context.Context
	noMore, leave, enough context.CancelFunc

	whole *Listening // of which this is a part; nil: of none

	mu      sync.Mutex
	came    os.Signal // while rows were done; nil: none
	left    bool      // a second one came
	resting bool      // the rows have ended
}

func (l *Listening) first(s os.Signal) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.resting {
		l.u.Say("%s: the rows have ended; their results are being written (again to leave at once)", s)
		l.enough()
		return
	}
	l.came = s
	l.u.Say("%s: no new rows; those under way finish (again to leave at once)", s)
	l.noMore()
}

// second reports whether the run has still to write down what it left behind.
func (l *Listening) second() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.left || l.resting {
		return false
	}
	l.left = true
	l.leave()
	return true
}

// Part is what signals do to one of several runs that go on at once: the same as to
// all. Its intake ends with ctx as well.
func (l *Listening) Part(ctx context.Context) *Listening {
	part := &Listening{u: l.u, whole: l}
	part.Intake, part.noMore = context.WithCancel(l.Intake)
	part.Work, part.leave = context.WithCancel(l.Work)
	part.After, part.enough = context.WithCancel(l.After)
	context.AfterFunc(ctx, part.noMore)
	return part
}

// Rest says that the rows have ended.
func (l *Listening) Rest() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.resting = true
}

// Last is the signal that ended the intake; nil: none.
func (l *Listening) Last() os.Signal {
	if l.whole != nil {
		return l.whole.Last()
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.came
}

// Stop gives back what listening took up.
func (l *Listening) Stop() {
	l.noMore()
	l.leave()
	l.enough()
}

// OutliveReaders has a write to a pipe that nobody reads any more fail, where by
// default it ends the process: rows are under way, and reports, summary and
// notifications are still to come.
func OutliveReaders() { signal.Notify(make(chan os.Signal, 1), syscall.SIGPIPE) }

func signalCode(s os.Signal) int {
	if s == syscall.SIGTERM {
		return report.ExitTerminated
	}
	return report.ExitInterrupted
}
