package main

import (
	"time"

	"golang.org/x/sync/errgroup"

	"bulk/internal/upstream/sandbox"
)

const (
	throttledRate = 100 // --rate
	gatewayLimit  = 60  // what the gateway allows
)

// throttling runs reads against gateways that allow less than --rate, one for
// each way of refusing, and against one that is down for a while, all at the
// same time: none of them needs much of the machine.
func throttling(b *bench) error {
	times := struct{ settle, hold, climb, outage time.Duration }{20 * time.Second, time.Minute, 75 * time.Second, time.Minute}
	if b.quick {
		times.settle, times.hold, times.climb, times.outage = 10*time.Second, 20*time.Second, 0, 15*time.Second
	}
	styles := sandbox.RateStyles()
	var group errgroup.Group
	gateways := make([]*gateway, len(styles))
	for i, style := range styles {
		g := &gateway{style: style, settle: times.settle, hold: times.hold, climb: times.climb}
		gateways[i] = g
		group.Go(func() error { return g.do(b, i) })
	}
	down := &outage{length: times.outage}
	group.Go(func() error { return down.do(b) })
	if err := group.Wait(); err != nil {
		return err
	}
	for _, g := range gateways {
		g.judge(b)
	}
	down.judge(b)
	return nil
}
