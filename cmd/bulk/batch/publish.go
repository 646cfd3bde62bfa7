package batch

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"

	"bulk/cmd/bulk/console"
	"bulk/internal/jobs"
	"bulk/internal/report"
)

// unrecordedFile is the error where the result file is in place and the ledger
// could not record that.
type unrecordedFile struct{ error }

// publish puts the result file in place, its digest recorded before. Where the
// ledger cannot take it any more, the file is all that is left of the run: it is
// put in place all the same, and the run counts as unfinished.
func (j *Job) publish(ctx context.Context, w *ResultFile) (digest string, err error) {
	var trouble error
	if j.output == "-" {
		err = w.To(ctx, j.P.Stdout)
	} else {
		note := func(digest string) error { trouble = j.run.Publishing(ctx, digest); return nil }
		digest, err = report.Publish(j.output, note, w.Writer(ctx))
		if inUse := new(report.InUse); errors.As(err, &inUse) {
			j.output = besideResults(j.output, j.run.ID)
			w.Output = j.output
			j.U.Warn("%v; the results are in %s instead", inUse, j.output)
			digest, err = report.Publish(j.output, note, w.Writer(ctx))
		}
	}
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

// besideResults is where the results of a run go while another program keeps
// their file in place: fleet.results.run-12.csv for fleet.results.csv.
func besideResults(output string, run int64) string {
	extension := filepath.Ext(output)
	return fmt.Sprintf("%s.run-%d%s", strings.TrimSuffix(output, extension), run, extension)
}

// sayUnpublished says where the results are after publish failed.
func (j *Job) sayUnpublished(ctx context.Context, err error, unrecorded map[int]jobs.Result) {
	if errors.As(err, &unrecordedFile{}) {
		j.U.Fail(fmt.Sprintf("the results are written, but the ledger could not take note of that: %v", err),
			"keep the result file: it may hold more than the ledger")
		return
	}
	j.unwritten = true
	if n := len(unrecorded); n > 0 {
		j.U.Fail(fmt.Sprintf("the result file could not be written: %v", err), fmt.Sprintf("the ledger lacks the outcome of %s; write these down:", console.Plural(n, "row", "rows")))
		for row, rowErr := range j.file.Rows(ctx, j.survey) {
			if r, lost := unrecorded[row.Seq]; lost && rowErr == nil {
				j.U.Warn("line %d, %s: %s, request_id %s", row.Line, row.ICCID, strings.TrimSpace(fmt.Sprintf("%s %s", r.Outcome, r.Code)), r.RequestID)
			}
		}
		return
	}
	j.U.Fail(fmt.Sprintf("the result file could not be written: %v", err),
		"the ledger has every result; to write it again, where it can be: bulk runs "+fmt.Sprint(j.run.ID)+" -o FILE"+j.ledgerFlag())
}

// placedOutput is the result file that is in place; empty: there is none, or it
// went to standard output.
func (j *Job) placedOutput() string {
	if j.unwritten || j.output == "-" {
		return ""
	}
	return j.output
}
