package main

import (
	"strconv"

	"github.com/spf13/cobra"

	"bulk/cmd/bulk/batch"
	"bulk/cmd/bulk/console"
	"bulk/cmd/bulk/settings"
)

func newWait(p *settings.Sources, u *console.UI) *cobra.Command {
	s := &settings.Options{}
	cmd := &cobra.Command{
		Use:   "wait RUN",
		Short: "Wait until a run has ended, on whatever machine; its result file and exit code",
		Long: `Shows how far the run is until it ends, sums it up, and ends with its exit code, as
the command that began it does; with --output it writes the run's result file. Ctrl-C
ends the waiting, not the run.`,
		Example: `  bulk runs wait 12 -o fleet.results.csv
  bulk runs wait 12 --report night.json`,
		Args: oneInput("RUN"),
		RunE: func(cmd *cobra.Command, args []string) error {
			id, err := strconv.ParseInt(args[0], 10, 64)
			if err != nil {
				return console.Misused("%q is not the number of a run; bulk runs lists them", args[0])
			}
			if err := s.FinishWaiting(cmd); err != nil {
				return err
			}
			return batch.Wait(cmd.Context(), p, u, s, id, dispatching{p: p, u: u, at: s.Temporal}.of)
		},
	}
	f := cmd.Flags()
	f.SortFlags = false
	s.RegisterWaiting(f)
	return cmd
}
