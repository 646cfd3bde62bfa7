package main

import (
	"fmt"
	"path/filepath"
	"slices"
	"time"

	"bulk/internal/jobs"
)

// startup measures the processor time of the shortest commands, from exec to
// exit.
func startup(b *bench) error {
	one, err := b.inputFile("one.csv", block{jobs.QueryStatus, 0, 1})
	if err != nil {
		return err
	}
	fleet, err := b.file("one-fleet.csv", fleetWriter(1))
	if err != nil {
		return err
	}
	for _, c := range []struct {
		what string
		args []string
	}{
		{"`bulk version`: processor time, ms", []string{"version"}},
		{"`bulk run --sandbox` of one row: processor time, ms", []string{
			"run", one, "--sandbox", "--fleet", fleet, "--progress", "none", "--output", filepath.Join(b.folder, "one.results.csv"),
		}},
	} {
		var took []time.Duration
		for range 21 {
			u, err := b.bulkWith(nil, c.args...)
			if err != nil {
				return err
			}
			took = append(took, u.Processor)
		}
		// The least: whatever else the machine does only adds to it.
		b.table.atMost(c.what, slices.Min(took).Seconds()*1000, 30, fmt.Sprintf(" (least of %d; median %.1f)", len(took), median(took).Seconds()*1000))
	}
	return nil
}
