package main

import (
	"context"
	"errors"
	"io"
	"iter"

	"bulk/internal/jobs"
	"bulk/internal/jobs/input"
	"bulk/internal/report"
)

// resultFile makes a result file: every row of the input with its result, in the
// input's order.
type resultFile struct {
	file       *input.File
	survey     *input.Survey
	output     string                        // its name, which says the format
	results    iter.Seq2[jobs.Result, error] // in the order of the input
	unrecorded map[int]jobs.Result           // those that the ledger could not take
	rest       jobs.Result                   // of the rows without one
	checked    bool                          // rows without one that are wrong get their fault instead
	plan       bool                          // it is the plan of a dry run
	tally      *report.Tally                 // what was written
}

func (w *resultFile) writer(ctx context.Context) func(io.Writer) error {
	return func(to io.Writer) error { return w.to(ctx, to) }
}

func (w *resultFile) to(ctx context.Context, to io.Writer) (err error) {
	w.tally = report.NewTally()
	out, closeRecords, err := w.records(to)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, closeRecords()) }()
	out.Plan = w.plan
	if err := out.Header(); err != nil {
		return err
	}
	err = w.each(ctx, func(row jobs.Row, result jobs.Result) error {
		w.tally.Add(&row, &result)
		return out.Write(&row, &result)
	})
	if err != nil {
		return err
	}
	return out.Flush()
}

// each walks over the rows and their results; it may be called again.
func (w *resultFile) each(ctx context.Context, see func(jobs.Row, jobs.Result) error) error {
	next, stop := iter.Pull2(w.results)
	defer stop()
	recorded, err, more := next()
	for row, rowErr := range w.file.Rows(ctx, w.survey) {
		if rowErr != nil {
			return rowErr
		}
		for more && err == nil && recorded.Seq < row.Seq {
			recorded, err, more = next()
		}
		if err != nil {
			return err
		}
		if err := see(row, w.of(row, recorded, more)); err != nil {
			return err
		}
	}
	return nil
}

// of finds a row's result.
func (w *resultFile) of(row jobs.Row, recorded jobs.Result, more bool) jobs.Result {
	if result, ok := w.unrecorded[row.Seq]; ok {
		return result
	}
	if more && recorded.Seq == row.Seq {
		return recorded
	}
	rest := w.rest
	rest.Seq = row.Seq
	if f := row.Fault; f != nil && w.checked {
		rest.Outcome, rest.Code, rest.Description = f.Outcome, f.Code, f.Text
	}
	return rest
}
