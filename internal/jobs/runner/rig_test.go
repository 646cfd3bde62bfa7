package runner

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"bulk/internal/jobs"
	"bulk/internal/jobs/input"
	"bulk/internal/jobs/ledger"
)

var accounts = map[jobs.Upstream]string{jobs.M2M: "m2m:fleet@portal.example", jobs.Betatel: "betatel:7@esim.example"}

// played is both upstreams. What it is asked and told to do is noted.
type played struct {
	ask     func(ctx context.Context, action jobs.Action, iccid jobs.ICCID) jobs.Answer // nil: done at once
	command func(ctx context.Context, iccid jobs.ICCID, group string) jobs.Answer       // likewise

	mu    sync.Mutex
	asked []string
	sent  []jobs.ICCID
}

func done() jobs.Answer {
	return jobs.Answer{Verdict: jobs.Done, Attempts: 1, HTTPStatus: 200, RequestID: "1"}
}

func ended(c jobs.Code, v jobs.Verdict) jobs.Answer {
	return jobs.Answer{Verdict: v, Code: c, Attempts: 1, RequestID: "1"}
}

func (p *played) Ask(ctx context.Context, _ jobs.Turn, action jobs.Action, iccid jobs.ICCID) jobs.Answer {
	p.mu.Lock()
	p.asked = append(p.asked, fmt.Sprintf("%s %s", action, iccid))
	p.mu.Unlock()
	if p.ask != nil {
		return p.ask(ctx, action, iccid)
	}
	a := done()
	if action == jobs.QueryStatus {
		a.Data = &jobs.Data{SIMStatus: "active"}
	}
	return a
}

// SetAAGroup does as the real way to an upstream does around one attempt.
func (p *played) SetAAGroup(ctx context.Context, _ jobs.Turn, iccid jobs.ICCID, group string, in jobs.Intent) jobs.Answer {
	if err := in.Clear(ctx); err != nil {
		return jobs.Answer{Verdict: jobs.SurelyNotSent, Code: jobs.Interrupted}
	}
	if err := in.Begin(ctx); err != nil {
		if ctx.Err() != nil {
			return jobs.Answer{Verdict: jobs.SurelyNotSent, Code: jobs.Interrupted}
		}
		return jobs.Answer{Verdict: jobs.SurelyNotSent, Code: jobs.Aborted, Detail: err.Error(), Ends: jobs.EndsDisk}
	}
	p.mu.Lock()
	p.sent = append(p.sent, iccid)
	p.mu.Unlock()
	a := done()
	if p.command != nil {
		a = p.command(ctx, iccid, group)
	}
	if a.Verdict == jobs.SurelyNotSent {
		if err := in.NotSent(); err != nil {
			return jobs.Answer{Verdict: jobs.SurelyNotSent, Code: jobs.Aborted, Detail: err.Error(), Ends: jobs.EndsDisk}
		}
	}
	return a
}

func (p *played) count(what string) (n int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, a := range p.asked {
		if a == what {
			n++
		}
	}
	return n
}

// way is a [Line] without a pace.
type way struct {
	mu      sync.Mutex
	blocked chan struct{} // not nil: nothing enters until it is closed
	drained bool
}

func (w *way) Reserve(intake context.Context) (jobs.Turn, error) {
	w.mu.Lock()
	blocked := w.blocked
	w.mu.Unlock()
	if blocked != nil {
		select {
		case <-blocked:
		case <-intake.Done():
		}
	}
	if intake.Err() != nil {
		return nil, intake.Err()
	}
	return nil, nil
}

func (w *way) Drain() { w.mu.Lock(); w.drained = true; w.mu.Unlock() }

func (w *way) isDrained() bool { w.mu.Lock(); defer w.mu.Unlock(); return w.drained }

// rig is a run that can be stopped and continued.
type rig struct {
	t        testing.TB
	upstream *played
	lines    map[jobs.Upstream]Line
	db       *ledger.DB
	hold     *ledger.Hold
	prepared *Runner // the last one
	info     ledger.RunInfo
	file     *input.File
	survey   *input.Survey
	Settings // what differs from run to run
}

// rigged prepares an input and an empty ledger.
func rigged(t testing.TB, upstream *played, rows ...string) *rig {
	t.Helper()
	dir := t.TempDir()
	copied, err := input.Take(strings.NewReader("iccid,action,group,expect\n"+strings.Join(rows, "\n")+"\n"), dir)
	require.NoError(t, err)
	r := &rig{t: t, upstream: upstream, lines: map[jobs.Upstream]Line{jobs.M2M: &way{}, jobs.Betatel: &way{}}}
	r.file, err = input.Open(context.Background(), copied, input.Options{Ordered: true, ICCIDCheck: input.CheckLength})
	require.NoError(t, err)
	r.survey, err = r.file.Scan(t.Context())
	require.NoError(t, err)
	r.Settings = Settings{
		Deps:  jobs.Deps{Ask: upstream, Command: upstream, Accounts: accounts, Now: time.Now},
		Grace: 20 * time.Second,
	}
	r.reopen(filepath.Join(dir, "ledger.db"))
	return r
}

