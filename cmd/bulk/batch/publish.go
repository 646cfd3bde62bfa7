package batch

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"

	"bulk/cmd/bulk/console"
	"bulk/cmd/bulk/settings"
	"bulk/internal/jobs"
	"bulk/internal/jobs/ledger"
	"bulk/internal/jobs/runner"
	"bulk/internal/report"
	"bulk/internal/report/redact"
)

// unrecordedFile is the error where the result file is in place and the ledger
// could not record that.
type unrecordedFile struct{ error }

// publish writes down how the run ended and puts the result file in place. What
// goes wrong here is said, and changes how the run ended.
func (j *begun) publish(ctx context.Context, d *done) *published {
	err := j.run.End(ctx, ledger.Ended{Ending: d.words, Cause: string(d.Ending), NotRun: d.NotRun, Tally: d.Tally})
	if errors.Is(err, ledger.ErrOvertaken) {
		return j.overtaken(d)
	}
	if err != nil && d.Ending != runner.DiskTrouble {
		d.Ending, d.Cause = runner.DiskTrouble, err.Error()
		d.words = j.endingWords(d)
	}
	w := &ResultFile{File: j.file, Survey: j.survey, Output: j.output, Results: j.run.Results(ctx), unrecorded: d.Unrecorded, lost: j.lostOf(d), Rest: notRun(d),
		plan: j.kind == ledger.DryRun, Leaving: j.leave, Separator: Separator(j.p, j.s), Portal: j.s.Checked.Portal.Of}
	if j.db.Shared() && j.unfinished != nil {
		w.Pictures = j.pictures
		if err := SavePictures(ctx, j.db, j.run.ID, w, false); err != nil {
			j.u.Warn("QR pictures of rows that were done elsewhere are not here: %v", err)
		}
	}
	digest, err := j.place(ctx, w)
	if err != nil {
		j.sayUnpublished(ctx, err, d.Unrecorded)
		d.Ending = runner.DiskTrouble
	}
	return &published{w, digest}
}

// lostOf finds what this run came to for rows of which the ledger has nothing any more,
// since its database went back to an earlier state under the run: they are not to be
// taken for rows that were not run.
func (j *begun) lostOf(d *done) func(jobs.Row) (jobs.Result, bool) {
	return func(row jobs.Row) (jobs.Result, bool) {
		r := jobs.Result{Seq: row.Seq, Action: row.Action, Account: j.up.accounts[row.Action.Upstream()], Attempts: 1, Started: j.started}
		switch {
		case d.Done.Has(row.Seq):
			r.Outcome, r.Description = jobs.OK, "Done; the ledger has lost it."
		case d.Doubted.Has(row.Seq):
			r.Outcome, r.Code, r.Description = jobs.Unknown, jobs.Interrupted, "A request left, and the ledger has lost that. Look the SIM up in the portal."
		default:
			return r, false
		}
		return r, true
	}
}

// overtaken leaves a run to the process that has gone on with it: a result file of
// this one would say less than the ledger, perhaps in the place of a better one.
func (j *begun) overtaken(d *done) *published {
	d.Ending, d.Cause = runner.Overtaken, ledger.ErrOvertaken.Error()
	d.words = d.Cause
	j.unwritten = true
	j.u.Fail(fmt.Sprintf("run %d: %v; this process was taken for dead", j.run.ID, ledger.ErrOvertaken),
		fmt.Sprintf("no result file is written here; how the run stands: bulk runs %d%s", j.run.ID, j.ledgerFlag()))
	return &published{&ResultFile{File: j.file, Survey: j.survey, Output: j.output, Results: j.run.Results(context.Background()), Rest: notRun(d), Leaving: j.leave, Portal: j.s.Checked.Portal.Of}, ""}
}

// Separator is that of a CSV for spreadsheet programs, where --for-excel asks for
// one; else 0.
func Separator(p *settings.Sources, s *settings.Options) rune {
	if !s.ForExcel {
		return 0
	}
	return p.ListSeparator()
}

// leaving is what --redact leaves out; nil: nothing.
func (j *loaded) leaving() *redact.Leaving {
	if !j.s.Redact {
		return nil
	}
	return redact.Leave(j.file.Columns())
}

// place puts the result file in place, its digest recorded before. Where the
// ledger cannot take it any more, the file is all that is left of the run: it is
// put in place all the same, and the run counts as unfinished.
func (j *begun) place(ctx context.Context, w *ResultFile) (digest string, err error) {
	var trouble error
	digest, err = j.put(ctx, w, func(digest string) error { trouble = j.run.Publishing(ctx, digest); return nil })
	if err != nil {
		return digest, err
	}
	if trouble == nil {
		trouble = j.run.Published(ctx)
	}
	if trouble != nil {
		return digest, unrecordedFile{trouble}
	}
	return digest, nil
}

// put puts a result file in place; note is told its digest before.
func (j *begun) put(ctx context.Context, w *ResultFile, note func(digest string) error) (digest string, err error) {
	if j.output == "-" {
		return "", w.To(ctx, j.p.Stdout)
	}
	digest, err = report.Publish(j.output, note, w.Writer(ctx))
	if inUse := new(report.InUse); errors.As(err, &inUse) {
		j.output = besideResults(j.output, j.run.ID)
		w.Output = j.output
		j.u.Warn("%v; the results are in %s instead", inUse, j.output)
		digest, err = report.Publish(j.output, note, w.Writer(ctx))
	}
	return digest, err
}

// besideResults is where the results of a run go while another program keeps
// their file in place: fleet.results.run-12.csv for fleet.results.csv.
func besideResults(output string, run int64) string {
	extension := filepath.Ext(output)
	return fmt.Sprintf("%s.run-%d%s", strings.TrimSuffix(output, extension), run, extension)
}

// sayUnpublished says where the results are after publish failed.
func (j *begun) sayUnpublished(ctx context.Context, err error, unrecorded map[int]jobs.Result) {
	if errors.As(err, &unrecordedFile{}) {
		j.u.Fail(fmt.Sprintf("the results are written, but the ledger could not take note of that: %v", err),
			"keep the result file: it may hold more than the ledger")
		return
	}
	j.unwritten = true
	if n := len(unrecorded); n > 0 {
		j.u.Fail(fmt.Sprintf("the result file could not be written: %v", err), fmt.Sprintf("the ledger lacks the outcome of %s; write these down:", console.Plural(n, "row", "rows")))
		j.sayUnrecorded(ctx, unrecorded)
		return
	}
	j.u.Fail(fmt.Sprintf("the result file could not be written: %v", err),
		"the ledger has every result; to write it again, where it can be: bulk runs "+fmt.Sprint(j.run.ID)+" -o FILE"+j.ledgerFlag())
}

// sayUnrecorded says what rows came to that the ledger could not take.
func (j *begun) sayUnrecorded(ctx context.Context, unrecorded map[int]jobs.Result) {
	for row, err := range j.file.Rows(ctx, j.survey) {
		if r, lost := unrecorded[row.Seq]; lost && err == nil {
			j.u.Warn("line %d, %s: %s, request_id %s", row.Line, row.ICCID, strings.TrimSpace(fmt.Sprintf("%s %s", r.Outcome, r.Code)), r.RequestID)
		}
	}
}

// placedOutput is the result file that is in place; empty: there is none, or it
// went to standard output.
func (j *begun) placedOutput() string {
	if j.unwritten || j.output == "-" {
		return ""
	}
	return j.output
}
