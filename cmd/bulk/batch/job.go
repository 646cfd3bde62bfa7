package batch

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"time"

	"bulk/cmd/bulk/console"
	"bulk/cmd/bulk/settings"
	"bulk/internal/jobs"
	"bulk/internal/jobs/input"
	"bulk/internal/jobs/scratch"
	"bulk/internal/report/timeline"
)

// later has something done when the job is over, last first.
func (j *Job) later(f func()) { j.cleanups = append(j.cleanups, f) }

func (j *Job) close() {
	for i := len(j.cleanups) - 1; i >= 0; i-- {
		j.cleanups[i]()
	}
}

// Do takes the job from its input to the exit code: a row of steps, each of which
// takes what the one before has come to, and may refuse. Nothing is sent before
// execute. output names the result file, by whether bulk wrote the input.
func (j *Job) Do(ctx context.Context, options input.Options, output func(written bool) (string, error)) error {
	defer j.close()
	loaded, err := j.load(ctx, options)
	if err != nil {
		return err
	}
	connected, err := loaded.connect(ctx, output)
	if err != nil {
		return err
	}
	opened, err := connected.open(ctx)
	if err != nil {
		return err
	}
	approved, err := opened.approve(ctx)
	if err != nil {
		return err
	}
	begun, err := approved.begin(ctx)
	if err != nil {
		return err
	}
	done, err := begun.execute(ctx)
	if err != nil {
		return err
	}
	defer done.signals.Stop()
	return begun.conclude(done, begun.publish(context.WithoutCancel(ctx), done))
}

// load copies the input, checks all of it and says what is odd about it.
func (j *Job) load(ctx context.Context, options input.Options) (*loaded, error) {
	l := &loaded{Job: j}
	dir, err := l.copyDir()
	if err != nil {
		return nil, err
	}
	if l.copy, err = Take(ctx, j.p, j.name, dir); err != nil {
		return nil, err
	}
	j.later(func() { l.copy.Release() })
	options.Ordered = true
	groups, copied, err := ReadCurrentGroups(ctx, j.p, j.s, dir, options.Columns)
	if err != nil {
		return nil, err
	}
	if options.CurrentGroups = groups; groups != nil {
		j.later(func() { copied.Release() })
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
	sweep(path)
	if _, err := os.Stat(path); err != nil {
		return j.temporary(os.TempDir())
	}
	return j.temporary(InputsDir(path))
}

// temporary makes a private folder that goes with the job.
func (j *Job) temporary(parent string) (string, error) {
	dir, remove, err := j.p.Temporary(parent)
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

// connect settles where results go, and reaches for all that the rows need: the
// catalogue, the upstreams, a ledger that is there. All that is in the way of
// these is said at once.
func (j *loaded) connect(ctx context.Context, output func(written bool) (string, error)) (*connected, error) {
	c := &connected{loaded: j, ledger: j.ledgerPath}
	j.known = c
	aim := func(context.Context) error { return c.aim(output) }
	if err := j.each(ctx, aim, c.readCatalog, c.reachUpstreams, c.missingLedger); err != nil {
		return nil, err
	}
	if j.refusals != nil {
		c.foresee(ctx)
		return nil, j.refusal()
	}
	return c, nil
}

// aim settles where the results go, and that they can.
func (j *connected) aim(output func(written bool) (string, error)) (err error) {
	if j.output, err = output(j.file.Results()); err != nil {
		return err
	}
	if err := Fits(j.output, j.file, j.survey); err != nil {
		return err
	}
	if j.reports, err = ReportsFor(j.s, j.file.Columns()); err != nil {
		return err
	}
	j.nameOutputs(settings.Dated(j.started))
	return console.Together(j.p.GuardOutputs(j.outs))
}

// drawsPictures reports whether rows of the input make QR pictures.
func (j *loaded) drawsPictures() bool {
	return j.survey.Has(jobs.GetQRCode) || j.survey.Has(jobs.QueryQRInfo)
}

// readCatalog reads the group catalogue.
func (j *connected) readCatalog(context.Context) (err error) {
	if j.catalog, err = readCatalog(j.s, j.survey.Irreversible); err != nil {
		return err
	}
	if j.catalog != nil {
		for _, note := range j.catalog.Notes {
			j.note(note)
		}
	}
	return nil
}

// reachUpstreams makes the way to the upstreams that the input needs; nothing is sent.
func (j *connected) reachUpstreams(context.Context) (err error) {
	var needed []jobs.Upstream
	for _, u := range jobs.Upstreams {
		for action, n := range j.survey.ByAction {
			if n > 0 && action != "" && action.Upstream() == u {
				needed = append(needed, u)
				break
			}
		}
	}
	j.timeline = timeline.New(j.p.Now())
	if j.up, err = connect(j.p, j.s, needed, j.timeline.Observe); err != nil {
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
