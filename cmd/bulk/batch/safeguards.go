package batch

import (
	"fmt"

	"bulk/internal/jobs/runner"
)

// off lists in words what is off in the run, limits that its rows cannot reach
// included.
func (j *loaded) off() []string {
	failures, refusals := j.s.Checked.Failures, j.s.Checked.Refusals
	said := j.p.SaidOff(j.survey.Irreversible)
	if p := j.s.Checked.Preflight; p.Status != p.Contract && j.survey.Irreversible > 0 {
		said = append(said, map[bool]string{true: "contracts are not asked for", false: "SIMs' status is not asked for"}[p.Status]+" before SIMs are changed (--preflight)")
	}
	if why := unreachable(failures, j.survey.Selected); why != "" {
		said = append(said, fmt.Sprintf("failures do not end the run (--max-failures %s%s)", j.s.MaxFailures, why))
	}
	if why := unreachable(refusals, j.survey.Irreversible); why != "" {
		said = append(said, fmt.Sprintf("refusals do not end the run (--max-refusals %s%s)", j.s.MaxRefusals, why))
	}
	return said
}

// manyRows is how many rows a run must have for a limit that they cannot reach to
// be worth a word: one for a large file may stand in the settings of small ones.
const manyRows = 50

// unreachable says why a limit never ends a run of so many rows; empty: it may.
func unreachable(l runner.Limit, rows int) string {
	switch {
	case rows < manyRows:
	case l.Share == 1:
		return ", of all rows"
	case l.Count > rows:
		return fmt.Sprintf(", of %d rows", rows)
	}
	return ""
}
