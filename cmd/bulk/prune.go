package main

import (
	"context"
	"os"
	"path/filepath"
	"slices"
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
	dropped, needed, err := db.Prune(ctx, p.Now().Add(-age))
	if err != nil {
		return console.Broken(err)
	}
	inputs, err := batch.InputsDir(p, path)
	if err != nil {
		return err
	}
	copies, err := filepath.Glob(filepath.Join(inputs, "*.csv"))
	if err != nil {
		return console.Broken(err)
	}
	gone, err := db.DropInputs(ctx, needed)
	if err != nil {
		return console.Refused(err.Error(), "the copies of inputs in the ledger stay")
	}
	for _, file := range copies {
		digest := strings.TrimSuffix(filepath.Base(file), ".csv")
		if len(digest) == 64 && !slices.Contains(needed, digest) && os.Remove(file) == nil {
			gone++
		}
	}
	u.Say("%s and %s dropped; every irreversible act stays", console.Plural(dropped, "result", "results"), console.Plural(gone, "copy of an input", "copies of inputs"))
	return nil
}
