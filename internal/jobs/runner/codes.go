package runner

import (
	"context"
	"fmt"
	"iter"

	"bulk/internal/jobs"
	"bulk/internal/jobs/activation"
)

// compareCodes holds the activation codes that the two upstreams gave for a SIM
// against each other, once all rows have been done: where they differ, every row
// that has one is drift. A row that an earlier start of the run left so, and whose
// codes agree now, is held against its own expectation again.
func (r *Runner) compareCodes(ctx context.Context) error {
	if r.Survey.ByAction[jobs.QueryQRInfo] == 0 || r.Survey.ByAction[jobs.GetQRCode]+r.Survey.ByAction[jobs.GetEUICCProfile] == 0 {
		return nil
	}
	seen := map[jobs.SIM]*codes{}
	differ := false // some SIM's codes do, or did
	err := r.coded(ctx, func(row *jobs.Row, result *jobs.Result) error {
		sim := row.ICCID.SIM()
		if seen[sim] == nil {
			seen[sim] = &codes{}
		}
		differ = seen[sim].add(row.Action.Upstream(), r.codeOf(result)) || result.Code == jobs.QRDiffers || differ
		return nil
	})
	if err != nil || !differ {
		return err
	}
	return r.coded(ctx, func(row *jobs.Row, result *jobs.Result) error {
		now := *result
		if seen[row.ICCID.SIM()].differ {
			differs(&now)
		} else if result.Code == jobs.QRDiffers {
			jobs.Judge(&now, row)
		}
		if now.Outcome != result.Outcome || now.Code != result.Code {
			r.book.amend(row, result, &now)
		}
		return nil
	})
}

// codes are the activation codes of one SIM.
type codes struct {
	of     map[jobs.Upstream]activation.Code // the first that each upstream gave
	differ bool
}

// add notes a code, if it is one, and reports whether the SIM's codes differ.
func (c *codes) add(from jobs.Upstream, text string) bool {
	code, err := activation.Parse(text)
	if err != nil {
		return c.differ
	}
	if _, known := c.of[from]; !known {
		if c.of == nil {
			c.of = map[jobs.Upstream]activation.Code{}
		}
		c.of[from] = code
	}
	for _, other := range c.of {
		c.differ = c.differ || !code.Same(other)
	}
	return c.differ
}

// codeOf is the activation code that a row came to, completed; empty: it has none.
func (r *Runner) codeOf(result *jobs.Result) string {
	switch result.Action {
	case jobs.QueryQRInfo:
		return activation.Complete(result.Data.QRCode)
	case jobs.GetEUICCProfile:
		return activation.Complete(result.Data.ActivationCode)
	}
	png, err := r.Deps.Pictures.Load(result.Data.QRFile)
	if err != nil {
		return "" // somebody took it away
	}
	text, err := r.Deps.Pictures.Read(png)
	if err != nil {
		return ""
	}
	return text
}

// differs makes a row one whose code is not that of the other upstream.
func differs(result *jobs.Result) {
	why := jobs.Reason{Code: jobs.QRDiffers}
	was := ""
	if result.Outcome == jobs.Drift && result.Code != jobs.QRDiffers {
		was = " " + result.Description
	}
	result.Outcome, result.Code, result.Description, result.Cause = jobs.Drift, why.Code, why.String()+was, why.Cause()
}

// coded calls each for every row that was read and may have an activation code,
// of SIMs that have several rows, in the order of the file.
func (r *Runner) coded(ctx context.Context, each func(*jobs.Row, *jobs.Result) error) error {
	if err := r.DB.Flush(ctx); err != nil {
		return err
	}
	next, stop := iter.Pull2(r.Run.Results(ctx))
	defer stop()
	result, err, more := next()
	for row, rowErr := range r.File.Rows(ctx, r.Survey) {
		for more && err == nil && result.Seq < row.Seq {
			result, err, more = next()
		}
		switch {
		case rowErr != nil:
			return fmt.Errorf("reading the input: %w", rowErr)
		case err != nil || !more:
			return err
		case result.Seq != row.Seq || !row.Ordered || result.Outcome != jobs.OK && result.Outcome != jobs.Drift:
			continue
		}
		if result.Action == jobs.GetEUICCProfile || result.Data.QRFile != "" {
			if err := each(&row, &result); err != nil {
				return err
			}
		}
	}
	return nil
}
