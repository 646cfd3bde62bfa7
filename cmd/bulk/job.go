package main

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"bulk/internal/jobs"
	"bulk/internal/jobs/input"
	"bulk/internal/jobs/ledger"
	"bulk/internal/jobs/runner"
	"bulk/internal/report/timeline"
)

// job is one run, dry run or application of a plan, from its input to its
// result file. Its parts are made one after the other, each of them able to
// refuse; nothing is sent before all of them stand.
type job struct {
	p          *sources
	u          *ui
	s          *settings
	kind       ledger.Kind
	name       string // of the input, as the person gave it
	output     string
	file       *input.File
	copy       *input.Copy
	ledger     string // where it is, once the input is read
	survey     *input.Survey
	catalog    *jobs.Catalog
	up         *upstreams
	accounts   []string
	atOnce     int // most rows of an upstream under way at once, by the files that may be open
	db         *ledger.DB
	passing    bool     // the ledger ends with the job, and remembers nothing
	marking    *marking // nil: no marks are kept
	run        *ledger.Run
	unfinished *ledger.RunInfo // the run that is to be continued; nil: a new one
	kept       *runner.Kept    // what stands of that run
	changes    changes
	started    time.Time
	notes      []string
	refusals   []*stop    // what stands in the way
	noticed    sync.Mutex // guards notes while rows are done
	reports    reporting
	pictures   string       // where QR pictures go
	outs       []outputFile // all that is written
	timeline   *timeline.Timeline
	named      namedRows
	cleanups   []func()

	refusedBy atomic.Pointer[refusal] // who refused the credentials
	unwritten bool                    // the result file could not be put in place
	summedUp  bool                    // whoever is to hear of the run's end has been told
}

// later has something done when the job is over, last first.
func (j *job) later(f func()) { j.cleanups = append(j.cleanups, f) }

func (j *job) close() {
	for i := len(j.cleanups) - 1; i >= 0; i-- {
		j.cleanups[i]()
	}
}

// do takes the job from its input to the exit code.
func (j *job) do(ctx context.Context, options input.Options, output func(written bool) (string, error)) error {
	defer j.close()
	j.kept = &runner.Kept{}
	if err := j.read(ctx, options); err != nil {
		return err
	}
	if err := j.isPlan(ctx); err != nil {
		return err
	}
	aim := func(context.Context) error { return j.aim(output) }
	if err := j.each(ctx, aim, j.readCatalog, j.connect, j.missingLedger); err != nil {
		return err
	}
	if j.refusals != nil {
		j.foresee(ctx)
		return j.refusal()
	}
	if err := j.open(ctx); err != nil {
		return err
	}
	if err := j.each(ctx, j.checkPlan, j.choose, j.count, j.canaryIsHeeded, j.approve); err != nil {
		return err
	}
	if err := j.refusal(); err != nil {
		return err
	}
	if err := j.begin(ctx); err != nil {
		return err
	}
	return j.execute(ctx)
}

// read copies the input, checks all of it and says what is odd about it.
func (j *job) read(ctx context.Context, options input.Options) error {
	dir, err := j.copyDir()
	if err != nil {
		return err
	}
	if j.copy, err = j.p.take(ctx, j.name, dir); err != nil {
		return err
	}
	j.later(func() { j.copy.Release() })
	options.Ordered = true
	groups, copied, err := j.p.readCurrentGroups(ctx, j.s, dir, options.Columns)
	if err != nil {
		return err
	}
	if options.CurrentGroups = groups; groups != nil {
		j.later(func() { copied.Release() })
	}
	if j.file, j.survey, err = openInput(ctx, j.copy, j.name, options); err != nil {
		return err
	}
	for _, note := range inputNotes(j.file, j.survey, options) {
		j.note(note)
	}
	return nil
}

// copyDir is where the private copy of the input is made: with the ledger,
// where it will be kept, else (no ledger yet) with the temporary files.
func (j *job) copyDir() (string, error) {
	if j.s.sandbox {
		dir, err := j.temporary(os.TempDir())
		j.ledger = filepath.Join(dir, "ledger.db")
		return dir, err
	}
	path, err := j.p.ledgerPath(j.s.ledger)
	if err != nil {
		return "", err
	}
	j.ledger = path
	sweep(path)
	if _, err := os.Stat(path); err != nil {
		return j.temporary(os.TempDir())
	}
	return j.temporary(inputsDir(path))
}

// temporary makes a private folder that goes with the job.
func (j *job) temporary(parent string) (string, error) {
	dir, remove, err := j.p.temporary(parent)
	if err != nil {
		return "", err
	}
	j.later(remove)
	return dir, nil
}

// inputsDir is the private folder beside a ledger that keeps the copies of its
// runs' inputs.
func inputsDir(ledgerPath string) string { return filepath.Join(ledgerPath+".d", "inputs") }

func keptInput(ledgerPath, digest string) string {
	return filepath.Join(inputsDir(ledgerPath), digest+".csv")
}

// take makes the private copy of an input; "-" is standard input.
func (p *sources) take(ctx context.Context, name, dir string) (*input.Copy, error) {
	source := p.stdin
	if name != "-" {
		file, err := os.Open(name)
		if err != nil {
			return nil, refused("opening the input: "+err.Error(), "look at the path; nothing was sent")
		}
		defer file.Close()
		if info, err := file.Stat(); err == nil && info.IsDir() {
			return nil, refused(name+" is a folder, not a CSV file", "name the file in it")
		}
		source = file
	}
	c, err := input.Take(heed(ctx, source), dir)
	if err != nil {
		return nil, refused(err.Error(), "nothing was sent")
	}
	return c, nil
}

// openInput opens a copy and checks every row.
func openInput(ctx context.Context, c *input.Copy, name string, options input.Options) (*input.File, *input.Survey, error) {
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
		return refused(name+": "+r.Text, hints...)
	}
	return broken(err)
}

// aim settles where the results go, and that they can.
func (j *job) aim(output func(written bool) (string, error)) (err error) {
	if j.output, err = output(j.file.Results()); err != nil {
		return err
	}
	if err := fits(j.output, j.file, j.survey); err != nil {
		return err
	}
	if j.reports, err = j.s.reportsFor(j.file.Columns()); err != nil {
		return err
	}
	j.nameOutputs(dated(j.started))
	return together(j.p.guardOutputs(j.outs))
}

// drawsPictures reports whether rows of the input make QR pictures.
func (j *job) drawsPictures() bool {
	return j.survey.Has(jobs.GetQRCode) || j.survey.Has(jobs.QueryQRInfo)
}

// readCatalog reads the group catalogue.
func (j *job) readCatalog(context.Context) (err error) {
	if j.catalog, err = j.s.readCatalog(j.survey.Irreversible); err != nil {
		return err
	}
	if j.catalog != nil {
		for _, note := range j.catalog.Notes {
			j.note(note)
		}
	}
	return nil
}

// connect makes the way to the upstreams that the input needs; nothing is sent.
func (j *job) connect(context.Context) (err error) {
	var needed []jobs.Upstream
	for _, u := range jobs.Upstreams {
		for action, n := range j.survey.ByAction {
			if n > 0 && action != "" && action.Upstream() == u {
				needed = append(needed, u)
				break
			}
		}
	}
	j.timeline = timeline.New(j.p.now())
	if j.up, err = j.p.connect(j.s, needed, j.timeline.Observe); err != nil {
		return err
	}
	j.later(j.up.close)
	for _, u := range needed {
		j.accounts = append(j.accounts, j.up.accounts[u])
	}
	return j.boundByFiles()
}
