package main

import (
	"fmt"
	"path/filepath"
	"strconv"
	"time"

	"golang.org/x/sync/errgroup"

	"bulk/internal/jobs"
)

// pacing runs reads at several rates against upstreams that answer at once, and
// looks at when they came.
func pacing(b *bench) error {
	slow, fast := 20*time.Second, 15*time.Second
	if b.quick {
		slow, fast = 6*time.Second, 5*time.Second
	}
	// The slow ones together: they leave the machine idle.
	var group errgroup.Group
	seen := make([]arrivals, 3)
	for i, rate := range []int{1, 10, 100} {
		group.Go(func() (err error) {
			seen[i], err = b.paced(rate, slow)
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return err
	}
	for i, rate := range []int{1, 10, 100} {
		b.judgePace(rate, seen[i])
	}
	for _, rate := range []int{1000, 5000} {
		times, err := b.paced(rate, fast)
		if err != nil {
			return err
		}
		b.judgePace(rate, times)
	}
	return nil
}

// paced runs as many reads as a rate does in a time, and gives when they came.
func (b *bench) paced(rate int, length time.Duration) (arrivals, error) {
	rows := int(float64(rate) * length.Seconds())
	up, err := startUpstreams(rows, "0s")
	if err != nil {
		return nil, err
	}
	defer up.stop()
	if _, err := b.runReads(up, fmt.Sprintf("pace-%d", rate), rate, block{jobs.QueryStatus, 0, rows}); err != nil {
		return nil, err
	}
	return up.arrivals(jobs.M2M)
}

// runReads runs a file of reads at a rate, the same for both upstreams.
func (b *bench) runReads(up *upstreams, name string, rate int, blocks ...block) (usage, error) {
	input, err := b.inputFile(name+".csv", blocks...)
	if err != nil {
		return usage{}, err
	}
	perSecond := strconv.Itoa(rate)
	return b.bulkWith(up.variables(), "run", input, "--rate", "m2m="+perSecond, "--rate", "betatel="+perSecond, "--progress", "none",
		"--ledger", filepath.Join(b.folder, name+".db"), "--output", filepath.Join(b.folder, name+".results.csv"))
}

// judgePace holds the times at which requests came against a rate: 99 % of it,
// and nowhere more than it allows by more than a request or 2 %.
func (b *bench) judgePace(rate int, times arrivals) {
	at := fmt.Sprintf("%d a second", rate)
	limit := float64(rate)
	slack := max(1, 0.02*limit)
	b.table.atLeast(at+": achieved / --rate", times.perSecond()/limit, 0.99, "")
	b.table.atMost(at+": densest second, requests", float64(times.densest()), limit+slack, "")
	if rate >= 10 {
		b.table.atMost(at+": first tenth of a second, requests", float64(times.within(time.Second/10)), limit/10+slack, "")
	}
}
