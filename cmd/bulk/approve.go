package main

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"bulk/internal/jobs"
	"bulk/internal/jobs/ledger"
	"bulk/internal/jobs/runner"
)

// changes are the irreversible rows that would be sent, as far as can be known
// without a request, and who said yes to them.
type changes struct {
	total    int
	groups   map[string]int
	approval string // typed, --yes, --approve; empty: none needed
}

// count goes through the irreversible rows with the checks that need no
// request: the ledger, then the catalogue.
func (j *job) count(ctx context.Context) error {
	j.changes.groups = map[string]int{}
	if j.survey.Irreversible == 0 || j.kind == ledger.DryRun {
		return nil
	}
	settled := map[int]bool{}
	if j.unfinished != nil {
		var err error
		if settled, err = runner.Settled(ctx, j.db, j.unfinished.ID); err != nil {
			return refused(err.Error(), "nothing was sent")
		}
	}
	for row, err := range j.file.Rows(ctx, j.survey) {
		if err != nil {
			return broken(err)
		}
		if row.Copied || row.Fault != nil || !row.Action.Irreversible() || settled[row.Seq] {
			continue
		}
		standing, err := j.db.Standing(ctx, j.up.accounts[jobs.M2M], row.ICCID)
		if err != nil {
			return refused(err.Error(), "nothing was sent")
		}
		if jobs.Bar(standing, row.Group, j.overrides()) == nil && jobs.CheckGroups(j.catalog, row) == nil {
			j.changes.total++
			j.changes.groups[row.Group]++
		}
	}
	return nil
}

// approve gets a yes for the irreversible rows, or refuses.
func (j *job) approve(ctx context.Context) error {
	c := &j.changes
	if j.kind == ledger.Apply && j.s.approve != "" {
		if err := j.digestApproves(); err != nil {
			return err
		}
		c.approval = "--approve"
		return nil
	}
	switch {
	case c.total == 0:
		return nil
	case j.u.interactive() && j.name != "-" && !j.s.yes:
		return j.typed(ctx)
	case j.kind == ledger.Apply:
		return refused(fmt.Sprintf("the plan would change %s for good, and nobody approved it", plural(c.total, "SIM", "SIMs")),
			"look at the plan, then: "+j.again("--approve "+j.copy.Digest))
	case !j.s.yes:
		return refused(fmt.Sprintf("the input would change %s for good, and nobody is there to ask", plural(c.total, "SIM", "SIMs")),
			"to do it: --yes", "to see first what it would do: --dry-run")
	case c.total > j.s.maxChanges:
		return refused(fmt.Sprintf("the input would change %s for good, more than --max-changes %d", plural(c.total, "SIM", "SIMs"), j.s.maxChanges),
			"if that is right, give a higher --max-changes", "to see first what it would do: --dry-run")
	}
	c.approval = "--yes"
	return nil
}

// digestApproves holds --approve against the plan's bytes.
func (j *job) digestApproves() error {
	given := strings.ToLower(strings.TrimSpace(j.s.approve))
	if len(given) != 64 {
		return refused(fmt.Sprintf("--approve takes all 64 digits of the plan's SHA-256, not %d", len(given)),
			"the dry run printed it; nothing was sent")
	}
	if given != j.copy.Digest {
		return refused("the plan is not the one that was approved: its SHA-256 is "+j.copy.Digest,
			"it was edited, sorted or saved again since; make a new dry run and have that approved", "nothing was sent")
	}
	return nil
}

// typed shows what would change and asks for the number of SIMs.
func (j *job) typed(ctx context.Context) error {
	c := &j.changes
	fmt.Fprintf(j.u, "\nThis cannot be undone. %s would be given an auto-activation group on %s:\n",
		plural(c.total, "SIM", "SIMs"), j.up.accounts[jobs.M2M])
	for _, code := range slices.Sorted(maps.Keys(c.groups)) {
		fmt.Fprintf(j.u, "  %7d  into group %s%s\n", c.groups[code], code, j.groupName(code))
	}
	if j.catalog == nil {
		fmt.Fprintf(j.u, "  The groups were not checked against a catalogue (--no-group-check).\n")
	}
	answer, err := j.u.ask(ctx, "Type the number of SIMs to go on, anything else to leave: ")
	if err != nil {
		return refused("no answer: nothing was sent")
	}
	if answer != strconv.Itoa(c.total) {
		return refused("not confirmed: nothing was sent", "to see first what it would do: bulk run --dry-run")
	}
	c.approval = "typed"
	return nil
}

func (j *job) groupName(code string) string {
	if j.catalog == nil {
		return ""
	}
	if g, ok := j.catalog.Group(code); ok && g.Name != "" {
		return " (" + g.Name + ")"
	}
	return ""
}

// overrides says which done acts --again overrides.
func (j *job) overrides() jobs.Again {
	if !j.s.again {
		return jobs.Again{}
	}
	over := jobs.Again{Before: j.started}
	if j.run != nil {
		over.Run = j.run.ID
	}
	return over
}
