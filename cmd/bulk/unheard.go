package main

import (
	"context"

	"github.com/spf13/cobra"

	"bulk/cmd/bulk/batch"
	"bulk/cmd/bulk/console"
	"bulk/cmd/bulk/settings"
	"bulk/internal/jobs/ledger"
)

// tellUnheard tells who is to hear of every end that a run was refused before it was
// known what is asked for: by a flag that does not exist, an input too many, a settings
// file that cannot be read.
func tellUnheard(ctx context.Context, p *settings.Sources, u *console.UI, cmd *cobra.Command, err error) {
	kinds := map[string]ledger.Kind{"run": ledger.Real, "apply": ledger.Apply}
	kind, runs := kinds[cmd.Name()]
	if err == nil || !runs || p.Tells || cmd.Parent() != cmd.Root() {
		return
	}
	s := &settings.Options{}
	input := s.Overhear(p, cmd)
	if s.DryRun {
		kind = ledger.DryRun
	}
	batch.New(p, u, s, kind, input).DidNotRun(ctx, err)
}
