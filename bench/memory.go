package main

import (
	"fmt"
	"os"
	"path/filepath"

	"bulk/internal/jobs"
)

// bounds of the peak resident memory, in MB (millions of bytes), by rows.
var memoryBounds = map[int]float64{100_000: 64, 1_000_000: 96, 10_000_000: 320}

// memory measures the peak resident memory of check and run, as wait4 tells it.
func memory(b *bench) error {
	checks, runs := []int{100_000, 1_000_000, 10_000_000}, []int{100_000, 1_000_000}
	if b.quick {
		checks, runs = checks[:2], runs[:1]
	}
	for _, rows := range checks {
		if err := b.memoryOf(rows, nil, "check"); err != nil {
			return err
		}
	}
	up, err := startUpstreams(runs[len(runs)-1], "0s")
	if err != nil {
		return err
	}
	defer up.stop()
	for _, rows := range runs {
		ledger := filepath.Join(b.folder, fmt.Sprintf("memory-%d.db", rows))
		err := b.memoryOf(rows, up.variables(), "run", "--rate", "m2m=0", "--progress", "none", "--ledger", ledger)
		if err != nil {
			return err
		}
	}
	return nil
}

func (b *bench) memoryOf(rows int, variables []string, args ...string) error {
	path, err := b.inputFile("memory.csv", block{jobs.QueryStatus, 0, rows})
	if err != nil {
		return err
	}
	output := filepath.Join(b.folder, "memory.results.csv")
	u, err := b.bulkWith(variables, append(args, path, "--output", output)...)
	if err != nil {
		return err
	}
	b.table.atMost(fmt.Sprintf("`bulk %s`, %s rows: peak resident, MB", args[0], thousands(rows)),
		float64(u.Peak)/1e6, memoryBounds[rows], fmt.Sprintf(" (in %.1f s)", u.Wall.Seconds()))
	_ = os.Remove(output)
	return os.Remove(path)
}

func thousands(n int) string {
	if n >= 1_000_000 {
		return fmt.Sprintf("%d million", n/1_000_000)
	}
	return fmt.Sprintf("%d,000", n/1000)
}
