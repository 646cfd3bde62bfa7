package batch

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"bulk/cmd/bulk/console"
	"bulk/cmd/bulk/settings"
	"bulk/internal/jobs/ledger"
)

// Prune drops the results of runs last heard of longer ago than an age, and the
// copies of inputs that no other run needs, here and in a ledger that is shared. It
// counts both.
func Prune(ctx context.Context, p *settings.Sources, db *ledger.DB, age time.Duration) (results, copies int, err error) {
	results, needed, err := db.Prune(ctx, p.Now().Add(-age))
	if err != nil {
		return results, 0, err
	}
	if needed, err = withCatalogs(ctx, db, needed); err != nil {
		return results, 0, err
	}
	inputs, err := InputsDir(p, db.Path())
	if err != nil {
		return results, 0, err
	}
	kept, err := filepath.Glob(filepath.Join(inputs, "*.csv"))
	if err != nil {
		return results, 0, err
	}
	copies, err = db.DropInputs(ctx, needed)
	for _, file := range kept {
		digest := strings.TrimSuffix(filepath.Base(file), ".csv")
		if len(digest) == 64 && !slices.Contains(needed, digest) && os.Remove(file) == nil {
			copies++
		}
	}
	return results, copies, err
}

// withCatalogs adds the digests of the catalogues that belong to those inputs, where
// the ledger keeps them.
func withCatalogs(ctx context.Context, db *ledger.DB, needed []string) ([]string, error) {
	if !db.Shared() {
		return needed, nil
	}
	runs, err := db.Runs(ctx)
	for _, r := range runs {
		if catalog := settings.CatalogOf(r.Settings); catalog != "" && slices.Contains(needed, r.Digest) && !slices.Contains(needed, catalog) {
			needed = append(needed, catalog)
		}
	}
	return needed, err
}

// pruneAfter is --keep-results, once a run has ended. What goes wrong is no matter
// of the run.
func (j *begun) pruneAfter(ctx context.Context) {
	age := j.s.Checked.KeepResults
	if age == 0 || j.unkept() {
		return
	}
	results, copies, err := Prune(ctx, j.p, j.db, age)
	switch {
	case err != nil:
		j.u.Warn("old results could not be dropped (--keep-results): %v", err)
	case results+copies > 0:
		j.u.Say("%s and %s older than %s dropped; every irreversible act stays", console.Plural(results, "result", "results"),
			console.Plural(copies, "copy of an input", "copies of inputs"), j.s.KeepResults)
	}
}
