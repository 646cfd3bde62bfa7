package ledger

import (
	"context"
	"errors"
	"time"

	"bulk/internal/jobs/ledger/store"
)

// Handover is a run that was handed to workers, and how far they are with it.
type Handover = store.Handover

// ErrNoWorkers: a ledger that is a file has no workers to hand a run to.
var ErrNoWorkers = errors.New("the ledger is a file; workers need one in a database")

func (db *DB) handing() (store.Handing, error) {
	if d, ok := db.store.(store.Handing); ok {
		return d, nil
	}
	return nil, ErrNoWorkers
}

// HandOver gives a run that is written down to workers, or gives it to them again:
// h.Since is set to now, and what earlier legs came to counts no more against it.
func (db *DB) HandOver(ctx context.Context, h Handover) error {
	if _, err := db.handing(); err != nil {
		return err
	}
	h.Since = db.now()
	return db.commit(ctx, &store.Hand{Handover: h})
}

// HandedOver lists the runs that are the workers' now, oldest first.
func (db *DB) HandedOver(ctx context.Context) ([]Handover, error) {
	d, err := db.handing()
	if err != nil {
		return nil, err
	}
	return d.Handovers(ctx, 0)
}

// HandoverOf is how a run was handed to workers; false: it was not.
func (db *DB) HandoverOf(ctx context.Context, run int64) (Handover, bool, error) {
	d, err := db.handing()
	if err != nil {
		return Handover{}, false, nil
	}
	all, err := d.Handovers(ctx, run)
	if err != nil || len(all) == 0 {
		return Handover{}, false, err
	}
	return all[0], true, nil
}

// BeginLeg writes down that a worker begins a leg of a run of which so many rows
// stand. It gives how many legs in a row, this one included, began without more
// than the one before.
func (db *DB) BeginLeg(ctx context.Context, run int64, stood int) (idle int, err error) {
	op := &store.Leg{Run: run, Stood: stood}
	err = db.commit(ctx, op)
	return op.Idle, err
}

// BeatEvery is how often a worker at a run is to say that it is alive.
const BeatEvery = 5 * time.Second

// Beat notes that the worker at a run is alive.
func (db *DB) Beat(ctx context.Context, run int64) error {
	d, err := db.handing()
	if err != nil {
		return err
	}
	return d.Beat(ctx, run)
}

// EndHung ends the session of a worker that has a run and has not been heard of for
// three quarters of a minute, and reports whether there was one.
func (db *DB) EndHung(ctx context.Context, run int64) (ended bool, err error) {
	d, err := db.handing()
	if err != nil {
		return false, err
	}
	return d.EndHung(ctx, run)
}

// HandBack writes down that a run is no longer the workers': how it ended for good,
// in words and in one stable word, both empty where it came to its end.
func (db *DB) HandBack(ctx context.Context, run int64, ending, cause string) error {
	return db.commit(ctx, &store.HandBack{Run: run, Ending: clean(ending), Cause: cause, At: db.now()})
}

// KeepPicture keeps a QR picture of a run for whoever waits for it elsewhere.
func (db *DB) KeepPicture(ctx context.Context, run int64, name string, png []byte) error {
	d, err := db.handing()
	if err != nil {
		return err
	}
	return d.KeepPicture(ctx, run, name, png)
}

// Picture is a kept one. The error wraps fs.ErrNotExist where there is none.
func (db *DB) Picture(ctx context.Context, run int64, name string) ([]byte, error) {
	d, err := db.handing()
	if err != nil {
		return nil, err
	}
	return d.Picture(ctx, run, name)
}
