package sqlite

import (
	"context"
	"fmt"
	"os"

	"bulk/internal/jobs"
	"bulk/internal/jobs/ledger/store"
)

// ofResults: each value of a result is of its column's kind, its data can be read,
// what was asked is known, and it is found where a question for its SIM looks.
var ofResults = fmt.Sprintf(`SELECT count(*), coalesce(max(id), 0), coalesce(sum(NOT (typeof(line) = 'integer' AND typeof(iccid) = 'text' AND typeof(outcome) = 'text'
	AND typeof(code) = 'text' AND typeof(description) = 'text' AND typeof(upstream_error) = 'text' AND typeof(request_id) = 'text'
	AND typeof(attempts) = 'integer' AND typeof(http_status) = 'integer' AND typeof(started_at) = 'integer' AND typeof(duration_ms) = 'integer'
	AND typeof(data) = 'text' AND json_valid(data) AND outcome IN (%s) AND EXISTS (SELECT 1 FROM asks WHERE asks.id = r.ask))), 0),
	coalesce(sum(NOT EXISTS (SELECT 1 FROM results AS b INDEXED BY results_by_sim WHERE b.id >> 32 = r.id >> 32
		AND CAST(substr(b.iccid, 10, 9) AS INTEGER) = CAST(substr(r.iccid, 10, 9) AS INTEGER) AND b.id = r.id)), 0)
	FROM (SELECT * FROM results NOT INDEXED WHERE id > ? ORDER BY id LIMIT ?) AS r`, quoted(jobs.Outcomes))

// Verify is part of [store.Verifier]. Opening a file that somebody else changed, or
// that was not closed, has checked its acts; here they are checked in any case, and
// the rest with them, a part at a time.
func (s *Store) Verify(ctx context.Context, told func(what string, rows int64)) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.conn == nil {
		return errClosed
	}
	s.sound = false
	if err := s.checkSlices(ctx); err != nil {
		return s.explain(err)
	}
	all, err := s.totals()
	if err != nil {
		return s.explain(err)
	}
	var acts int64
	for _, t := range all {
		acts += t[0]
	}
	told("acts", acts)
	var results int64
	for from := int64(-1); ; {
		var n, last, wrong, lost int64
		if err := s.slice(ctx, ofResults, []any{from, sliceActs}, &n, &last, &wrong, &lost); err != nil {
			return s.explain(err)
		}
		switch {
		case wrong > 0:
			return fmt.Errorf("%w: %d results hold values of another kind", store.ErrCorrupt, wrong)
		case lost > 0:
			return fmt.Errorf("%w: the results and their index do not agree", store.ErrCorrupt)
		}
		if results += n; n < sliceActs {
			break
		}
		from = last
		told("results", results)
	}
	told("results", results)
	for _, table := range []string{"runs", "starts", "asks", "approvals", "claims", "links", "words", "losses", "refusals"} {
		var n int64
		if err := s.slice(ctx, "SELECT count(*) FROM (SELECT * FROM "+table+")", nil, &n); err != nil {
			return s.explain(err)
		}
		told(table, n)
	}
	return nil
}

// Facts is part of [store.Describer].
func (s *Store) Facts(context.Context) ([]store.Fact, error) {
	info, err := os.Stat(s.real)
	if err != nil {
		return nil, err
	}
	return []store.Fact{{Name: "kind", Value: "a file"}, {Name: "schema", Value: fmt.Sprint(schemaVersion)}, {Name: "bytes", Value: fmt.Sprint(info.Size())}}, nil
}
