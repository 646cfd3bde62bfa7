package ledger

import (
	"context"
	"encoding/json"

	"bulk/internal/jobs"
)

// End writes down how far the run got. It waits for everything before it.
func (r *Run) End(ctx context.Context, ending string, notRun int, tally map[jobs.Outcome]int) error {
	counts, err := json.Marshal(tally)
	if err != nil {
		return err
	}
	return r.db.write.do(ctx, change{apply: func(s *statements) error {
		_, err := s.exec(`UPDATE runs SET ended_at = ?, ending = ?, not_run = ?, tally = ? WHERE id = ?`,
			stamp(r.db.now()), ending, notRun, string(counts), r.ID)
		return err
	}})
}

// Publishing writes down the digest of the result file before it is renamed
// into place.
func (r *Run) Publishing(ctx context.Context, digest string) error {
	return r.db.write.do(ctx, change{apply: func(s *statements) error {
		_, err := s.exec(`UPDATE runs SET output_digest = ?, published_at = NULL WHERE id = ?`, digest, r.ID)
		return err
	}})
}

// Published writes down that the result file is in place.
func (r *Run) Published(ctx context.Context) error {
	return r.db.write.do(ctx, change{apply: func(s *statements) error {
		_, err := s.exec(`UPDATE runs SET published_at = ? WHERE id = ?`, stamp(r.db.now()), r.ID)
		return err
	}})
}

// Flush returns once every result handed over is on disk.
func (db *DB) Flush(ctx context.Context) error {
	return db.write.flush(ctx)
}
