package main

import (
	"fmt"
	"time"

	"bulk/internal/jobs"
	"bulk/internal/upstream/sandbox"
)

// gateway is a run against upstreams that refuse what is above a limit.
type gateway struct {
	style  sandbox.Kind
	settle time.Duration // what passes in it does not count
	hold   time.Duration // the limit stands for so long after that
	climb  time.Duration // then it is lifted, and so long later the rate is looked at; 0: not

	settled, ended sandbox.UpstreamStats // at the beginning and the end of the hold
	risen          float64               // requests a second at the end of the climb
	failure        error                 // of the run: rows that failed, mostly
}

// lookFor is how long the rate is measured after the climb.
const lookFor = 5 * time.Second

func (g *gateway) do(b *bench, number int) error {
	limit := float64(gatewayLimit)
	rows := int(limit*(g.settle+g.hold).Seconds()) + int(throttledRate*g.climb.Seconds())
	if g.climb > 0 {
		rows += int(throttledRate * 2 * lookFor.Seconds())
	}
	up, err := startUpstreams(rows, "30ms")
	if err != nil {
		return err
	}
	defer up.stop()
	style := string(g.style)
	if err := up.control(sandbox.Control{RateLimit: &limit, RateStyle: &style}); err != nil {
		return err
	}
	done := make(chan error, 1)
	go func() {
		_, err := b.runReads(up, fmt.Sprintf("gateway-%d", number), throttledRate, block{jobs.QueryStatus, 0, rows})
		done <- err
	}()
	if err := g.watch(up); err != nil {
		return err
	}
	g.failure = <-done
	return nil
}

// watch looks at the upstreams while the run is under way.
func (g *gateway) watch(up *upstreams) error {
	time.Sleep(g.settle)
	at, err := up.stats()
	if err != nil {
		return err
	}
	g.settled = at.M2M
	time.Sleep(g.hold)
	if at, err = up.stats(); err != nil {
		return err
	}
	g.ended = at.M2M
	if g.climb == 0 {
		return nil
	}
	lifted := 0.0
	if err := up.control(sandbox.Control{RateLimit: &lifted}); err != nil {
		return err
	}
	time.Sleep(g.climb)
	if _, err := up.arrivals(jobs.M2M); err != nil { // what came before
		return err
	}
	time.Sleep(lookFor)
	times, err := up.arrivals(jobs.M2M)
	g.risen = times.perSecond()
	return err
}

func (g *gateway) judge(b *bench) {
	at := fmt.Sprintf("gateway with %d of %d a second, %s", gatewayLimit, throttledRate, g.style)
	passed := func(s sandbox.UpstreamStats) float64 { return float64(s.Requests - s.RefusedForRate) }
	b.table.atLeast(at+": settled / what it allows", (passed(g.ended)-passed(g.settled))/(gatewayLimit*g.hold.Seconds()), 0.9, "")
	b.table.atMost(at+": refused / attempts", float64(g.ended.RefusedForRate)/float64(g.ended.Requests), 0.05, "")
	if g.climb > 0 {
		b.table.atLeast(fmt.Sprintf("%s: rate %s after the limit is lifted / --rate", at, g.climb), g.risen/throttledRate, 0.99, "")
	}
	b.table.passed(at+": no row failed for it", g.failure)
}

// outage is a run against upstreams that refuse connections for a while.
type outage struct {
	length time.Duration

	took    time.Duration
	failure error
}

const (
	outageRate = 50
	before     = 5 * time.Second // of the outage
	afterwards = 5 * time.Second
)

func (o *outage) do(b *bench) error {
	rows := int(outageRate * (before + afterwards).Seconds())
	up, err := startUpstreams(rows, "30ms")
	if err != nil {
		return err
	}
	defer up.stop()
	timer := time.AfterFunc(before, func() { _ = up.down(o.length) })
	defer timer.Stop()
	u, err := b.runReads(up, "outage", outageRate, block{jobs.QueryStatus, 0, rows})
	o.took, o.failure = u.Wall, err
	return nil
}

func (o *outage) judge(b *bench) {
	at := fmt.Sprintf("%s without connections", o.length)
	b.table.passed(at+": no row failed", o.failure)
	late := o.took - before - afterwards - o.length
	b.table.atMost(at+": seconds until the run goes on", late.Seconds(), 5, "")
}
