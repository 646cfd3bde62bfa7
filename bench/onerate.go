package main

import (
	"fmt"
	"path/filepath"

	"golang.org/x/sync/errgroup"

	"bulk/internal/jobs"
	"bulk/internal/jobs/ledger/postgres/pgtest"
)

// oneRate has four processes, each on a machine of its own, read by one account at the
// same time: what all of them send in a second is held against the account's rate.
func (b *bench) oneRate(server *pgtest.Server) error {
	const processes = 4
	seconds := 20
	if b.quick {
		seconds = 6
	}
	for _, rate := range []int{10, 50, 200} {
		times, err := b.together(server, processes, rate, rate*seconds/processes)
		if err != nil {
			return err
		}
		limit := float64(rate)
		b.whenCalm(b.table.atMost, fmt.Sprintf("four processes, one account, one ledger at %d a second: densest second, requests", rate), float64(times.densest()), limit+max(1, 0.02*limit),
			fmt.Sprintf(" (%d requests, %.2f of the rate)", len(times), times.perSecond()/limit))
	}
	return nil
}

// together has so many processes do so many reads each, and tells when requests came.
func (b *bench) together(server *pgtest.Server, processes, rate, reads int) (arrivals, error) {
	up, err := startUpstreams(processes*reads, "20ms")
	if err != nil {
		return nil, err
	}
	defer up.stop()
	where, drop, err := server.New()
	if err != nil {
		return nil, err
	}
	defer drop()
	if err := makeLedger(where); err != nil {
		return nil, err
	}
	var all errgroup.Group
	for n := range processes {
		name := fmt.Sprintf("one-rate-%d-%d", rate, n)
		input, err := b.inputFile(name+".csv", block{jobs.QueryStatus, n * reads, reads})
		if err != nil {
			return nil, err
		}
		all.Go(func() error {
			variables := append(up.variables(), "XDG_STATE_HOME="+filepath.Join(b.folder, name))
			_, err := b.bulkWith(variables, "run", input, "--ledger", where, "--rate", fmt.Sprintf("m2m=%d", rate), "-o", filepath.Join(b.folder, name+".results.csv"))
			return err
		})
	}
	if err := all.Wait(); err != nil {
		return nil, err
	}
	return up.arrivals(jobs.M2M)
}
