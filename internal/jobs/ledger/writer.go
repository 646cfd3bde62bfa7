package ledger

import (
	"context"
	"errors"
	"slices"
	"time"

	"bulk/internal/jobs/ledger/store"
)

const (
	batchMost  = 1024                   // changes in one commit
	batchDelay = 100 * time.Millisecond // how late the result of a read may be
	batchCrowd = 16                     // where so many wait, they wait for more
	batchRest  = time.Millisecond
)

// change is one thing to write, and who is to be told.
type change struct {
	op   store.Op    // nil: nothing, only a place in the order
	told func(error) // called when it is durable (nil), or will never be
	late bool        // there is no hurry: it may gather with others for a moment
	last bool        // nothing comes after it
}

// writer is the one goroutine that writes: it takes what has gathered and
// commits it at once, so that many durable intents share one fsync.
type writer struct {
	changes chan change
	hurry   chan struct{} // wakes the writer: somebody waits, or there is enough for a commit
	ending  chan struct{} // closed before what is left in changes is refused
	stopped chan struct{} // closed after that
	into    store.Store
	ops     []store.Op // room for those of a commit
	full    error      // why no intent is taken any more
	err     error      // why the writer ended; read after ending is closed
}

func startWriter(into store.Store) *writer {
	w := &writer{
		changes: make(chan change, 2*batchMost), hurry: make(chan struct{}, 1), ending: make(chan struct{}), stopped: make(chan struct{}),
		into: into,
	}
	go w.run()
	return w
}

// do writes one change and returns once it is durable, or will never be.
func (w *writer) do(ctx context.Context, c change) error {
	done := make(chan error, 1)
	c.told = func(err error) { done <- err }
	select {
	case w.changes <- c:
	case <-w.ending:
		<-w.stopped // by then all that came before has been told
		return w.failure()
	case <-ctx.Done():
		return ctx.Err()
	}
	w.wake()
	// Not under ctx: what has been handed over will be written, and the caller
	// must learn whether it was.
	select {
	case err := <-done:
		return err
	case <-w.stopped:
		select {
		case err := <-done:
			return err
		default:
			return w.failure()
		}
	}
}

// later hands over a change that nobody waits for, and soon one that is to be on
// disk at once all the same. lost is called where it cannot be written after
// all; after an error it may be called as well.
func (w *writer) later(c change, lost func(error)) error {
	c.late = true
	return w.soon(c, lost)
}

func (w *writer) soon(c change, lost func(error)) error {
	c.told = func(err error) {
		if err != nil {
			lost(err)
		}
	}
	select {
	case w.changes <- c:
	case <-w.ending:
		return w.failure()
	}
	if !c.late || len(w.changes) >= batchMost {
		w.wake()
	}
	select {
	case <-w.ending: // it may have come after the rest was refused
		return w.failure()
	default:
		return nil
	}
}

func (w *writer) wake() {
	select {
	case w.hurry <- struct{}{}:
	default:
	}
}

// flush returns once all that was handed over before is on disk, or refused.
func (w *writer) flush(ctx context.Context) error {
	return w.do(ctx, change{})
}

func (w *writer) failure() error {
	<-w.ending
	if w.err != nil {
		return w.err
	}
	return errors.New("the ledger is closed")
}

func (w *writer) close() error {
	err := w.flush(context.Background())
	select {
	case <-w.ending:
	case w.changes <- change{last: true}:
		w.wake()
	}
	<-w.stopped
	return errors.Join(err, w.into.Close())
}

// run gathers and commits until it is closed or a commit fails. After a failure
// nothing more is written: everybody is told, and nobody may send.
func (w *writer) run() {
	defer close(w.stopped)
	defer w.refuseRest()
	room := make([]change, 0, batchMost)
	for {
		batch, last := w.gather(room)
		w.err = w.writeDown(batch)
		clear(batch) // what was written is not kept
		if last || w.err != nil {
			return
		}
	}
}

// refuseRest tells those whose changes will not be taken any more.
func (w *writer) refuseRest() {
	close(w.ending)
	for {
		select {
		case c := <-w.changes:
			if c.told != nil {
				c.told(w.failure())
			}
		default:
			return
		}
	}
}

// gather takes the first change, then what else is there, into room. While nobody waits
// for the commit it lets more come together for a moment; and where many wait
// it does so too, more briefly, for a commit costs as much as a dozen changes.
// Meanwhile it sleeps: to be woken for each change would cost as much again.
func (w *writer) gather(room []change) (batch []change, last bool) {
	first := <-w.changes
	if first.last {
		return nil, true
	}
	batch = append(room, first)
	select {
	case <-w.hurry: // for what is taken here at the latest: a change is there before its wake
	default:
	}
	batch, last = w.take(batch)
	if !last && !urgent(batch) && len(batch) < batchMost {
		delay := time.NewTimer(batchDelay)
		select {
		case <-delay.C:
		case <-w.hurry:
			delay.Stop()
		}
		batch, last = w.take(batch)
	}
	if !last && urgent(batch) && len(batch) >= batchCrowd {
		time.Sleep(batchRest)
		batch, last = w.take(batch)
	}
	return batch, last
}

func urgent(batch []change) bool {
	return slices.ContainsFunc(batch, func(c change) bool { return !c.late })
}

// take adds the changes that are there to a batch, until it is full or the last
// one came.
func (w *writer) take(batch []change) (_ []change, last bool) {
	for len(batch) < batchMost {
		select {
		case c := <-w.changes:
			if c.last {
				return batch, true
			}
			batch = append(batch, c)
		default:
			return batch, false
		}
	}
	return batch, false
}
