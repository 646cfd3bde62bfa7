package batch

import (
	"context"
	"os"
	"path/filepath"
	"time"

	"bulk/internal/jobs/input"
	"bulk/internal/jobs/ledger"
	"bulk/internal/jobs/scratch"
)

// load copies the input, checks all of it and says what is odd about it.
func (j *Job) load(ctx context.Context, options input.Options) (*loaded, error) {
	l := &loaded{Job: j}
	dir, err := l.copyDir()
	if err != nil {
		return nil, err
	}
	var groups *input.CurrentGroups
	if l.copy, groups, l.current, err = TakeBoth(ctx, j.p, j.s, j.name, dir, options.Columns); err != nil {
		return nil, err
	}
	j.later(func() { l.copy.Release() })
	options.Ordered = true
	if options.CurrentGroups = groups; groups != nil {
		j.later(func() { l.current.Release() })
	}
	if l.file, l.survey, err = OpenInput(ctx, l.copy, j.name, options); err != nil {
		return nil, err
	}
	for _, note := range InputNotes(l.file, l.survey, options) {
		j.note(note)
	}
	return l, l.isPlan(ctx)
}

// copyDir is where the private copy of the input is made: with the ledger,
// where it will be kept, else (no ledger yet) with the temporary files.
func (j *loaded) copyDir() (string, error) {
	if j.s.Sandbox {
		dir, err := j.temporary(os.TempDir())
		j.ledgerPath = filepath.Join(dir, "ledger.db")
		return dir, err
	}
	path, err := j.p.LedgerPath(j.s.Ledger)
	if err != nil {
		return "", err
	}
	j.ledgerPath = path
	if err := j.byWorkers(); err != nil {
		return "", err
	}
	inputs, err := InputsDir(j.p, path)
	if err != nil {
		return "", err
	}
	sweep(inputs)
	if _, err := os.Stat(path); err != nil && !ledger.InDatabase(path) {
		return j.temporary(os.TempDir())
	}
	return j.temporary(inputs)
}

// unlockedAge is the age from which a temporary file without a lock, as earlier
// versions made them, has no process any more.
const unlockedAge = 24 * time.Hour

// sweep clears the places where temporary files are made of what killed
// processes left there.
func sweep(inputs string) {
	scratch.Sweep(os.TempDir())
	scratch.Sweep(inputs)
	scratch.SweepOld(inputs, unlockedAge, "input-*.csv", "rows-*.csv", "draft-*")
}
