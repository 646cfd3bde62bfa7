package batch

import (
	"log/slog"
	"sync/atomic"

	"bulk/internal/jobs"
	"bulk/internal/report"
)

// namedRows are the rows that the log names as they end: the first that are
// unknown, drifted or failed.
type namedRows struct {
	seen   atomic.Int64
	portal func(jobs.ICCID) string // a SIM's page; nil: it is not known
}

// see logs a row if it is one of them. It may be called by many at once.
func (n *namedRows) see(log *slog.Logger, row *jobs.Row, result *jobs.Result) {
	if !report.Named(result.Outcome) {
		return
	}
	switch seen := n.seen.Add(1); {
	case seen <= report.MostNamed:
		r := report.Name(row, result)
		words := []any{"line", r.Line, "iccid", r.ICCID, "action", r.Action, "error_code", r.Code, "reason", r.Reason}
		if n.portal != nil && n.portal(r.ICCID) != "" {
			words = append(words, "portal_url", n.portal(r.ICCID))
		}
		log.Warn("row "+string(r.Outcome), words...)
	case seen == report.MostNamed+1:
		log.Warn("more rows are unknown, drifted or failed: they are in the result file, and counted at the end")
	}
}
