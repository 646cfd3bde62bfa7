package ledger

import (
	"context"

	"bulk/internal/jobs"
)

// Resolve settles the unknown acts on a SIM after a person has looked: done or
// not. It returns how many there were.
func (db *DB) Resolve(ctx context.Context, iccid jobs.ICCID, done bool, user, reason string) (int, error) {
	state := ResolvedNotDone
	if done {
		state = ResolvedDone
	}
	var settled int
	err := db.write.do(ctx, change{apply: func(s *statements) error {
		result, err := s.exec(`UPDATE acts SET state = ?, settled_at = ?, resolved_by = ?, reason = ? WHERE iccid = ? AND state = 'unknown'`,
			state, stamp(db.now()), user, reason, string(iccid))
		if err != nil {
			return err
		}
		n, err := result.RowsAffected()
		settled = int(n)
		return err
	}})
	return settled, err
}
