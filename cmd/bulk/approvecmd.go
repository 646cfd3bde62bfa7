package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"bulk/cmd/bulk/batch"
	"bulk/cmd/bulk/console"
	"bulk/cmd/bulk/ledgers"
	"bulk/cmd/bulk/settings"
	"bulk/internal/jobs"
	"bulk/internal/jobs/ledger"
)

// approving records somebody's yes to a plan, where it was read.
type approving struct {
	p                          *settings.Sources
	u                          *console.UI
	ledger, digest, reason, by string
	way                        dispatching
}

func newApprove(p *settings.Sources, u *console.UI) *cobra.Command {
	a := &approving{p: p, u: u, way: dispatching{p: p, u: u}}
	cmd := &cobra.Command{
		Use:   "approve RUN",
		Short: "Say yes to the plan that a dry run wrote, where it was read",
		Long: `Writes down in the ledger that the plan of a dry run was approved. RUN is the dry
run's number, and --approve takes the plan's SHA-256 as the dry run printed it, so
that the yes is a yes to those bytes. bulk apply then takes that plan, and no other,
without --approve; where it was handed to workers already, they begin. The digest is
to come from where the plan was read, never from the machine that applies it. RUN may
also be a run that was handed over and waits for its approval: then it takes the
SHA-256 of its input.`,
		Example: `  bulk runs approve 12 --approve SHA256 --reason CHG-1042
  bulk apply fleet.plan.csv --catalog groups.csv`,
		Args: oneInput("RUN"),
		RunE: func(cmd *cobra.Command, args []string) error { return a.do(cmd.Context(), args[0]) },
	}
	f := cmd.Flags()
	f.SortFlags = false
	f.StringVar(&a.digest, "approve", "", "the plan's `SHA-256`, all 64 digits, as the dry run printed it")
	f.StringVar(&a.by, "approved-by", "", "`NAME` of who approved it, where that is not you")
	f.StringVar(&a.reason, "reason", "", "`TEXT` kept in the ledger with the approval")
	f.StringVar(&a.ledger, "ledger", "", settings.LedgerUsage)
	a.way.at.Register(f)
	return cmd
}

func (a *approving) do(ctx context.Context, run string) error {
	id, err := strconv.ParseInt(run, 10, 64)
	if err != nil {
		return console.Misused("%q is not the number of a run; bulk runs lists them", run)
	}
	if a.digest == "" {
		return console.Misused("--approve SHA-256 is missing: the dry run printed it")
	}
	path, err := a.p.LedgerPath(a.ledger)
	if err != nil {
		return err
	}
	db, err := ledgers.OpenInUse(ctx, a.p, path)
	if err != nil {
		return err
	}
	defer db.Close()
	if h, theirs, err := db.HandoverOf(ctx, id); err != nil {
		return console.Refused(err.Error(), "nothing was approved")
	} else if theirs {
		return a.handedOver(ctx, db, h)
	}
	info, err := a.plan(ctx, db, id)
	if err != nil {
		return err
	}
	sims := info.Tally[jobs.Planned]
	groups, err := plannedGroups(ctx, a.p, db, info)
	if err != nil {
		return err
	}
	err = db.Approve(ctx, id, ledger.Approval{
		User: a.p.User(), How: batch.ForWhom("bulk runs approve", a.by), Digest: info.OutputDigest, SIMs: sims, Groups: groups, Reason: a.reason,
	})
	if err != nil {
		return console.Refused(err.Error(), "nothing was approved")
	}
	a.u.Say("the plan of run %d is approved: %s%s", id, batch.Counted(sims), intoGroups(groups))
	return a.waiting(ctx, db, info.OutputDigest)
}

// waiting says the same yes to the runs that were handed over with the plan before it
// was approved, and wait for that.
func (a *approving) waiting(ctx context.Context, db *ledger.DB, digest string) error {
	open, err := db.HandedOver(ctx)
	if errors.Is(err, ledger.ErrNoWorkers) {
		return nil
	}
	for _, h := range open {
		info, _, runErr := db.Run(ctx, h.Run)
		if runErr != nil {
			return console.Broken(runErr, fmt.Sprintf("whether run %d of that plan waits was not looked at: bulk runs approve %d", h.Run, h.Run))
		}
		if info.Kind == ledger.Apply && info.Digest == digest && h.Waits && !h.Approved {
			if err := a.handedOver(ctx, db, h); err != nil {
				return err
			}
		}
	}
	return err
}

