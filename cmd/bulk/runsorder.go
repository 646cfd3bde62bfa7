package main

import (
	"context"
	"fmt"
	"strconv"

	"github.com/spf13/cobra"

	"bulk/cmd/bulk/batch"
	"bulk/cmd/bulk/console"
	"bulk/cmd/bulk/ledgers"
	"bulk/cmd/bulk/settings"
	"bulk/internal/jobs/ledger"
)

// ordering is what a person wants of a run that goes on.
type ordering struct {
	speaking
	want string
	way  dispatching
}

// order makes a command that wants something of a run.
func order(p *settings.Sources, u *console.UI, want, use, short, long string) *cobra.Command {
	o := &ordering{speaking: speaking{p: p, u: u}, want: want, way: dispatching{p: p, u: u}}
	cmd := &cobra.Command{
		Use: use + " RUN", Short: short, Long: long,
		Example: fmt.Sprintf("  bulk runs %s 12 --reason CHG-1042", use),
		Args:    oneInput("RUN"),
		RunE: func(cmd *cobra.Command, args []string) error {
			id, err := strconv.ParseInt(args[0], 10, 64)
			if err != nil {
				return console.Misused("%q is not the number of a run; bulk runs lists them", args[0])
			}
			return o.do(cmd.Context(), id)
		},
	}
	o.register(cmd, "why")
	if want != batch.WantPause { // which a worker at the run hears of from the ledger
		o.way.at.Register(cmd.Flags())
	}
	return cmd
}

func newPause(p *settings.Sources, u *console.UI) *cobra.Command {
	return order(p, u, batch.WantPause, "pause", "Let a run that goes on begin no new rows, until it is continued",
		`Requests under way finish, then the run gives its account up, so that others may use
it. Its process stays and waits for bulk runs continue. It heeds within two seconds,
whichever machine this is said on, where they share the ledger.`)
}

func newContinue(p *settings.Sources, u *console.UI) *cobra.Command {
	return order(p, u, batch.WantRun, "continue", "Let a run that was paused or cancelled go on",
		`A paused run takes its account again as soon as nobody else has it, and goes on. Where
its process is gone, the command that continues it is printed (exit 4).`)
}

func newCancel(p *settings.Sources, u *console.UI) *cobra.Command {
	return order(p, u, batch.WantCancel, "cancel", "End a run: no new rows, and not again without a person's word",
		`Requests under way finish, results are written, and the run ends as by Ctrl-C. The same
input is then refused, with or without --resume, until bulk runs continue says that
it may go on, or --restart begins anew. What is done stays done.`)
}

func (o *ordering) do(ctx context.Context, id int64) error {
	db, err := o.open(ctx)
	if err != nil {
		return err
	}
	defer db.Close()
	info, err := ledgers.Run(ctx, db, id)
	if err != nil {
		return err
	}
	if info.Finished() {
		return console.Refused(fmt.Sprintf("run %d has finished", id), "nothing was changed")
	}
	if h, theirs, err := db.HandoverOf(ctx, id); err != nil {
		return console.Broken(err)
	} else if theirs {
		return o.ofWorkers(ctx, db, h)
	}
	goesOn := living(ctx, db, id)
	if o.want == batch.WantPause && !goesOn {
		return console.Refused(fmt.Sprintf("run %d does not go on: its process has ended", id), "to keep it from being resumed: bulk runs cancel "+strconv.FormatInt(id, 10), "nothing was changed")
	}
	if err := db.Want(ctx, id, o.want, o.p.User(), o.reason); err != nil {
		return o.failed(err)
	}
	switch {
	case o.want == batch.WantRun && !goesOn:
		return console.Refused(fmt.Sprintf("run %d may go on, but its process is gone", id), "continue it, with the flags that it was begun with:  "+batch.ResumeCommand(info)+o.given())
	case o.want == batch.WantRun:
		o.u.Say("run %d goes on as soon as nobody else has its account", id)
	case goesOn:
		o.u.Say("run %d begins no new rows; what is under way finishes", id)
	default:
		o.u.Say("run %d is cancelled: its input is refused until bulk runs continue %d, or --restart", id, id)
	}
	return nil
}

// ofWorkers wants something of a run that was handed to workers, whether one of them
// is at it now or not.
func (o *ordering) ofWorkers(ctx context.Context, db *ledger.DB, h ledger.Handover) error {
	open := h.Over.IsZero()
	if !open && o.want != batch.WantRun {
		return console.Refused(fmt.Sprintf("run %d has ended: %s", h.Run, h.Ending), "nothing was changed")
	}
	var by batch.Dispatcher
	var err error
	if o.want == batch.WantRun {
		if by, err = o.way.must(h); err != nil {
			return err
		}
	}
	err = db.Want(ctx, h.Run, o.want, o.p.User(), o.reason)
	switch {
	case err != nil:
	case o.want == batch.WantCancel:
		err = batch.CancelTheirs(ctx, db, h.Run)
	case !open:
		h.Waits = h.Waits && !h.Approved
		err = db.HandOver(ctx, h)
	}
	if err != nil {
		return o.failed(err)
	}
	if err := o.way.startAgain(ctx, by, db, h.Run, o.given()); err != nil {
		return err
	}
	if o.want == batch.WantCancel {
		o.way.knock(ctx, db, h)
	}
	switch {
	case o.want == batch.WantRun && h.Waits && !h.Approved:
		o.u.Say("run %d is not held back any more; it still waits for an approval: bulk runs approve %d --approve SHA256%s", h.Run, h.Run, o.given())
	case o.want == batch.WantRun:
		o.u.Say("run %d goes on as soon as a worker has its account", h.Run)
	case o.want == batch.WantPause:
		o.u.Say("run %d is paused: no worker begins new rows of it; what is under way finishes", h.Run)
	default:
		o.u.Say("run %d is cancelled: no worker begins new rows of it; what is under way finishes. Its results: bulk runs wait %d -o FILE%s", h.Run, h.Run, o.given())
	}
	return nil
}
