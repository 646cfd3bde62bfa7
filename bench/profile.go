package main

import (
	"fmt"
	"os"
	"path/filepath"

	"bulk/internal/jobs"
)

// profile writes a CPU and a heap profile of a run of reads without a limit.
func profile(b *bench, into string) error {
	const rows = 200_000
	if err := os.MkdirAll(into, 0o755); err != nil {
		return err
	}
	up, err := startUpstreams(rows, "0s")
	if err != nil {
		return err
	}
	defer up.stop()
	input, err := b.inputFile("profile.csv", block{jobs.QueryStatus, 0, rows})
	if err != nil {
		return err
	}
	cpu, heap := filepath.Join(into, "cpu.pprof"), filepath.Join(into, "heap.pprof")
	u, err := b.bulkWith(append(up.variables(), "BULK_CPUPROFILE="+cpu, "BULK_HEAPPROFILE="+heap),
		"run", input, "--rate", "m2m=0", "--progress", "none", "--ledger", filepath.Join(b.folder, "profile.db"),
		"--output", filepath.Join(b.folder, "profile.results.csv"))
	if err != nil {
		return err
	}
	fmt.Printf("%d rows in %.1f s; look at it with\n  go tool pprof -http=: %s\n  go tool pprof -http=: -sample_index=alloc_space %s\n",
		rows, u.Wall.Seconds(), cpu, heap)
	return nil
}
