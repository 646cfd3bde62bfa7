package main

import (
	"context"
	"flag"
	"fmt"
	"net/url"
	"sync"
	"sync/atomic"
	"time"

	"bulk/internal/jobs"
	"bulk/internal/upstream"
	"bulk/internal/upstream/m2m"
	"bulk/internal/upstream/sandbox"
	"bulk/internal/upstream/wire"
)

// inFlight is how many requests are unanswered at once where no rate limits
// them, here and in bulk.
const inFlight = 256

// bare is the loop that bulk's throughput is held against: as many goroutines
// as bulk has requests in flight, each sending the next request and reading
// its answer with the same client and the same parser, and nothing else: no
// file, no pace, no ledger, no result. It prints how long it took, in seconds,
// from the first request to the last answer.
func bare(args []string) error {
	flags := flag.NewFlagSet("bare", flag.ExitOnError)
	addr := flags.String("addr", "", "")
	rows := flags.Int("rows", 0, "")
	action := flags.String("action", "", "")
	_ = flags.Parse(args)
	http, err := wire.NewClient(wire.Options{Connections: 1024})
	if err != nil {
		return err
	}
	client, err := m2m.New(m2m.Config{
		URL: &url.URL{Scheme: "http", Host: *addr}, Username: sandbox.DemoUsername, Password: sandbox.DemoPassword,
		CheckAPIID: true, HTTP: http, Timeout: 30 * time.Second,
	})
	if err != nil {
		return err
	}
	commander := m2m.NewCommander(client)
	once := func(ctx context.Context, sim jobs.ICCID) upstream.Attempt {
		return client.Query(ctx, jobs.Action(*action), sim)
	}
	if jobs.Action(*action).Irreversible() {
		once = func(ctx context.Context, sim jobs.ICCID) upstream.Attempt {
			return commander.Command(ctx, jobs.SetAAGroup, sim, liveGroup)
		}
	}
	began := time.Now()
	failed := sendAll(*rows, once)
	if failed > 0 {
		return fmt.Errorf("%d of %d requests failed", failed, *rows)
	}
	fmt.Println(time.Since(began).Seconds())
	return nil
}

func sendAll(rows int, once func(context.Context, jobs.ICCID) upstream.Attempt) (failed int64) {
	var next, bad atomic.Int64
	var group sync.WaitGroup
	for range inFlight {
		group.Go(func() {
			for n := next.Add(1) - 1; n < int64(rows); n = next.Add(1) - 1 {
				if a := once(context.Background(), iccid(int(n))); a.Verdict != jobs.Done {
					bad.Add(1)
				}
			}
		})
	}
	group.Wait()
	return bad.Load()
}
