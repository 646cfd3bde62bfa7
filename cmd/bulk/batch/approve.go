package batch

import (
	"context"
	"fmt"
	"strings"

	"bulk/cmd/bulk/console"
	"bulk/internal/jobs"
	"bulk/internal/jobs/ledger"
	"bulk/internal/jobs/runner"
)

// approve chooses the run, counts what it would change, and gets a yes for that.
// All that is in the way is said at once.
func (j *opened) approve(ctx context.Context) (*approved, error) {
	a := &approved{opened: j, kept: &runner.Kept{}, again: j.s.Again}
	if err := j.each(ctx, j.checkPlan, a.choose, a.fetchCatalog, a.count, a.canaryIsHeeded, a.agree); err != nil {
		return nil, err
	}
	return a, j.refusal()
}

// count goes through the irreversible rows with the checks that need no
// request: the ledger, then the catalogue.
func (j *approved) count(ctx context.Context) error {
	j.changes.groups, j.changes.first = map[string]int{}, map[string][]lineSIM{}
	if j.unfinished != nil {
		var err error
		if j.kept, err = j.keep(ctx); err != nil {
			return console.Refused(err.Error(), "nothing was sent")
		}
	}
	if j.survey.Irreversible == 0 || j.kind == ledger.DryRun && j.again == 0 {
		return j.exactly()
	}
	account := j.up.accounts[jobs.M2M]
	sent := func(row *jobs.Row) bool {
		return !row.Copied && row.Fault == nil && row.Action.Irreversible() && !j.kept.Rows.Has(row.Seq)
	}
	for row, err := range j.db.Foreseeing(ctx, account, j.file.Rows(ctx, j.survey), sent) {
		if err != nil {
			return console.Broken(err)
		}
		if !sent(&row) {
			continue
		}
		standing, err := j.db.Standing(ctx, account, row.ICCID)
		if err != nil {
			return console.Refused(err.Error(), "nothing was sent")
		}
		if standing.Blocks(row.ICCID, row.Group, j.overrides()) == nil && jobs.CheckGroups(j.catalog, row) == nil {
			// Without a catalogue nobody knows what kind of group it is.
			j.changes.add(&row, standing, row.CurrentGroup != "" && j.catalog != nil)
		}
	}
	err := j.exactly()
	if j.kind == ledger.DryRun { // which changes nothing
		j.changes = changes{}
	}
	return err
}

// agree gets a yes for the irreversible rows, or refuses. Nobody is asked where
// something else stands in the way.
func (j *approved) agree(ctx context.Context) error {
	c := &j.changes
	if j.theirs {
		return nil // they go by what was approved when it was handed over
	}
	if j.kind == ledger.Apply && j.s.Approve != "" {
		if err := j.digestApproves(); err != nil {
			return err
		}
		c.approval = "--approve"
		return nil
	}
	if c.total > 0 {
		if err := j.takeRecorded(ctx); err != nil {
			return err
		}
	}
	switch {
	case c.total == 0 || c.approval != "":
		return nil
	case j.u.Interactive() && !j.s.Yes && j.refusals != nil:
		return nil
	case j.u.Interactive() && !j.s.Yes:
		return j.typed(ctx)
	}
	if j.mayWait() {
		c.waits = true
		return nil
	}
	c.approval = "--yes"
	return j.unapproved(c.total, "")
}

// unapproved refuses so many irreversible rows where nobody is asked and nobody
// has said yes to them; nil: somebody has.
func (j *Job) unapproved(sims int, upTo string) error {
	change := "would change " + upTo + Counted(sims) + " for good"
	switch {
	case j.kind == ledger.Apply:
		return console.Refused("the plan "+change+", and nobody approved it",
			"has somebody looked at it? where it was read, bulk runs approve says so; or the SHA-256 that the dry run printed, here: --approve")
	case !j.s.Yes:
		return console.Refused("the input "+change+", and nobody is there to ask",
			"has somebody looked at what it would do (--dry-run)? --yes says so, for at most --max-changes")
	case sims > j.s.MaxChanges:
		return console.Refused(fmt.Sprintf("the input %s, more than --max-changes %d", change, j.s.MaxChanges),
			"is it the right file, and are so many meant? a higher --max-changes says so; --dry-run shows first what it would do")
	}
	return nil
}

// digestApproves holds --approve against the plan's bytes.
func (j *loaded) digestApproves() error {
	given, err := WholeDigest(j.s.Approve, "nothing was sent")
	if err != nil {
		return err
	}
	if given != j.copy.Digest {
		return console.Refused(fmt.Sprintf("the plan is not the one that was approved: its SHA-256 begins with %s, the approved one with %s", j.copy.Digest[:12], given[:12]),
			"was it edited, sorted or saved again since? make a new dry run and have that approved", "nothing was sent")
	}
	return nil
}

// takeRecorded takes the approval of a plan that was recorded where it was read.
func (j *approved) takeRecorded(ctx context.Context) error {
	if j.kind != ledger.Apply {
		return nil
	}
	a, run, found, err := j.db.PlanApproval(ctx, j.copy.Digest)
	if err != nil {
		return console.Refused(err.Error(), "nothing was sent")
	}
	if found {
		who := strings.TrimPrefix(a.How, "bulk runs approve") // it was said for, if there is somebody
		// With its time: the ledger and reports have that of the application besides.
		j.changes.approval, j.changes.recorded = fmt.Sprintf("bulk runs approve %d on %s%s", run, console.UTC(a.At), who), a
		j.u.Say("the plan was approved by %s on %s (dry run %d%s)%s", a.User, console.UTC(a.At), run, who, reasonOf(a.Reason))
	}
	return nil
}

func reasonOf(reason string) string {
	if reason == "" {
		return ""
	}
	return ": " + reason
}

// WholeDigest reads a SHA-256 as a person gives it.
func WholeDigest(text, nothing string) (string, error) {
	given := strings.ToLower(strings.TrimSpace(text))
	if len(given) != 64 || strings.Trim(given, "0123456789abcdef") != "" {
		return "", console.Refused(fmt.Sprintf("--approve takes all 64 digits of the plan's SHA-256, not %q", given), "the dry run printed it; "+nothing)
	}
	return given, nil
}
