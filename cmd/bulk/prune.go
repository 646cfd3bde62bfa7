package main

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"bulk/internal/jobs/ledger"
)

func newPrune(p *sources, u *ui) *cobra.Command {
	var older, path string
	cmd := &cobra.Command{
		Use:     "prune",
		Short:   "Drop old results from the ledger, never the record of an irreversible act",
		Example: "  bulk runs prune --older-than 90d",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			age, err := parseAge("--older-than", older)
			if err != nil {
				return err
			}
			if path, err = p.ledgerPath(path); err != nil {
				return err
			}
			return p.prune(cmd.Context(), u, path, age)
		},
	}
	cmd.Flags().StringVar(&older, "older-than", "", "`AGE` of the runs whose results go, such as 90d or 36h")
	cmd.Flags().StringVar(&path, "ledger", "", "ledger `FILE` (bulk/ledger.db in your state directory)")
	return cmd
}

// parseAge reads 90d, 12w or a Go duration.
func parseAge(flag, text string) (time.Duration, error) {
	day := 24 * time.Hour
	for suffix, unit := range map[string]time.Duration{"d": day, "w": 7 * day} {
		if number, ok := strings.CutSuffix(text, suffix); ok {
			if n, err := strconv.Atoi(number); err == nil && n >= 0 {
				return time.Duration(n) * unit, nil
			}
		}
	}
	age, err := time.ParseDuration(text)
	if err != nil || age < 0 {
		return 0, misused("%s is an age such as 90d or 36h, not %q", flag, text)
	}
	return age, nil
}

func (p *sources) prune(ctx context.Context, u *ui, path string, age time.Duration) error {
	db, err := p.openLedger(ctx, path, ledger.Options{})
	if err != nil {
		return err
	}
	defer db.Close()
	dropped, needed, err := db.Prune(ctx, p.now().Add(-age))
	if err != nil {
		return broken(err)
	}
	copies, err := filepath.Glob(filepath.Join(inputsDir(path), "*.csv"))
	if err != nil {
		return broken(err)
	}
	gone := 0
	for _, file := range copies {
		digest := strings.TrimSuffix(filepath.Base(file), ".csv")
		if len(digest) == 64 && !slices.Contains(needed, digest) && os.Remove(file) == nil {
			gone++
		}
	}
	u.say("%s and %s dropped; every irreversible act stays", plural(dropped, "result", "results"), plural(gone, "copy of an input", "copies of inputs"))
	return nil
}
