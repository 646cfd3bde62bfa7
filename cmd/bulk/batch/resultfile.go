package batch

import (
	"context"
	"errors"
	"io"
	"iter"
	"path/filepath"

	"bulk/internal/jobs"
	"bulk/internal/jobs/input"
	"bulk/internal/report"
	"bulk/internal/report/redact"
)

// ResultFile makes a result file: every row of the input with its result, in the
// input's order.
type ResultFile struct {
	File       *input.File
	Survey     *input.Survey
	Output     string                             // its name, which says the format
	Results    iter.Seq2[jobs.Result, error]      // in the order of the input
	unrecorded map[int]jobs.Result                // those that the ledger could not take
	lost       func(jobs.Row) (jobs.Result, bool) // of those that the ledger has forgotten; nil: it forgets none
	Rest       jobs.Result                        // of the rows without one
	Checked    bool                               // rows without one that are wrong get their fault instead
	plan       bool                               // it is the plan of a dry run
	Separator  rune                               // of a CSV for spreadsheet programs; 0: it is for all others
	Leaving    *redact.Leaving                    // what is left out; nil: nothing
	Portal     func(jobs.ICCID) string            // a SIM's page, for rows that send a person there; nil: it is not known
	Tally      *report.Tally                      // what was written
	Pictures   string                             // the folder that QR pictures are in; empty: where they were saved first
}

func (w *ResultFile) Writer(ctx context.Context) func(io.Writer) error {
	return func(to io.Writer) error { return w.To(ctx, to) }
}

func (w *ResultFile) To(ctx context.Context, to io.Writer) (err error) {
	w.Tally = report.NewTally()
	out, closeRecords, err := w.records(to)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, closeRecords()) }()
	out.Plan = w.plan
	if err := out.Header(); err != nil {
		return err
	}
	err = w.Each(ctx, func(row jobs.Row, result jobs.Result) error {
		w.Tally.Add(&row, &result)
		w.sendThere(&row, &result)
		return out.Write(&row, &result)
	})
	if err != nil {
		return err
	}
	return out.Flush()
}

// sendThere adds the SIM's page to the words of a row that somebody must look up. A
// plan has none: its bytes do not hang on the settings of who made it.
func (w *ResultFile) sendThere(row *jobs.Row, result *jobs.Result) {
	if w.plan || w.Portal == nil || row.Copied || result.Outcome != jobs.Unknown {
		return
	}
	if page := w.Portal(row.ICCID); page != "" {
		result.Description += " The SIM's page: " + page
	}
}

// Each walks over the rows and their results; it may be called again.
func (w *ResultFile) Each(ctx context.Context, see func(jobs.Row, jobs.Result) error) error {
	return w.each(ctx, func(row jobs.Row, result jobs.Result, _ string) error { return see(row, result) })
}

// each does so, and says where a row's QR picture was saved first.
func (w *ResultFile) each(ctx context.Context, see func(row jobs.Row, result jobs.Result, picture string) error) error {
	next, stop := iter.Pull2(w.Results)
	defer stop()
	recorded, err, more := next()
	for row, rowErr := range w.File.Rows(ctx, w.Survey) {
		if rowErr != nil {
			return rowErr
		}
		for more && err == nil && recorded.Seq < row.Seq {
			recorded, err, more = next()
		}
		if err != nil {
			return err
		}
		result := w.of(row, recorded, more)
		if w.Leaving != nil {
			row, result = w.Leaving.Row(row, result)
		}
		picture := result.Data.QRFile
		if w.Pictures != "" && picture != "" && !row.Copied {
			_, name := report.SplitPicture(picture)
			result.Data.QRFile = filepath.Join(w.Pictures, name)
		}
		if err := see(row, result, picture); err != nil {
			return err
		}
	}
	return nil
}

// Columns are the input's columns that are written.
func (w *ResultFile) Columns() []string {
	if w.Leaving != nil {
		return w.Leaving.Columns()
	}
	return w.File.Columns()
}

// of finds a row's result.
func (w *ResultFile) of(row jobs.Row, recorded jobs.Result, more bool) jobs.Result {
	if result, ok := w.unrecorded[row.Seq]; ok {
		return result
	}
	if more && recorded.Seq == row.Seq {
		return recorded
	}
	if w.lost != nil {
		if result, ok := w.lost(row); ok {
			return result
		}
	}
	rest := w.Rest
	rest.Seq = row.Seq
	if f := row.Fault; f != nil && w.Checked {
		rest.Outcome, rest.Code, rest.Description = f.Outcome, f.Code, f.Text
	}
	return rest
}
