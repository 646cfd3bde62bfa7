package main

import (
	"errors"
	"fmt"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"bulk/internal/jobs"
	"bulk/internal/jobs/ledger/postgres/pgtest"
)

// handing is a ledger in a database, upstreams, and workers that do runs by them.
type handing struct {
	*bench
	up      *upstreams
	ledger  string
	started int
}

// handed measures runs that workers do, by the shared ledger's own list: their pace, how
// soon rows flow again where a worker is killed, and how soon they stop where the run is
// paused.
func handed(b *bench) error {
	server, err := pgtest.Start()
	if errors.Is(err, pgtest.ErrNone) {
		b.table.add(line{what: "runs that workers do", measured: pgtest.None})
		return nil
	}
	if err != nil {
		return err
	}
	defer server.Stop()
	h := &handing{bench: b}
	where, drop, err := server.New()
	if err != nil {
		return err
	}
	defer drop()
	h.ledger = where
	if err := makeLedger(where); err != nil {
		return err
	}
	if h.up, err = startUpstreams(5000, "20ms"); err != nil {
		return err
	}
	defer h.up.stop()
	if err := h.sideBySide(); err != nil {
		return err
	}
	return h.killed()
}

// command is a process of bulk, on a machine of its own.
func (h *handing) command(args ...string) *exec.Cmd {
	h.started++
	cmd := exec.Command(h.bulk, append(args, "--ledger", h.ledger)...)
	cmd.Env = append(append(environment(), h.up.variables()...), fmt.Sprintf("XDG_STATE_HOME=%s", filepath.Join(h.folder, fmt.Sprint("machine-", h.started))))
	return cmd
}

func (h *handing) worker() (*exec.Cmd, error) {
	w := h.command("worker")
	return w, w.Start()
}

func end(workers ...*exec.Cmd) {
	for _, w := range workers {
		_ = w.Process.Kill()
		_ = w.Wait()
	}
}

// handOver hands a file of reads over and gives the run's number.
func (h *handing) handOver(name string, rate int, reads block) (run string, err error) {
	input, err := h.inputFile(name+".csv", reads)
	if err != nil {
		return "", err
	}
	out, err := h.command("run", input, "--engine", "postgres", "--detach", "--rate", fmt.Sprintf("m2m=%d", rate), "--rate", fmt.Sprintf("betatel=%d", rate),
		"-o", filepath.Join(h.folder, name+".results.csv")).Output()
	return strings.TrimSpace(string(out)), err
}

// ended waits until a run has come to its end.
func (h *handing) ended(run string) error {
	if out, err := h.command("runs", "wait", run).CombinedOutput(); err != nil {
		return fmt.Errorf("bulk runs wait %s: %w\n%s", run, err, out)
	}
	return nil
}

// sideBySide has three workers do a run on each of two accounts.
func (h *handing) sideBySide() error {
	length := 30
	if h.quick {
		length = 8
	}
	var workers []*exec.Cmd
	defer func() { end(workers...) }()
	for range 3 {
		w, err := h.worker()
		if err != nil {
			return err
		}
		workers = append(workers, w)
	}
	type account struct {
		upstream jobs.Upstream
		action   jobs.Action
		rate     int
	}
	both := []account{{jobs.M2M, jobs.QueryStatus, 50}, {jobs.Betatel, jobs.GetEUICCProfile, 20}}
	var runs []string
	for _, a := range both {
		run, err := h.handOver("side-"+string(a.upstream), a.rate, block{a.action, 0, a.rate * length})
		if err != nil {
			return err
		}
		runs = append(runs, run)
	}
	var all errgroup.Group
	for _, run := range runs {
		all.Go(func() error { return h.ended(run) })
	}
	if err := all.Wait(); err != nil {
		return err
	}
	for _, a := range both {
		times, err := h.up.arrivals(a.upstream)
		if err != nil {
			return err
		}
		limit := float64(a.rate)
		what := fmt.Sprintf("three workers, runs on two accounts at once, %s at %d a second: ", a.upstream, a.rate)
		h.table.atLeast(what+"achieved / --rate", times.perSecond()/limit, 0.95, "")
		h.table.atMost(what+"densest second, requests", float64(times.densest()), limit+max(1, 0.02*limit), "")
	}
	return nil
}

// killed has a worker that is at a run killed while another one waits, again and again,
// and pauses the run in the end.
func (h *handing) killed() error {
	const rate = 20
	kills := 5
	if h.quick {
		kills = 1
	}
	run, err := h.handOver("killed", rate, block{jobs.QueryStatus, 0, 5000})
	if err != nil {
		return err
	}
	at, err := h.worker()
	if err != nil {
		return err
	}
	defer func() { end(at) }()
	var gaps []float64
	var densest int
	for range kills {
		if err := h.flows(); err != nil {
			return err
		}
		next, err := h.worker()
		if err != nil {
			return err
		}
		time.Sleep(2 * time.Second) // it looks at the list, and finds the run taken
		end(at)
		at = next
		if err := h.flows(); err != nil {
			return err
		}
		times, err := h.up.arrivals(jobs.M2M)
		if err != nil {
			return err
		}
		gaps, densest = append(gaps, times.longest().Seconds()), max(densest, times.densest())
	}
	h.table.atMost("a worker is killed while another waits: seconds until rows flow again, median", median(gaps), 10, fmt.Sprintf(" (the longest %.1f)", slices.Max(gaps)))
	h.table.atMost(fmt.Sprintf("the same: densest second at %d a second, requests", rate), float64(densest), rate+1, "")

	if out, err := h.command("runs", "pause", run).CombinedOutput(); err != nil {
		return fmt.Errorf("bulk runs pause: %w\n%s", err, out)
	}
	if _, err := h.up.arrivals(jobs.M2M); err != nil { // those before
		return err
	}
	time.Sleep(4 * time.Second)
	times, err := h.up.arrivals(jobs.M2M)
	if err != nil {
		return err
	}
	h.table.atMost("bulk runs pause: seconds until the last request, after it returned", times.span().Seconds(), 2, "")
	return nil
}

// flows waits until requests have come for two seconds.
func (h *handing) flows() error {
	for began := time.Now(); time.Since(began) < time.Minute; time.Sleep(100 * time.Millisecond) {
		before, err := h.up.stats()
		if err != nil {
			return err
		}
		time.Sleep(2 * time.Second)
		after, err := h.up.stats()
		if err != nil {
			return err
		}
		if after.M2M.Requests >= before.M2M.Requests+20 {
			return nil
		}
	}
	return errors.New("no worker does the run")
}