// handedOver is a yes to a run that waits for it before workers begin.
func (a *approving) handedOver(ctx context.Context, db *ledger.DB, h ledger.Handover) error {
	info, found, err := db.Run(ctx, h.Run)
	if err != nil || !found {
		return console.Refused(fmt.Sprintf("run %d cannot be read: %v", h.Run, err), "nothing was approved")
	}
	given, err := batch.WholeDigest(a.digest, "nothing was approved")
	switch {
	case err != nil:
		return err
	case !h.Over.IsZero():
		return console.Refused(fmt.Sprintf("run %d has ended", h.Run), "nothing was approved")
	case !h.Waits:
		return console.Refused(fmt.Sprintf("run %d was approved when it was handed over", h.Run), "nothing was approved")
	case given != info.Digest:
		return console.Refused(fmt.Sprintf("that is not the SHA-256 of the file of run %d: that begins with %s, not with %s", h.Run, info.Digest[:12], given[:12]),
			"is it the right run? was the file edited, sorted or saved again since?", "nothing was approved")
	}
	sims, groups, err := batch.WouldChange(ctx, a.p, db, info)
	if err != nil {
		return err
	}
	err = db.Approve(ctx, h.Run, ledger.Approval{User: a.p.User(), How: batch.ForWhom("bulk runs approve", a.by), Digest: info.Digest, SIMs: sims, Groups: groups, Reason: a.reason})
	if err != nil {
		return console.Refused(err.Error(), "nothing was approved")
	}
	a.way.knock(ctx, db, h)
	a.u.Say("run %d is approved: %s%s; a worker goes on with it", h.Run, batch.Counted(sims), intoGroups(groups))
	return nil
}

// plan finds the dry run, and holds the digest against its plan's.
func (a *approving) plan(ctx context.Context, db *ledger.DB, id int64) (ledger.RunInfo, error) {
	info, found, err := db.Run(ctx, id)
	switch {
	case err != nil:
		return info, console.Refused(err.Error(), "nothing was approved")
	case !found:
		return info, console.Refused(fmt.Sprintf("the ledger has no run %d", id), "is --ledger the one of the dry run? bulk runs lists what it has")
	case info.Kind != ledger.DryRun:
		return info, console.Refused(fmt.Sprintf("run %d is no dry run, so it wrote no plan", id), "which dry run was meant? bulk runs lists them")
	case info.OutputDigest == "" || info.PublishedAt.IsZero():
		return info, console.Refused(fmt.Sprintf("dry run %d has put no plan in place", id), "did it end? bulk runs shows how it stands")
	case info.Tally[jobs.Planned] == 0:
		return info, console.Refused(fmt.Sprintf("the plan of run %d has no planned rows: there is nothing to approve", id))
	}
	given, err := batch.WholeDigest(a.digest, "nothing was approved")
	if err != nil {
		return info, err
	}
	if given != info.OutputDigest {
		return info, console.Refused(fmt.Sprintf("that is not the SHA-256 of the plan that run %d wrote: that begins with %s, not with %s", id, info.OutputDigest[:12], given[:12]),
			"is it the right run? was the plan edited, sorted or saved again since?", "nothing was approved")
	}
	return info, nil
}

// plannedGroups counts the planned rows of a dry run by group; nil where the copy
// of its input has been dropped.
func plannedGroups(ctx context.Context, p *settings.Sources, db *ledger.DB, info ledger.RunInfo) (map[string]int, error) {
	w, done, err := batch.KeptRun(ctx, p, db, info)
	if err != nil {
		return nil, nil // the number of SIMs is known without it
	}
	defer done()
	groups := map[string]int{}
	err = w.Each(ctx, func(row jobs.Row, result jobs.Result) error {
		if !row.Copied && result.Outcome == jobs.Planned {
			groups[row.Group]++
		}
		return nil
	})
	if err != nil {
		return nil, console.Broken(err)
	}
	return groups, nil
}

func intoGroups(groups map[string]int) string {
	var parts []string
	for _, code := range slices.Sorted(maps.Keys(groups)) {
		parts = append(parts, fmt.Sprintf("%d into %s", groups[code], code))
	}
	if parts == nil {
		return ""
	}
	return ", " + strings.Join(parts, ", ")
}
