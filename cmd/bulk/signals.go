package main

import (
	"context"
	"os"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"bulk/internal/report"
)

// listening is what signals do to a run: the first ends its intake, the second
// its work, and with it the process.
type listening struct {
	intake, work context.Context
	stop         func()
	seen         atomic.Pointer[os.Signal]
}

// lastWords is how long a run has, after the second signal, to write down what
// it knows about the requests it left behind.
const lastWords = 2 * time.Second

func (p *process) listen(ctx context.Context, u *ui) *listening {
	intake, noMore := context.WithCancel(ctx)
	work, leave := context.WithCancel(ctx)
	done := make(chan struct{})
	l := &listening{intake: intake, work: work, stop: func() { close(done); noMore(); leave() }}
	go func() {
		for {
			select {
			case <-done:
				return
			case s := <-p.signals:
				if l.seen.CompareAndSwap(nil, &s) {
					u.say("%s: no new rows; those under way finish (again to leave at once)", s)
					noMore()
					continue
				}
				leave()
				p.leaveSoon(s, done)
				return
			}
		}
	}()
	return l
}

// untilRun watches for signals until the rows begin: the first ends the context,
// and soon the process, since reading a question's answer heeds no context.
// early stops the watch and tells which signal came; nil: none.
func (p *process) untilRun(ctx context.Context) (before context.Context, early func() os.Signal) {
	before, cancel := context.WithCancel(ctx)
	done, seen := make(chan struct{}), make(chan os.Signal, 1)
	var watch sync.WaitGroup
	watch.Go(func() {
		select {
		case <-done:
		case s := <-p.signals:
			seen <- s
			cancel()
			p.leaveSoon(s, done)
		}
	})
	return before, func() os.Signal {
		close(done)
		watch.Wait()
		cancel()
		select {
		case s := <-seen:
			return s
		default:
			return nil
		}
	}
}

// leaveSoon ends the process, whatever it is doing, unless it ends by itself
// first.
func (p *process) leaveSoon(s os.Signal, done <-chan struct{}) {
	timer := time.NewTimer(lastWords)
	defer timer.Stop()
	select {
	case <-done:
	case <-timer.C:
		p.leave(signalCode(s))
	case <-p.signals:
		p.leave(signalCode(s))
	}
}

// last is the signal that ended the intake; nil: none.
func (l *listening) last() os.Signal {
	if s := l.seen.Load(); s != nil {
		return *s
	}
	return nil
}

func signalCode(s os.Signal) int {
	if s == syscall.SIGTERM {
		return report.ExitTerminated
	}
	return report.ExitInterrupted
}
