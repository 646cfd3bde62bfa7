package ledger

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"
)

const (
	batchMost  = 512                    // changes in one commit
	batchDelay = 100 * time.Millisecond // how late the result of a read may be
)

// change is one thing to write, and whom to tell once it is on disk.
type change struct {
	apply func(*statements) error
	done  chan<- error // nil: nobody waits
}

// writer is the one goroutine that writes: it takes what has gathered and
// commits it at once, so that many durable intents share one fsync.
type writer struct {
	changes chan change
	stopped chan struct{}
	handle  *sql.DB
	intact  func() error
	err     error // why the writer ended; read after stopped is closed
}

func startWriter(handle *sql.DB, intact func() error) *writer {
	w := &writer{changes: make(chan change, 2*batchMost), stopped: make(chan struct{}), handle: handle, intact: intact}
	go w.run()
	return w
}

// do writes one change; wait says whether it must be on disk on return.
func (w *writer) do(ctx context.Context, wait bool, apply func(*statements) error) error {
	c := change{apply: apply}
	var done chan error
	if wait {
		done = make(chan error, 1)
		c.done = done
	}
	select {
	case w.changes <- c:
	case <-w.stopped:
		return w.failure()
	case <-ctx.Done():
		return ctx.Err()
	}
	if !wait {
		return nil
	}
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

// flush returns once all that was handed over before is on disk.
func (w *writer) flush(ctx context.Context) error {
	return w.do(ctx, true, func(*statements) error { return nil })
}

func (w *writer) failure() error {
	<-w.stopped
	if w.err != nil {
		return w.err
	}
	return errors.New("the ledger is closed")
}

func (w *writer) close() error {
	err := w.flush(context.Background())
	select {
	case <-w.stopped:
	case w.changes <- change{}: // an empty change ends the goroutine
		<-w.stopped
	}
	return errors.Join(err, w.handle.Close())
}

// run gathers and commits until it is closed or a commit fails. After a failure
// nothing more is written: everybody is told, and nobody may send.
func (w *writer) run() {
	defer close(w.stopped)
	statements, err := prepareStatements(w.handle)
	if err != nil {
		w.err = fmt.Errorf("preparing the ledger: %w", explain(err))
		return
	}
	defer statements.close()
	for {
		batch, last := w.gather()
		if err := w.commit(statements, batch); err != nil {
			w.err = fmt.Errorf("writing the ledger: %w", explain(err))
		}
		for _, c := range batch {
			if c.done != nil {
				c.done <- w.err
			}
		}
		if last || w.err != nil {
			return
		}
	}
}

// gather takes the first change, then what else is there. While nobody waits
// for the commit it lets more come together for a moment.
func (w *writer) gather() (batch []change, last bool) {
	first := <-w.changes
	if first.apply == nil {
		return nil, true
	}
	batch = append(batch, first)
	urgent := first.done != nil
	delay := time.NewTimer(batchDelay)
	defer delay.Stop()
	for len(batch) < batchMost {
		var c change
		if urgent {
			select {
			case c = <-w.changes:
			default:
				return batch, false
			}
		} else {
			select {
			case c = <-w.changes:
			case <-delay.C:
				return batch, false
			}
		}
		if c.apply == nil {
			return batch, true
		}
		urgent = urgent || c.done != nil
		batch = append(batch, c)
	}
	return batch, false
}

func (w *writer) commit(s *statements, batch []change) error {
	if len(batch) == 0 {
		return nil
	}
	if err := w.intact(); err != nil {
		return err
	}
	if err := s.begin(); err != nil {
		return err
	}
	for _, c := range batch {
		if err := c.apply(s); err != nil {
			return errors.Join(err, s.rollback())
		}
	}
	return s.commit()
}
