package gateway_test

import (
	"context"
	"flag"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"bulk/internal/jobs"
	_ "bulk/internal/jobs/dicetest" // BULK_SEED
	"bulk/internal/upstream"
	"bulk/internal/upstream/gateway"
	"bulk/internal/upstream/m2m"
	"bulk/internal/upstream/scripted"
	"bulk/internal/upstream/wire"
)

const (
	account = "m2m:ops@example.net"
	retries = 3
)

// world is a scripted upstream behind HTTP, and the number of the next SIM.
type world struct {
	upstream scripted.Upstream
	url      *url.URL
	http     *http.Client
	next     atomic.Int64
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{}
	srv := httptest.NewServer(&w.upstream)
	t.Cleanup(srv.Close)
	var err error
	w.url, err = url.Parse(srv.URL)
	require.NoError(t, err)
	w.http, err = wire.NewClient(wire.Options{})
	require.NoError(t, err)
	t.Cleanup(w.http.CloseIdleConnections)
	return w
}

// way is the real way to the upstream, as a new process has it.
func (w *world) way() (jobs.Asker, jobs.Commander) {
	client, err := m2m.New(m2m.Config{
		URL: w.url, Username: "ops", Password: "secret-of-ops", CheckAPIID: true, HTTP: w.http,
		Timeout: 10 * time.Second, CommandTimeout: 50 * time.Millisecond,
	})
	if err != nil {
		panic(err)
	}
	reads := &gateway.Reads{M2M: client, M2MLine: upstream.NewLine(upstream.Settings{Upstream: jobs.M2M, Retries: retries, MaxOutage: time.Minute})}
	return reads, gateway.NewCommands(reads)
}

// run does a row for each SIM, all at once, as a run does, and returns how they
// ended.
func run(ask jobs.Asker, command jobs.Commander, ledger *scripted.Ledger, sims []jobs.ICCID) []*jobs.Result {
	deps := jobs.Deps{Ask: ask, Command: command, Ledger: ledger, Accounts: map[jobs.Upstream]string{jobs.M2M: account}, Now: time.Now}
	results := make([]*jobs.Result, len(sims))
	var group sync.WaitGroup
	for i, sim := range sims {
		group.Go(func() {
			row := &jobs.Row{Seq: i, Line: i + 2, ICCID: sim, Action: jobs.SetAAGroup, Group: "L100", SameReadAs: -1}
			results[i] = jobs.DoRow(context.Background(), &deps, nil, row)
			ledger.Settle(row, results[i])
		})
	}
	group.Wait()
	return results
}

// play has the upstream answer by these scripts, one a SIM, in two runs: the
// second does what the first left failed or not run, and all the others too. It
// says what must never be.
func (w *world) play(scripts [][]scripted.Answer, way func() (jobs.Asker, jobs.Commander)) error {
	var sims []jobs.ICCID
	for _, script := range scripts {
		sim := jobs.ICCID(fmt.Sprintf("89445%014d", w.next.Add(1)))
		w.upstream.Play(sim, script...)
		sims = append(sims, sim)
	}
	ledger := &scripted.Ledger{}
	for n := 1; n <= 2; n++ {
		ask, command := way()
		for i, r := range run(ask, command, ledger, sims) {
			if err := wrong(r, w.upstream.Seen(sims[i])); err != nil {
				return fmt.Errorf("run %d, SIM %d: %w; it ended %s (%s): %s", n, i, err, r.Outcome, r.Code, r.Description)
			}
		}
	}
	return nil
}

// wrong says what must not be, given what the upstream did for a SIM.
func wrong(r *jobs.Result, seen scripted.SIM) error {
	switch done := seen.Deeds > 0; {
	case seen.After > 0:
		return fmt.Errorf("it was sent %d commands after one that was done", seen.After)
	case r.Outcome == jobs.OK && !done:
		return fmt.Errorf("it was not done")
	case done && r.Outcome != jobs.OK && r.Outcome != jobs.Unknown && r.Outcome != jobs.Skipped:
		return fmt.Errorf("it was done")
	case r.Attempts > 1+retries:
		return fmt.Errorf("%d attempts", r.Attempts)
	}
	return nil
}

func scripts() *rapid.Generator[[][]scripted.Answer] {
	return rapid.SliceOfN(rapid.SliceOfN(scripted.Answers(), 1, 3), 1, 2)
}

