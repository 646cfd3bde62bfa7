package batch

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"time"

	"bulk/cmd/bulk/console"
	"bulk/cmd/bulk/settings"
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

// TakeBoth makes the private copy of an input and, before that, reads the header of the
// file of --current-groups: standard input may be long in coming, and longer to type.
// Both copies are to be released in the end; without such a file groups are nil.
func TakeBoth(ctx context.Context, p *settings.Sources, s *settings.Options, name, dir string, columns map[string]string) (
	c *input.Copy, groups *input.CurrentGroups, current *input.Copy, err error,
) {
	groups, current, err = ReadCurrentGroups(ctx, p, s, dir, columns)
	var unusable *console.Stop
	switch {
	case errors.As(err, &unusable) && name != "-":
		refusals := []*console.Stop{unusable}
		file, missing := openFile("", name, lookAtPath)
		if errors.As(missing, &unusable) {
			refusals = append(refusals, unusable)
		} else {
			_ = file.Close()
		}
		return nil, nil, nil, console.Together(refusals)
	case err != nil:
		return nil, nil, nil, err
	}
	if c, err = Take(ctx, p, name, dir); err != nil {
		if current != nil {
			current.Release()
		}
		return nil, nil, nil, err
	}
	return c, groups, current, nil
}

const lookAtPath = "look at the path; nothing was sent"

// Take makes the private copy of an input; "-" is standard input.
func Take(ctx context.Context, p *settings.Sources, name, dir string) (*input.Copy, error) {
	source := p.Stdin
	if name != "-" {
		file, err := openFile("", name, lookAtPath)
		if err != nil {
			return nil, err
		}
		defer file.Close()
		source = file
	}
	c, err := input.Take(console.Heed(ctx, source), dir)
	if err != nil {
		return nil, console.Refused(err.Error(), "nothing was sent")
	}
	return c, nil
}

// openFile opens a file that the person named; what is what it is, with a space after
// it, where the name alone does not say it.
func openFile(what, name, hint string) (*os.File, error) {
	file, err := os.Open(name)
	if err != nil {
		return nil, console.Refused(console.Unread(what+name, err), hint)
	}
	if info, err := file.Stat(); err == nil && info.IsDir() {
		_ = file.Close()
		return nil, console.Refused(what+name+" is a folder, not a file", "name the file in it")
	}
	return file, nil
}

// OpenInput opens a copy and checks every row.
func OpenInput(ctx context.Context, c *input.Copy, name string, options input.Options) (*input.File, *input.Survey, error) {
	file, err := input.Open(ctx, c, options)
	if err != nil {
		return nil, nil, unusable(name, err)
	}
	survey, err := file.Scan(ctx)
	if err != nil {
		return nil, nil, unusable(name, err)
	}
	return file, survey, nil
}

// unusable says why an input cannot be used.
func unusable(name string, err error) error {
	if name == "-" {
		name = "standard input"
	}
	var r *input.Refusal
	if errors.As(err, &r) {
		if r.File != "" {
			name = r.File
		}
		hints := []string{"nothing was sent"}
		if r.Hint != "" {
			hints = append([]string{r.Hint}, hints...)
		}
		return console.Refused(name+": "+r.Text, hints...)
	}
	return console.Broken(err)
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