// reopen goes on with the ledger at path, which may be a copy.
func (r *rig) reopen(path string) {
	r.t.Helper()
	ctx := r.t.Context()
	_, err := os.Stat(path)
	r.db, err = ledger.Open(ctx, path, ledger.Options{Create: err != nil, Now: time.Now})
	require.NoError(r.t, err)
	if r.info.ID == 0 {
		run, err := r.db.Start(ctx, ledger.RunInfo{Kind: ledger.Real, Digest: "d", Accounts: r.accounts()})
		require.NoError(r.t, err)
		r.info = run.RunInfo
	}
}

func (r *rig) accounts() []string { return []string{accounts[jobs.M2M], accounts[jobs.Betatel]} }

func (r *rig) close() { require.NoError(r.t, r.db.Close()) }

// take takes the accounts, as a new process would. A lock may outlast its file
// for a moment, in a child of this process that is just being started.
func (r *rig) take() {
	r.t.Helper()
	if r.hold != nil {
		r.hold.Release()
	}
	var err error
	r.hold, err = r.db.Hold(r.t.Context(), r.accounts(), 10*time.Second)
	require.NoError(r.t, err)
}

// prepare makes the next stretch of the run.
func (r *rig) prepare() *Runner {
	r.t.Helper()
	ctx := r.t.Context()
	r.take()
	s := r.Settings
	s.DB, s.File, s.Survey, s.Lines = r.db, r.file, r.survey, r.lines
	var err error
	s.Kept, err = Keep(ctx, r.db, r.info.ID, s.Deps.Now(), time.Hour)
	require.NoError(r.t, err)
	s.Run, err = r.db.Continue(ctx, r.info, "ann", "box", "out.csv")
	require.NoError(r.t, err)
	r.prepared = New(s)
	return r.prepared
}

// run takes the run to its end.
func (r *rig) run() Report {
	r.t.Helper()
	report, err := r.prepare().Do(r.t.Context(), r.t.Context())
	require.NoError(r.t, err)
	return report
}

// ended writes down how a start of the run ended, as a process does that is not
// killed.
func (r *rig) ended(report Report) error {
	return (r.prepared.Run).End(r.t.Context(), ledger.Ended{Ending: report.Cause, Cause: string(report.Ending), NotRun: report.NotRun, Tally: report.Tally})
}

// earlier does a row in a run of its own, with the upstream as it is.
func (r *rig) earlier(t *testing.T, row string) {
	t.Helper()
	other := rigged(t, r.upstream, row)
	require.NoError(t, other.db.Close())
	other.db, other.hold = r.db, r.hold
	run, err := r.db.Start(t.Context(), ledger.RunInfo{Kind: ledger.Real, Digest: "earlier", Accounts: r.accounts()})
	require.NoError(t, err)
	other.info = run.RunInfo
	other.run()
	r.hold = other.hold
}

// outcomes are what the ledger has, by Seq; rows without a result are not_run.
func (r *rig) outcomes() []jobs.Outcome {
	r.t.Helper()
	all := make([]jobs.Outcome, r.survey.Rows)
	for i := range all {
		all[i] = jobs.NotRun
	}
	for seq, result := range r.results() {
		all[seq] = result.Outcome
	}
	return all
}

func (r *rig) results() map[int]jobs.Result {
	r.t.Helper()
	require.NoError(r.t, r.db.Flush(r.t.Context()))
	all := map[int]jobs.Result{}
	for result, err := range r.db.Results(r.t.Context(), r.info.ID) {
		require.NoError(r.t, err)
		all[result.Seq] = result
	}
	return all
}

// card is the nth SIM.
func card(n int) jobs.ICCID { return jobs.ICCID(fmt.Sprintf("89441200000%07d1", n)) }

// otherSpelling is the SIM's number followed by its check digit.
func otherSpelling(i jobs.ICCID) jobs.ICCID {
	for d := range 10 {
		if other := jobs.ICCID(fmt.Sprint(i, d)); other.LuhnOK() {
			return other
		}
	}
	panic("no digit checks")
}

// Rows of an input.
func command(n int) string             { return string(card(n)) + ",set_aa_group,L1," }
func reading(n int) string             { return string(card(n)) + ",query_status,," }
func profile(n int) string             { return string(card(n)) + ",get_euicc_profile,," }
func expecting(n int, e string) string { return string(card(n)) + ",query_status,," + e }

// many makes so many rows.
func many(n int, row func(int) string) (rows []string) {
	for i := range n {
		rows = append(rows, row(i))
	}
	return rows
}

func tally(pairs ...any) map[jobs.Outcome]int {
	all := map[jobs.Outcome]int{}
	for i := 0; i < len(pairs); i += 2 {
		all[pairs[i].(jobs.Outcome)] = pairs[i+1].(int)
	}
	return all
}
