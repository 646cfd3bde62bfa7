package batch

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"bulk/cmd/bulk/console"
	"bulk/cmd/bulk/ledgers"
	"bulk/cmd/bulk/settings"
	"bulk/internal/jobs"
	"bulk/internal/jobs/input"
	"bulk/internal/jobs/ledger"
	"bulk/internal/jobs/runner"
	"bulk/internal/jobs/scratch"
	"bulk/internal/report/timeline"
)

// Job is one run, dry run or application of a plan, from its input to its
// result file. Its parts are made one after the other, each of them able to
// refuse; nothing is sent before all of them stand.
type Job struct {
	P          *settings.Sources
	U          *console.UI
	S          *settings.Options
	Kind       ledger.Kind
	Name       string // of the input, as the person gave it
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
	passing    bool             // the ledger ends with the job, and remembers nothing
	marking    *ledgers.Marking // nil: no marks are kept
	run        *ledger.Run
	unfinished *ledger.RunInfo // the run that is to be continued; nil: a new one
	kept       *runner.Kept    // what stands of that run
	changes    changes
	Started    time.Time
	notes      []string
	refusals   []*console.Stop // what stands in the way
	noticed    sync.Mutex      // guards notes while rows are done
	reports    Reporting
	pictures   string                // where QR pictures go
	outs       []settings.OutputFile // all that is written
	timeline   *timeline.Timeline
	named      namedRows
	cleanups   []func()

	refusedBy atomic.Pointer[refusal] // who refused the credentials
	unwritten bool                    // the result file could not be put in place
	summedUp  bool                    // whoever is to hear of the run's end has been told
}

// later has something done when the job is over, last first.
func (j *Job) later(f func()) { j.cleanups = append(j.cleanups, f) }

func (j *Job) close() {
	for i := len(j.cleanups) - 1; i >= 0; i-- {
		j.cleanups[i]()
	}
}

// Do takes the job from its input to the exit code.
func (j *Job) Do(ctx context.Context, options input.Options, output func(written bool) (string, error)) error {
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
func (j *Job) read(ctx context.Context, options input.Options) error {
	dir, err := j.copyDir()
	if err != nil {
		return err
	}
	if j.copy, err = Take(ctx, j.P, j.Name, dir); err != nil {
		return err
	}
	j.later(func() { j.copy.Release() })
	options.Ordered = true
	groups, copied, err := ReadCurrentGroups(ctx, j.P, j.S, dir, options.Columns)
	if err != nil {
		return err
	}
	if options.CurrentGroups = groups; groups != nil {
		j.later(func() { copied.Release() })
	}
	if j.file, j.survey, err = OpenInput(ctx, j.copy, j.Name, options); err != nil {
		return err
	}
	for _, note := range InputNotes(j.file, j.survey, options) {
		j.note(note)
	}
	return nil
}

// copyDir is where the private copy of the input is made: with the ledger,
// where it will be kept, else (no ledger yet) with the temporary files.
func (j *Job) copyDir() (string, error) {
	if j.S.Sandbox {
		dir, err := j.temporary(os.TempDir())
		j.ledger = filepath.Join(dir, "ledger.db")
		return dir, err
	}
	path, err := j.P.LedgerPath(j.S.Ledger)
	if err != nil {
		return "", err
	}
	j.ledger = path
	sweep(path)
	if _, err := os.Stat(path); err != nil {
		return j.temporary(os.TempDir())
	}
	return j.temporary(InputsDir(path))
}

// temporary makes a private folder that goes with the job.
func (j *Job) temporary(parent string) (string, error) {
	dir, remove, err := j.P.Temporary(parent)
	if err != nil {
		return "", err
	}
	j.later(remove)
	return dir, nil
}

// InputsDir is the private folder beside a ledger that keeps the copies of its
// runs' inputs.
func InputsDir(ledgerPath string) string { return filepath.Join(ledgerPath+".d", "inputs") }

func keptInput(ledgerPath, digest string) string {
	return filepath.Join(InputsDir(ledgerPath), digest+".csv")
}

// Take makes the private copy of an input; "-" is standard input.
func Take(ctx context.Context, p *settings.Sources, name, dir string) (*input.Copy, error) {
	source := p.Stdin
	if name != "-" {
		file, err := os.Open(name)
		if err != nil {
			return nil, console.Refused("opening the input: "+err.Error(), "look at the path; nothing was sent")
		}
		defer file.Close()
		if info, err := file.Stat(); err == nil && info.IsDir() {
			return nil, console.Refused(name+" is a folder, not a CSV file", "name the file in it")
		}
		source = file
	}
	c, err := input.Take(console.Heed(ctx, source), dir)
	if err != nil {
		return nil, console.Refused(err.Error(), "nothing was sent")
	}
	return c, nil
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

// aim settles where the results go, and that they can.
func (j *Job) aim(output func(written bool) (string, error)) (err error) {
	if j.output, err = output(j.file.Results()); err != nil {
		return err
	}
	if err := Fits(j.output, j.file, j.survey); err != nil {
		return err
	}
	if j.reports, err = ReportsFor(j.S, j.file.Columns()); err != nil {
		return err
	}
	j.nameOutputs(settings.Dated(j.Started))
	return console.Together(j.P.GuardOutputs(j.outs))
}

// drawsPictures reports whether rows of the input make QR pictures.
func (j *Job) drawsPictures() bool {
	return j.survey.Has(jobs.GetQRCode) || j.survey.Has(jobs.QueryQRInfo)
}

// readCatalog reads the group catalogue.
func (j *Job) readCatalog(context.Context) (err error) {
	if j.catalog, err = readCatalog(j.S, j.survey.Irreversible); err != nil {
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
func (j *Job) connect(context.Context) (err error) {
	var needed []jobs.Upstream
	for _, u := range jobs.Upstreams {
		for action, n := range j.survey.ByAction {
			if n > 0 && action != "" && action.Upstream() == u {
				needed = append(needed, u)
				break
			}
		}
	}
	j.timeline = timeline.New(j.P.Now())
	if j.up, err = connect(j.P, j.S, needed, j.timeline.Observe); err != nil {
		return err
	}
	j.later(j.up.close)
	for _, u := range needed {
		j.accounts = append(j.accounts, j.up.accounts[u])
	}
	return j.boundByFiles()
}

// unlockedAge is the age from which a temporary file without a lock, as earlier
// versions made them, has no process any more.
const unlockedAge = 24 * time.Hour

// sweep clears the places where temporary files are made of what killed
// processes left there.
func sweep(ledgerPath string) {
	scratch.Sweep(os.TempDir())
	scratch.Sweep(InputsDir(ledgerPath))
	scratch.SweepOld(InputsDir(ledgerPath), unlockedAge, "input-*.csv", "rows-*.csv", "draft-*")
}
