package batch

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"

	"bulk/cmd/bulk/console"
	"bulk/cmd/bulk/ledgers"
	"bulk/internal/jobs"
	"bulk/internal/jobs/ledger"
	"bulk/internal/jobs/runner"
	"bulk/internal/report"
)

// credentialNames are the variables to look at when an upstream refuses the
// credentials.
var credentialNames = map[jobs.Upstream][]string{
	jobs.M2M:     {"BULK_M2M_USERNAME", "BULK_M2M_PASSWORD"},
	jobs.Betatel: {"BULK_BETATEL_API_KEY", "BULK_BETATEL_USER_ID"},
}

// refusal is an upstream that refused the credentials, and what it said.
type refusal struct {
	upstream jobs.Upstream
	words    string
	status   int // 0: a row that was not sent any more
}

// String says who refused them, in which words, and what to look at.
func (r *refusal) String() string {
	said := ""
	switch {
	case r.words != "":
		said = fmt.Sprintf(" (HTTP %d, %q)", r.status, r.words)
	case r.status != 0:
		said = fmt.Sprintf(" (HTTP %d)", r.status)
	}
	return fmt.Sprintf("%s refused the credentials%s: look at %s", r.upstream, said, strings.Join(credentialNames[r.upstream], " and "))
}

// each takes steps one after the other. One that refuses does not keep the next
// from looking for what else is in the way; any other error ends them.
func (j *Job) each(ctx context.Context, steps ...func(context.Context) error) error {
	for _, step := range steps {
		if err := j.gather(step(ctx)); err != nil {
			return err
		}
	}
	return nil
}

// gather keeps a refusal for later; any other error it gives back.
func (j *Job) gather(err error) error {
	var s *console.Stop
	if !errors.As(err, &s) || s.Code != report.ExitRefused {
		return err
	}
	if s.All != nil {
		j.refusals = append(j.refusals, s.All...)
	} else {
		j.refusals = append(j.refusals, s)
	}
	return nil
}

// refusal is all that stands in the way, as one error; nil where nothing does.
func (j *Job) refusal() error { return console.Together(j.refusals) }

// foresee adds what else would stand in the way of the irreversible rows once the
// rest is mended, as far as can be known without holding the account.
func (j *connected) foresee(ctx context.Context) {
	if j.survey.Irreversible == 0 || j.kind == ledger.DryRun {
		return
	}
	a := &approved{opened: &opened{connected: j}, kept: &runner.Kept{}, again: j.s.Again}
	most := j.survey.Irreversible
	if a.lookInto(ctx) {
		most = a.changes.total
	}
	switch {
	case j.kind == ledger.Apply && j.s.Approve != "":
		_ = j.gather(j.digestApproves())
	case most == 0, j.u.Interactive() && !j.s.Yes: // who will be asked
	case a.db != nil && a.takeRecorded(ctx) == nil && a.changes.approval != "":
	default:
		_ = j.gather(j.unapproved(most, "up to "))
	}
}

// lookInto gathers what the ledger has against the run, and counts by it what
// would be sent, where there is one and the accounts are known. What is no
// refusal is left to the next start to say.
func (j *approved) lookInto(ctx context.Context) (counted bool) {
	if _, err := os.Stat(j.ledger); err != nil || j.up == nil {
		return false
	}
	db, err := ledgers.OpenLedger(ctx, j.p, j.ledger, ledger.Options{})
	if err != nil {
		_ = j.gather(err)
		return false
	}
	j.db = db
	j.later(func() { _ = db.Close() })
	j.oneNames()
	steps := []func(context.Context) error{j.holdAgainstMarks, j.knownLedger, j.recentLedger, j.checkPlan}
	if !j.s.Resume {
		steps = append(steps, j.choose)
	}
	for _, step := range steps {
		_ = j.gather(step(ctx))
	}
	return j.count(ctx) == nil
}
