package main

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"

	"bulk/internal/jobs"
)

// profile writes CPU and heap profiles of two runs without a limit, of reads
// and of irreversible rows, and says where they are.
func profile(b *bench, into string, say io.Writer) error {
	const rows = 200_000
	if err := os.MkdirAll(into, 0o755); err != nil {
		return err
	}
	up, err := startUpstreams(rows, "0s")
	if err != nil {
		return err
	}
	defer up.stop()
	catalog, err := b.catalogFile()
	if err != nil {
		return err
	}
	for _, kind := range []struct {
		name   string
		action jobs.Action
		rows   int
		flags  []string
	}{
		{"reads", jobs.QueryStatus, rows, nil},
		{"commands", jobs.SetAAGroup, rows / 2, unattended(catalog, rows/2)},
	} {
		input, err := b.inputFile(kind.name+".csv", block{kind.action, 0, kind.rows})
		if err != nil {
			return err
		}
		cpu, heap := filepath.Join(into, kind.name+".cpu.pprof"), filepath.Join(into, kind.name+".heap.pprof")
		u, err := b.bulkWith(append(up.variables(), "BULK_CPUPROFILE="+cpu, "BULK_HEAPPROFILE="+heap), append([]string{
			"run", input, "--rate", "m2m=0", "--progress", "none", "--ledger", filepath.Join(b.folder, kind.name+".db"),
			"--output", filepath.Join(b.folder, kind.name+".results.csv")}, kind.flags...)...)
		if err != nil {
			return err
		}
		fmt.Fprintf(say, "%s: %d rows in %.1f s; look at it with\n  go tool pprof -http=: %s\n  go tool pprof -http=: -sample_index=alloc_space %s\n",
			kind.name, kind.rows, u.Wall.Seconds(), cpu, heap)
	}
	return nil
}

// unattended are the flags of a run of irreversible rows that asks nobody and
// makes no live checks.
func unattended(catalog string, rows int) []string {
	return []string{"--catalog", catalog, "--preflight", "none", "--yes", "--new-ledger", "--max-changes", strconv.Itoa(rows),
		"--max-in-doubt", "0"} // else it, and not bulk, would set the speed
}
