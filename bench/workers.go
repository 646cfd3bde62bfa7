package main

import (
	"fmt"
	"time"

	"golang.org/x/sync/errgroup"

	"bulk/internal/jobs"
	"bulk/internal/upstream/sandbox"
)

// change is a latency that begins so long after the start.
type change struct {
	after   time.Duration
	latency string
}

// latencyRun is a run of reads against upstreams of some latency.
type latencyRun struct {
	what    string
	latency string
	changes []change
	length  time.Duration
	needed  float64 // requests in flight: the rate times the longest latency

	times arrivals
	stats sandbox.Stats
}

const workersRate = 400

// workers looks at how --workers auto follows the latency, and at two upstreams
// in one file.
func workers(b *bench) error {
	unit := 5 * time.Second
	if b.quick {
		unit = 3 * time.Second
	}
	runs := []*latencyRun{
		{what: "5 ms", latency: "5ms", length: 3 * unit, needed: workersRate * 0.005},
		{what: "2 s", latency: "2s", length: 4 * unit, needed: workersRate * 2},
		{what: "5 ms, then 2 s, then 5 ms", latency: "5ms", changes: []change{{unit, "2s"}, {3 * unit, "5ms"}},
			length: 4 * unit, needed: workersRate * 2},
	}
	var group errgroup.Group
	for i, r := range runs {
		group.Go(func() error { return r.do(b, fmt.Sprintf("latency-%d", i)) })
	}
	if err := group.Wait(); err != nil {
		return err
	}
	for _, r := range runs {
		r.judge(b)
	}
	return bothUpstreams(b)
}

func (r *latencyRun) do(b *bench, name string) error {
	rows := int(workersRate * r.length.Seconds())
	up, err := startUpstreams(rows, r.latency)
	if err != nil {
		return err
	}
	defer up.stop()
	for _, c := range r.changes {
		timer := time.AfterFunc(c.after, func() { _ = up.control(sandbox.Control{Latency: &c.latency}) })
		defer timer.Stop()
	}
	if _, err := b.runReads(up, name, workersRate, block{jobs.QueryStatus, 0, rows}); err != nil {
		return err
	}
	if r.times, err = up.arrivals(jobs.M2M); err != nil {
		return err
	}
	r.stats, err = up.stats()
	return err
}

func (r *latencyRun) judge(b *bench) {
	at := fmt.Sprintf("%d a second at %s", workersRate, r.what)
	// The first request goes alone, so the rate is told from the second on.
	b.table.atLeast(at+": achieved / --rate", r.times[1:].perSecond()/workersRate, 0.99, "")
	most := float64(r.stats.M2M.MaxInFlight)
	b.table.atMost(at+": most in flight", most, 1.1*r.needed+10, fmt.Sprintf(" (rate × latency is %.0f)", r.needed))
	// The connections that these questions were asked on are among those counted.
	asked := 1 + len(r.changes) + 1
	b.table.atMost(at+": connections opened", float64(r.stats.Connections-asked), 1.05*most+2, fmt.Sprintf(" (%.0f in flight at most)", most))
}

// bothUpstreams runs a file with all of one upstream's rows before the other's.
func bothUpstreams(b *bench) error {
	rows, rate := 10_000, 1000
	if b.quick {
		rows = 4000
	}
	up, err := startUpstreams(rows, "20ms")
	if err != nil {
		return err
	}
	defer up.stop()
	_, err = b.runReads(up, "both", rate, block{jobs.QueryStatus, 0, rows}, block{jobs.GetEUICCProfile, 0, rows})
	if err != nil {
		return err
	}
	m2m, err := up.arrivals(jobs.M2M)
	if err != nil {
		return err
	}
	betatel, err := up.arrivals(jobs.Betatel)
	if err != nil {
		return err
	}
	longer := float64(rows) / float64(rate)
	whole := max(m2m[rows-1], betatel[rows-1]) - min(m2m[0], betatel[0])
	b.table.atMost(fmt.Sprintf("%s m2m rows, then as many betatel rows: time / the longer of the two alone", thousands(rows)),
		whole.Seconds()/longer, 1.02, "")
	return nil
}