// TestWhateverItAnswers: whatever an upstream does and says, what it did is never
// failed, rejected or not run, and nothing is done twice.
func TestWhateverItAnswers(t *testing.T) {
	checks := "300"
	if os.Getenv("BULK_LONG") != "" {
		checks = "20000"
	}
	if f := flag.Lookup("rapid.checks"); f.Value.String() == f.DefValue {
		require.NoError(t, f.Value.Set(checks))
	}
	w := newWorld(t)
	rapid.Check(t, func(t *rapid.T) {
		require.NoError(t, w.play(scripts().Draw(t, "scripts"), w.way))
	})
}

// naive judges as one might at first: a status of 200 with "success" is one, and
// what speaks of a limit, a maximum or a time to come was not done.
type naive struct{ w *world }

func (n naive) SetAAGroup(ctx context.Context, _ jobs.Turn, iccid jobs.ICCID, group string, in jobs.Intent) jobs.Answer {
	for attempt := 1; ; attempt++ {
		if err := in.Begin(ctx); err != nil {
			return jobs.Answer{Verdict: jobs.SurelyNotSent, Code: jobs.Aborted, Barred: true}
		}
		status, text := n.w.post(iccid, group)
		a := jobs.Answer{Verdict: jobs.MaybeSent, Code: jobs.UpstreamError, Attempts: attempt}
		switch {
		case status == 200 && strings.Contains(text, "success"):
			return jobs.Answer{Verdict: jobs.Done, Attempts: attempt}
		case status == 429 || strings.Contains(text, "limit") || strings.Contains(text, "exceeded") || strings.Contains(text, "throttled"):
			a.Verdict, a.Code = jobs.SurelyNotSent, jobs.Throttled
		case status >= 400 && status < 500 || strings.Contains(text, "failure"):
			a.Verdict = jobs.Refused
		}
		if a.Verdict != jobs.SurelyNotSent || attempt > retries {
			return a
		}
		if err := in.NotSent(); err != nil {
			return a
		}
	}
}

func (w *world) post(iccid jobs.ICCID, group string) (status int, text string) {
	body := fmt.Sprintf(`<set_aa_group version="1" api_id="1"><iccid>%s</iccid><group>%s</group></set_aa_group>`, iccid, group)
	limited := http.Client{Transport: w.http.Transport, Timeout: 50 * time.Millisecond}
	resp, err := limited.Post(w.url.String(), "application/xml", strings.NewReader(body))
	if err != nil {
		return 0, ""
	}
	defer resp.Body.Close()
	var b strings.Builder
	buffer := make([]byte, 4096)
	n, _ := resp.Body.Read(buffer)
	b.Write(buffer[:n])
	return resp.StatusCode, strings.ToLower(b.String())
}

// TestThePropertyBites: a naive judge does not survive it, in either way.
func TestThePropertyBites(t *testing.T) {
	w := newWorld(t)
	found := map[string]bool{}
	for seed := 0; seed < 2000 && len(found) < 3; seed++ {
		err := w.play(scripts().Example(seed), func() (jobs.Asker, jobs.Commander) { ask, _ := w.way(); return ask, naive{w} })
		for _, what := range []string{"it was done", "after one that was done", "it was not done"} {
			if err != nil && strings.Contains(err.Error(), what) {
				found[what] = true
			}
		}
	}
	require.Len(t, found, 3, "what a naive judge gets wrong: %v", found)
}

// TestTheWordsThatWereSeen are answers that once had a command sent again, or
// told that it had failed.
func TestTheWordsThatWereSeen(t *testing.T) {
	w := newWorld(t)
	said := func(status int, words string) scripted.Answer {
		return scripted.Answer{Does: true, Status: status, Outcome: "failure", Words: words, WordsIn: "error_description", IDs: scripted.Ours, Manner: scripted.Whole, Kept: 100}
	}
	for _, a := range []scripted.Answer{
		said(200, "Maximum request time exceeded"), said(200, "Max request processing time reached"), said(200, "Allowed request duration exceeded"),
		said(200, "Backend did not answer within the request limit"), said(200, "Order accepted; notification throttled"), said(504, "Maximum request time exceeded"),
		{Does: true, Status: 408, Page: "x", Manner: scripted.Whole}, {Does: true, Status: 499, Page: "x", Manner: scripted.Whole},
	} {
		require.NoError(t, w.play([][]scripted.Answer{{a}}, w.way), a.Words)
	}
}
