package ledgertest

import (
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"bulk/internal/jobs"
	"bulk/internal/jobs/ledger"
)

// Accounts of the tests.
const (
	Account = "m2m:fleet@portal.example"
	Other   = "m2m:other@portal.example"
)

// Began is when the tests' clock begins.
var Began = time.Date(2026, 10, 1, 8, 0, 0, 0, time.UTC)

// Ticking returns a clock that goes on a second each time it is looked at.
func Ticking() func() time.Time {
	var seconds atomic.Int64
	return func() time.Time { return Began.Add(time.Duration(seconds.Add(1)) * time.Second) }
}

// Options are those of a ledger that a test opens.
func Options(create bool) ledger.Options {
	return ledger.Options{Create: create, Now: Ticking(), User: "ann", Host: "box"}
}

// Handle is an open ledger, and the accounts it holds.
type Handle struct {
	*ledger.DB
	held map[string]*ledger.Hold
}

// Opened opens a place, making the ledger where it is not there, and closes it
// at the end.
func Opened(t testing.TB, p Place) *Handle {
	t.Helper()
	db, err := p.Open(t.Context(), p.Where, Options(true))
	require.NoError(t, err)
	t.Cleanup(func() { _ = db.Close() })
	return Held(db)
}

// Held makes a handle of an open ledger.
func Held(db *ledger.DB) *Handle { return &Handle{DB: db, held: map[string]*ledger.Hold{}} }

// Take has accounts held, where they are not yet.
func (h *Handle) Take(t testing.TB, accounts ...string) {
	t.Helper()
	for _, account := range accounts {
		if h.held[account] == nil {
			hold, err := h.Hold(t.Context(), []string{account}, 0)
			require.NoError(t, err)
			h.held[account] = hold
		}
	}
}

// GiveBack releases an account.
func (h *Handle) GiveBack(account string) {
	h.held[account].Release()
	delete(h.held, account)
}

// Starts begins a run on Account.
func (h *Handle) Starts(t testing.TB, kind ledger.Kind, digest string) *ledger.Run {
	t.Helper()
	h.Take(t, Account)
	run, err := h.Start(t.Context(), Info(kind, digest))
	require.NoError(t, err)
	return run
}

// Info describes a run on Account.
func Info(kind ledger.Kind, digest string) ledger.RunInfo {
	return ledger.RunInfo{
		Kind: kind, Input: "fleet.csv", Digest: digest, Accounts: []string{Account}, Settings: `{"a":1}`,
		User: "ann", Host: "box", Version: "1", Output: "fleet.results.csv",
	}
}

// SIM is the nth SIM.
func SIM(n int) jobs.ICCID { return jobs.ICCID(fmt.Sprintf("89441200000000%05d", n)) }

// Command is a row that gives a SIM a group.
func Command(seq int, iccid jobs.ICCID, group string) jobs.Row {
	return jobs.Row{Seq: seq, Line: seq + 2, ICCID: iccid, Action: jobs.SetAAGroup, Group: group, Ordered: true, SameReadAs: -1}
}

// Query is a row that reads.
func Query(seq int, iccid jobs.ICCID) jobs.Row {
	return jobs.Row{Seq: seq, Line: seq + 2, ICCID: iccid, Action: jobs.QueryStatus, SameReadAs: -1}
}

// Result is how a row ended.
func Result(row jobs.Row, outcome jobs.Outcome, code jobs.Code) jobs.Result {
	return jobs.Result{
		Seq: row.Seq, Action: row.Action, Outcome: outcome, Code: code, Account: Account, RequestID: "4711", Attempts: 1, HTTPStatus: 200,
		Started: Began, Duration: 20 * time.Millisecond,
	}
}

// Never is for results that must not be lost.
func Never(t testing.TB) func(error) {
	return func(err error) { t.Errorf("a result was lost: %v", err) }
}

// Record has a row's end written down.
func Record(t testing.TB, run *ledger.Run, row jobs.Row, outcome jobs.Outcome, code jobs.Code) {
	t.Helper()
	require.NoError(t, run.Record(&row, new(Result(row, outcome, code)), Never(t)))
}

// Begins has a row's intent written down.
func Begins(t testing.TB, run *ledger.Run, row jobs.Row) *ledger.Act {
	t.Helper()
	act := run.Intend(Account, &row, jobs.Standing{})
	require.NoError(t, act.Begin(t.Context()))
	return act
}

// Sends takes a row's command to its outcome, as far as the ledger sees it.
func Sends(t testing.TB, run *ledger.Run, row jobs.Row, outcome jobs.Outcome) {
	t.Helper()
	Begins(t, run, row)
	Record(t, run, row, outcome, "")
}

// SendsOver does so over the act that stands.
func SendsOver(t testing.TB, h *Handle, run *ledger.Run, row jobs.Row, outcome jobs.Outcome) {
	t.Helper()
	require.NoError(t, run.Intend(Account, &row, h.Stands(t, row.ICCID)).Begin(t.Context()))
	Record(t, run, row, outcome, "")
}

// Stands is how a SIM stands under Account.
func (h *Handle) Stands(t testing.TB, iccid jobs.ICCID) jobs.Standing {
	t.Helper()
	s, err := h.Standing(t.Context(), Account, iccid)
	require.NoError(t, err)
	return s
}

// States lists how the acts on a SIM stand, under all accounts, oldest first.
func (h *Handle) States(t testing.TB, iccid jobs.ICCID) (all []ledger.State) {
	t.Helper()
	acts, err := h.ActsOn(t.Context(), iccid)
	require.NoError(t, err)
	for _, a := range acts {
		all = append(all, a.State)
	}
	return all
}

// Recorded lists the results of a run.
func (h *Handle) Recorded(t testing.TB, run int64) (all []jobs.Result) {
	t.Helper()
	require.NoError(t, h.Flush(t.Context()))
	for r, err := range h.Results(t.Context(), run) {
		require.NoError(t, err)
		all = append(all, r)
	}
	return all
}
