package ledger

import "fmt"

// write commits a batch. Where the disk is full it gives back the space kept
// for this, and from then on takes what became of requests but no intents. It
// returns the changes that are still to be told, and why they were not written.
func (w *writer) write(s *statements, batch []change) ([]change, error) {
	batch = w.withoutIntents(batch)
	err := w.commit(s, batch)
	if w.full == nil && noRoom(err) && w.room() {
		w.full = writing(err)
		batch = w.withoutIntents(batch)
		err = w.commit(s, batch)
	}
	if err != nil {
		return batch, writing(err)
	}
	return batch, nil
}

func writing(err error) error { return fmt.Errorf("writing the ledger: %w", explain(err)) }

// withoutIntents refuses the intents of a batch once the disk is full.
func (w *writer) withoutIntents(batch []change) []change {
	if w.full == nil {
		return batch
	}
	var rest []change
	for _, c := range batch {
		if c.intent {
			c.told(w.full)
			continue
		}
		rest = append(rest, c)
	}
	return rest
}

// commit writes a batch and returns once it is on disk. That the file is still
// in its place is looked at afterwards as well: only then is it sure that the
// commit went into a file that will be found again.
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
			s.rollback()
			return err
		}
	}
	if err := s.commit(); err != nil {
		s.rollback()
		return err
	}
	return w.intact()
}
