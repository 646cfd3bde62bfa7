package ledger

import (
	"context"
	"errors"

	"bulk/internal/jobs/ledger/store"
)

// writeDown commits a batch and tells everybody. Where the disk is full it gives
// back the space kept for this, and from then on takes what became of requests
// but no intents. It returns why nothing can be written any more.
func (w *writer) writeDown(batch []change) error {
	batch = w.withoutIntents(batch)
	err := w.commit(batch)
	if w.full == nil && errors.Is(err, store.ErrNoRoom) && w.into.GiveRoom() {
		w.full = err
		batch = w.withoutIntents(batch)
		err = w.commit(batch)
	}
	for _, c := range batch {
		switch {
		case err != nil:
			c.told(err)
		case c.op != nil:
			c.told(c.op.Refusal())
		default:
			c.told(nil)
		}
	}
	return err
}

// withoutIntents refuses the intents of a batch once the disk is full.
func (w *writer) withoutIntents(batch []change) []change {
	if w.full == nil {
		return batch
	}
	var rest []change
	for _, c := range batch {
		if _, intent := c.op.(*store.Intent); intent {
			c.told(w.full)
			continue
		}
		rest = append(rest, c)
	}
	return rest
}

func (w *writer) commit(batch []change) error {
	w.ops = w.ops[:0]
	for _, c := range batch {
		if c.op != nil {
			w.ops = append(w.ops, c.op)
		}
	}
	defer clear(w.ops) // what was written is not kept
	if len(w.ops) == 0 {
		return nil
	}
	return w.into.Commit(context.Background(), w.ops)
}
