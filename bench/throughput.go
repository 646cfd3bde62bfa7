package main

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"bulk/internal/jobs"
)

// throughput holds bulk without a limit, from exec to exit, against the bare
// loop at the same upstreams, in turns.
func throughput(b *bench) error {
	reads, commands, rounds := 100_000, 60_000, 9
	if b.quick {
		reads, commands, rounds = 30_000, 20_000, 3
	}
	up, err := startUpstreams(max(reads, commands), "0s")
	if err != nil {
		return err
	}
	defer up.stop()
	catalog, err := b.catalogFile()
	if err != nil {
		return err
	}
	input, err := b.inputFile("reads.csv", block{jobs.QueryStatus, 0, reads})
	if err != nil {
		return err
	}
	if err := b.race(up, "reads without a limit", jobs.QueryStatus, input, reads, rounds, 0.75); err != nil {
		return err
	}
	if input, err = b.inputFile("commands.csv", block{jobs.SetAAGroup, 0, commands}); err != nil {
		return err
	}
	return b.race(up, "irreversible rows without a limit", jobs.SetAAGroup, input, commands, rounds, 0.4, unattended(catalog, commands)...)
}

// race runs the bare loop and bulk in turns, each run of bulk held against the
// mean of the bare loops before and after it, so that a machine that gets slower
// or faster meanwhile favours neither; it takes the median of the ratios.
func (b *bench) race(up *upstreams, what string, action jobs.Action, input string, rows, rounds int, bound float64, flags ...string) error {
	before, err := b.bareRate(up, action, rows)
	if err != nil {
		return err
	}
	var ratios, rates, bares []float64
	for range rounds {
		rate, err := b.bulkRate(up, input, rows, flags...)
		if err != nil {
			return err
		}
		after, err := b.bareRate(up, action, rows)
		if err != nil {
			return err
		}
		bare := (before + after) / 2
		rates, bares, ratios = append(rates, rate), append(bares, bare), append(ratios, rate/bare)
		before = after
	}
	b.table.atLeast(what+": rows a second / a bare loop's", median(ratios), bound, fmt.Sprintf(" (%.0f of %.0f; of %d rounds the lowest %.2f, the highest %.2f)",
		median(rates), median(bares), rounds, slices.Min(ratios), slices.Max(ratios)))
	return nil
}

func (b *bench) bareRate(up *upstreams, action jobs.Action, rows int) (float64, error) {
	cmd := helper("bare", "-addr", up.addr, "-rows", strconv.Itoa(rows), "-action", string(action))
	cmd.Stderr = os.Stderr
	cmd.Env = append(cmd.Env, b.collector()...)
	out, err := cmd.Output()
	if err != nil {
		return 0, fmt.Errorf("the bare loop: %w", err)
	}
	took, err := strconv.ParseFloat(strings.TrimSpace(string(out)), 64)
	return float64(rows) / took, err
}

func (b *bench) bulkRate(up *upstreams, input string, rows int, flags ...string) (float64, error) {
	return b.bulkRateBy(up, filepath.Join(b.folder, "throughput.db"), input, rows, flags...)
}

// bulkRateBy is bulk's rate by a ledger that nothing was written into yet.
func (b *bench) bulkRateBy(up *upstreams, ledger, input string, rows int, flags ...string) (float64, error) {
	marks := filepath.Join(b.folder, "throughput.marks")
	args := append([]string{"run", input, "--rate", "m2m=0", "--progress", "none", "--ledger", ledger, "--mark-dir", marks,
		"--output", filepath.Join(b.folder, "throughput.csv")}, flags...)
	u, err := b.bulkWith(append(up.variables(), b.collector()...), args...)
	if err != nil {
		return 0, err
	}
	// The next run has a ledger of its own, and no mark says that there was one.
	for _, path := range []string{ledger, ledger + "-journal", ledger + ".d", marks} {
		if err := os.RemoveAll(path); err != nil {
			return 0, err
		}
	}
	return float64(rows) / u.Wall.Seconds(), nil
}

// collector sets the garbage collector the same for both.
func (b *bench) collector() []string {
	if set := os.Getenv("GOGC"); set != "" {
		return nil // ours is theirs
	}
	return []string{"GOGC=100"}
}
