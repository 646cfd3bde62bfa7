package main

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"bulk/internal/jobs"
	"bulk/internal/upstream/pace/simulate"
	"bulk/internal/upstream/sandbox"
)

// What a limit far below --rate is found with: 900 reads, which take 15 seconds.
const (
	limitReads = 900
	limitRate  = 300 // --rate
)

// limits looks at how the gateway's limit is found: in runs against the sandbox,
// which counts in whole seconds, and in simulated ones against many gateways.
func limits(b *bench) error {
	starts := []*start{
		{style: "429", latency: "1ms", refused: 0.03, took: 1.10},
		{style: "503", latency: "1ms", refused: 0.03, took: 1.10},
		{style: "throttle-200", latency: "1ms", refused: 0.03, took: 1.10},
		{style: "429-retry", latency: "1ms", refused: 0.03, took: 1.25},
		{style: "429", latency: "200ms", refused: 0.08, took: 1.10},
	}
	strays := &stray{length: time.Minute}
	if b.quick {
		strays.length = 15 * time.Second
	}
	var group errgroup.Group
	for i, s := range starts {
		group.Go(func() error { return s.do(b, i) })
	}
	group.Go(func() error { return strays.do(b) })
	if err := group.Wait(); err != nil {
		return err
	}
	for _, s := range starts {
		s.judge(b)
	}
	strays.judge(b)
	simulated(b)
	return nil
}

// start is a run of reads against a gateway that lets far less through.
type start struct {
	style         sandbox.Kind
	latency       string
	refused, took float64 // bounds

	stats sandbox.UpstreamStats
	wall  time.Duration
}

func (s *start) do(b *bench, number int) error {
	up, err := startUpstreams(limitReads, s.latency)
	if err != nil {
		return err
	}
	defer up.stop()
	limit, style, whole := float64(gatewayLimit), string(s.style), true
	if err := up.control(sandbox.Control{RateLimit: &limit, RateStyle: &style, RateWhole: &whole}); err != nil {
		return err
	}
	u, err := b.runReads(up, fmt.Sprintf("limit-%d", number), limitRate, block{jobs.QueryStatus, 0, limitReads})
	if err != nil {
		return err
	}
	stats, err := up.stats()
	s.stats, s.wall = stats.M2M, u.Wall
	return err
}

func (s *start) judge(b *bench) {
	at := fmt.Sprintf("%d reads, gateway with %d of %d in each whole second at %s, %s", limitReads, gatewayLimit, limitRate, s.latency, s.style)
	b.table.atMost(at+": refused / attempts", float64(s.stats.RefusedForRate)/float64(s.stats.Requests), s.refused,
		fmt.Sprintf(" (%d)", s.stats.RefusedForRate))
	b.table.atMost(at+": time / ideal", s.wall.Seconds()/(limitReads/gatewayLimit), s.took, "")
}

// stray is a run against an upstream that answers 2 % with a bare 503.
type stray struct {
	length time.Duration

	achieved float64
}

const strayRate = 10

func (s *stray) do(b *bench) error {
	reads := int(strayRate * s.length.Seconds())
	up, err := startUpstreams(reads, "20ms")
	if err != nil {
		return err
	}
	defer up.stop()
	if err := up.control(sandbox.Control{Faults: &[]string{"503=2%"}}); err != nil {
		return err
	}
	if _, err := b.runReads(up, "stray", strayRate, block{jobs.QueryStatus, 0, reads}); err != nil {
		return err
	}
	times, err := up.arrivals(jobs.M2M)
	if err != nil {
		return err
	}
	s.achieved = times[:reads].perSecond() / strayRate // the last attempts wait for themselves
	return nil
}

func (s *stray) judge(b *bench) {
	b.table.atLeast(fmt.Sprintf("2 %% bare 503s at random, %d a second: achieved / --rate", strayRate), s.achieved, 0.95, "")
}

// simulated plays runs in simulated time, the same each time.
func simulated(b *bench) {
	for _, at := range []struct {
		latency time.Duration
		refused float64
	}{{time.Millisecond, 0.03}, {200 * time.Millisecond, 0.08}} {
		for _, refusal := range simulate.Refusals() {
			took := 1.10
			if refusal.After > 0 {
				took = 1.25
			}
			what := fmt.Sprintf("simulated, the same at %s, %s, begun at 100 places of a second", at.latency, refusal.Name)
			r, t := simulate.Start(refusal, at.latency)
			b.table.atMost(what+": refused / attempts", r.Mean(), at.refused, worst(r, at.refused))
			b.table.atMost(what+": time / ideal", t.Mean(), took, worst(t, took))
		}
	}
	for _, rate := range []float64{10, 100, 300} {
		sent := simulate.Stray(rate, 0.02)
		b.table.atLeast(fmt.Sprintf("simulated, 2 %% bare 503s at random, %g a second, 100 runs: achieved / --rate", rate), sent.Mean(), 0.95,
			fmt.Sprintf(" (at worst %s)", shown(slices.Min(sent))))
	}
	var gateways strings.Builder
	simulate.Table(&gateways)
	b.after = append(b.after, gateways.String())
}

// worst tells of single runs what a mean hides.
func worst(s simulate.Spread, bound float64) string {
	return fmt.Sprintf(" (at worst %s; %d of %d are above)", shown(slices.Max(s)), s.Above(bound), len(s))
}

// gatewaysOnly prints the table of simulated gateways and measures nothing.
func gatewaysOnly([]string) error {
	simulate.Table(os.Stdout)
	return nil
}
