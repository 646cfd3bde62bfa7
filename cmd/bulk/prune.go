package main

import (
	"context"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"bulk/cmd/bulk/batch"
	"bulk/cmd/bulk/console"
	"bulk/cmd/bulk/ledgers"
	"bulk/cmd/bulk/settings"
	"bulk/internal/jobs/ledger"
)

func newPrune(p *settings.Sources, u *console.UI) *cobra.Command {
	var older, path string
	cmd := &cobra.Command{
		Use:     "prune",
		Short:   "Drop old results from the ledger, never the record of an irreversible act",
		Example: "  bulk runs prune --older-than 90d",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			age, err := settings.ParseAge("--older-than", older)
			if err != nil {
				return err
			}
			if age == 0 && !strings.HasPrefix(older, "0s") { // a slip of the hand; 0s is meant
				return console.Misused("--older-than %s would drop every result; 0s says so, 90d is usual", older)
			}
			if path, err = p.LedgerPath(path); err != nil {
				return err
			}
			return prune(cmd.Context(), p, u, path, age)
		},
	}
	cmd.Flags().StringVar(&older, "older-than", "", "`AGE` of the runs whose results go, such as 90d or 36h")
	cmd.Flags().StringVar(&path, "ledger", "", settings.LedgerUsage)
	return cmd
}

func prune(ctx context.Context, p *settings.Sources, u *console.UI, path string, age time.Duration) error {
	db, err := ledgers.OpenLedger(ctx, p, path, ledger.Options{})
	if err != nil {
		return err
	}
	defer db.Close()
	dropped, copies, err := batch.Prune(ctx, p, db, age)
	if err != nil {
		return console.Refused(err.Error(), "what was not dropped stays; every irreversible act does")
	}
	u.Say("%s and %s dropped; every irreversible act stays", console.Plural(dropped, "result", "results"), console.Plural(copies, "copy of an input", "copies of inputs"))
	return nil
}
