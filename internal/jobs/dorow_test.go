package jobs

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

const (
	status   = "ask query_status"
	contract = "ask query_contract"
)

// all is what happens for a command where nothing is in its way.
var all = []string{"standing", status, contract, "begin", "send L1"}

func TestPreconditionsInOrder(t *testing.T) {
	at := time.Date(2026, 9, 1, 12, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		name    string
		world   world
		change  func(*Deps, *Row)
		outcome Outcome
		code    Code
		says    string
		events  []string
	}{
		{name: "nothing in the way", outcome: OK, events: all},
		{name: "wrong in itself", change: func(_ *Deps, r *Row) { r.Fault = &Fault{Invalid, GroupMissing, "No group."} },
			outcome: Invalid, code: GroupMissing, says: "No group.", events: nil},

		{name: "done already", world: world{standing: Standing{State: DoneEarlier, Group: "L1", At: at, Settled: at, Run: 4}},
			outcome: Skipped, code: AlreadyDone, says: "2026-09-01 12:00:00 UTC in run 4", events: all[:1]},
		{name: "done with another group", world: world{standing: Standing{State: DoneEarlier, Group: "L9", At: at, Settled: at, Run: 4}},
			outcome: Rejected, code: ConflictsWithEarlier, says: "L9", events: all[:1]},
		{name: "done already, --again", world: world{standing: Standing{State: DoneEarlier, Group: "L1", At: at, Settled: at, Run: 4}},
			change: func(d *Deps, _ *Row) { d.Again = Again{Run: 5, Before: at.Add(time.Hour)} }, outcome: OK, events: all},
		{name: "done with another group, --again", world: world{standing: Standing{State: DoneEarlier, Group: "L9", At: at, Settled: at, Run: 4}},
			change: func(d *Deps, _ *Row) { d.Again = Again{Run: 5, Before: at.Add(time.Hour)} }, outcome: OK, events: all},
		{name: "in doubt", world: world{standing: Standing{State: InDoubt, Group: "L1", At: at, Run: 4}},
			outcome: Unknown, code: StillUnknown, says: "bulk resolve " + string(testSIM) + " --reason TEXT", events: all[:1]},
		{name: "in doubt since no answer came", world: world{standing: Standing{State: InDoubt, Group: "L1", At: at, Run: 4, Code: Timeout}},
			outcome: Unknown, code: StillUnknown, says: "in run 4; no answer came in time. Nobody knows", events: all[:1]},
		{name: "in doubt since the process died", world: world{standing: Standing{State: InDoubt, Group: "L1", At: at, Run: 4, Code: Interrupted}},
			outcome: Unknown, code: StillUnknown, says: "in run 4; the process ended before an answer came. Nobody knows", events: all[:1]},
		{name: "in doubt by another ledger's word", world: world{standing: Standing{State: InDoubt, Group: "L1", At: at, Run: 4, Code: Interrupted, Imported: true}},
			outcome: Unknown, code: StillUnknown, says: "group L1, was sent on " + at.Format(time.DateTime) + " UTC, not by this ledger: run 4, an import, says so. Nobody knows", events: all[:1]},
		{name: "in doubt by another ledger's word, into an unknown group", world: world{standing: Standing{State: InDoubt, At: at, Run: 4, Imported: true}},
			outcome: Unknown, code: StillUnknown, says: "A command for this SIM was sent on", events: all[:1]},
		{name: "in doubt, which --again does not override", world: world{standing: Standing{State: InDoubt, Group: "L9", At: at, Run: 4}},
			change: func(d *Deps, _ *Row) { d.Again = Again{Run: 5, Before: at.Add(time.Hour)} }, outcome: Unknown, code: StillUnknown, events: all[:1]},
		{name: "in doubt, although the group is wrong as well", world: world{standing: Standing{State: InDoubt, Group: "L1", At: at, Run: 4}},
			change: func(_ *Deps, r *Row) { r.Group = "nowhere" }, outcome: Unknown, code: StillUnknown, events: all[:1]},
		{name: "done already, although the group is wrong as well", world: world{standing: Standing{State: DoneEarlier, Group: "S1", At: at, Settled: at, Run: 4}},
			change: func(_ *Deps, r *Row) { r.Group = "S1" }, outcome: Skipped, code: AlreadyDone, events: all[:1]},
		{name: "the ledger cannot be read", world: world{ledger: errDisk},
			outcome: NotRun, code: Aborted, says: "No space left", events: all[:1]},

		{name: "a group that is not in the catalogue", change: func(_ *Deps, r *Row) { r.Group = "L2" },
			outcome: Rejected, code: GroupUnknown, events: all[:1]},
		{name: "a group's name", change: func(_ *Deps, r *Row) { r.Group = "Fleet" },
			outcome: Rejected, code: GroupUnknown, says: "the name of group L1", events: all[:1]},
		{name: "a group that is not live", change: func(_ *Deps, r *Row) { r.Group = "S1" },
			outcome: Rejected, code: GroupNotLive, events: all[:1]},
		{name: "the group comes before the current group", change: func(_ *Deps, r *Row) { r.Group, r.CurrentGroup = "S1", "L1" },
			outcome: Rejected, code: GroupNotLive, events: all[:1]},
		{name: "a current group that is not in the catalogue", change: func(_ *Deps, r *Row) { r.CurrentGroup = "X" },
			outcome: Rejected, code: GroupUnknown, events: all[:1]},
		{name: "a current group that is not pending", change: func(_ *Deps, r *Row) { r.CurrentGroup = "Fleet" },
			outcome: Rejected, code: SIMNotPending, events: all[:1]},
		{name: "a current group that is pending", change: func(_ *Deps, r *Row) { r.CurrentGroup = "Starter" }, outcome: OK, events: all},
		{name: "no group check", change: func(d *Deps, r *Row) { d.Catalog, r.Group, r.CurrentGroup = nil, "L1", "L1" },
			outcome: OK, says: "not checked (--no-group-check)", events: all},

		{name: "a SIM that is not known", world: world{answers: map[Action]Answer{QueryStatus: refuse(SIMUnknown)}},
			outcome: Rejected, code: SIMUnknown, events: all[:2]},
		{name: "a closed SIM", world: world{answers: map[Action]Answer{QueryStatus: read("sim_status", "Closed")}},
			outcome: Rejected, code: SIMClosed, events: all[:3]},
		{name: "a status that cannot be had", world: world{answers: map[Action]Answer{QueryStatus: {Verdict: MaybeSent, Code: Timeout, Attempts: 5}}},
			outcome: Failed, code: Timeout, events: all[:2]},
		{name: "a contract in force", world: world{answers: map[Action]Answer{QueryContract: read("contract_type", "2", "contract_months_remaining", "11")}},
			outcome: Rejected, code: ContractInForce, says: "type 2 with 11 months", events: all[:3]},
		{name: "a contract that has run out", world: world{answers: map[Action]Answer{QueryContract: read("contract_type", "1", "contract_months_remaining", "0")}},
			outcome: OK, events: all},
		{name: "closed comes before a contract", world: world{answers: map[Action]Answer{
			QueryStatus: read("sim_status", "closed"), QueryContract: read("contract_type", "1", "contract_months_remaining", "2")}},
			outcome: Rejected, code: SIMClosed, events: all[:3]},
		{name: "the status alone is looked at", change: func(d *Deps, _ *Row) { d.Preflight.Contract = false },
			outcome: OK, events: []string{"standing", status, "begin", "send L1"}},
		{name: "the contract alone is looked at", change: func(d *Deps, _ *Row) { d.Preflight.Status = false },
			outcome: OK, events: []string{"standing", contract, "begin", "send L1"}},
		{name: "nothing is looked at", change: func(d *Deps, _ *Row) { d.Preflight = Preflight{} },
			outcome: OK, events: []string{"standing", "begin", "send L1"}},

		{name: "a dry run", change: func(d *Deps, _ *Row) { d.Command = nil }, outcome: Planned, events: all[:3]},
		{name: "a dry run without a catalogue", change: func(d *Deps, _ *Row) { d.Command, d.Catalog = nil, nil },
			outcome: Planned, says: "--no-group-check", events: all[:3]},
		{name: "the intent cannot be written", world: world{begin: errDisk},
			outcome: NotRun, code: Aborted, says: "No space left", events: all[:4]},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := c.world
			d, row := w.deps(), commandRow()
			if c.change != nil {
				c.change(&d, &row)
			}
			r := DoRow(t.Context(), &d, nil, &row)
			require.Equal(t, c.outcome, r.Outcome, r.Description)
			require.Equal(t, c.code, r.Code)
			require.Contains(t, r.Description, c.says)
			require.Equal(t, c.events, w.events)
			require.Equal(t, 3, r.Seq)
			require.Equal(t, SetAAGroup, r.Action)
			require.Positive(t, r.Duration)
			if row.Fault == nil {
				require.Equal(t, testAccount, r.Account)
			}
			if r.Code != "" {
				require.NotEmpty(t, r.Description)
			}
			require.Equal(t, r.Outcome == NotRun, r.Ends == EndsDisk)
		})
	}
}

func TestInterruptedBeforeAnythingIrreversible(t *testing.T) {
	for _, ledger := range []error{nil, context.Canceled, errDisk} {
		w := world{ledger: ledger}
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		r := DoRow(ctx, new(w.deps()), nil, new(commandRow()))
		require.Equal(t, NotRun, r.Outcome)
		require.Equal(t, Interrupted, r.Code)
		require.Equal(t, EndsNot, r.Ends, "an interruption is no trouble with the disk")
		require.Zero(t, w.count("begin"))
	}
	w := world{answers: map[Action]Answer{QueryContract: {Verdict: SurelyNotSent, Code: Interrupted, Attempts: 1}}}
	r := DoRow(t.Context(), new(w.deps()), nil, new(commandRow()))
	require.Equal(t, NotRun, r.Outcome)
	require.Equal(t, all[:3], w.events)
	require.Zero(t, r.Attempts, "the command was not sent")
}

func TestCommandAnswers(t *testing.T) {
	none := func(d *Deps) { d.Preflight = Preflight{} }
	for _, c := range []struct {
		name    string
		command Answer
		answers map[Action]Answer
		change  func(*Deps)
		outcome Outcome
		code    Code
		says    string
		asked   int // query_status, in all
	}{
		{name: "done", outcome: OK, asked: 1},
		{name: "no answer in time", command: Answer{Verdict: MaybeSent, Code: Timeout, Attempts: 1},
			outcome: Unknown, code: Timeout, says: "may have been done. Look the SIM up in the portal, then tell bulk with: bulk resolve " + string(testSIM), asked: 1},
		{name: "cut off while it was on its way", command: Answer{Verdict: MaybeSent, Code: Interrupted, Attempts: 1},
			outcome: Unknown, code: Interrupted, asked: 1},
		{name: "interrupted before it was sent", command: Answer{Verdict: SurelyNotSent, Code: Interrupted}, outcome: NotRun, code: Interrupted, asked: 1},
		{name: "aborted before it was sent", command: Answer{Verdict: SurelyNotSent, Code: Aborted, Detail: "It was down."},
			outcome: NotRun, code: Aborted, says: "It was down.", asked: 1},
		{name: "throttled to the end", command: Answer{Verdict: SurelyNotSent, Code: Throttled, Attempts: 5}, outcome: Failed, code: Throttled, asked: 1},
		{name: "invalid group", command: refuse(GroupNotLive), outcome: Failed, code: GroupNotLive, asked: 1},
		{name: "no permission", command: refuse(PermissionDenied), outcome: Failed, code: PermissionDenied, asked: 1},
		{name: "invalid iccid, and the SIM was seen", command: refuse(SIMUnknown), outcome: Failed, code: SIMNotPending, asked: 1},
		{name: "invalid iccid, and the contract was seen", command: refuse(SIMUnknown), change: func(d *Deps) { d.Preflight.Status = false },
			outcome: Failed, code: SIMNotPending, asked: 0},
		{name: "invalid iccid, nothing was looked at, the SIM is there", command: refuse(SIMUnknown), change: none,
			outcome: Failed, code: SIMNotPending, asked: 1},
		{name: "invalid iccid, nothing was looked at, the SIM is not there", command: refuse(SIMUnknown), change: none,
			answers: map[Action]Answer{QueryStatus: refuse(SIMUnknown)}, outcome: Failed, code: SIMUnknown, asked: 1},
		{name: "invalid iccid, and it cannot be found out", command: refuse(SIMUnknown), change: none,
			answers: map[Action]Answer{QueryStatus: {Verdict: MaybeSent, Code: Timeout, Attempts: 5}},
			outcome: Failed, code: UpstreamError, says: "could not be found out", asked: 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := world{command: c.command, answers: c.answers}
			d := w.deps()
			if c.change != nil {
				c.change(&d)
			}
			r := DoRow(t.Context(), &d, nil, new(commandRow()))
			require.Equal(t, c.outcome, r.Outcome, r.Description)
			require.Equal(t, c.code, r.Code)
			require.Contains(t, r.Description, c.says)
			require.Equal(t, c.asked, w.count(status), "never the same question twice for one row")
			require.LessOrEqual(t, w.count(contract), 1)
			require.Equal(t, 1, w.count("send L1"))
			if c.command.UpstreamError != "" {
				require.Equal(t, "their words", r.UpstreamError, "the upstream's own words are kept")
				require.Equal(t, "refused", r.RequestID)
			}
		})
	}
}

// Rows of a plan are checked again, and held against what the plan saw.
func TestPlannedRows(t *testing.T) {
	seen := func(pairs ...any) *Prior {
		return &Prior{Outcome: Planned, Cells: ResultRow{Data: *read(pairs...).Data}}
	}
	for _, c := range []struct {
		name    string
		prior   *Prior
		answers map[Action]Answer
		pre     Preflight
		outcome Outcome
		code    Code
		says    string
		events  []string
	}{
		{"as the plan saw it", seen("sim_status", "active"), nil, Preflight{true, true}, OK, "", "", all},
		{"another status", seen("sim_status", "deactivated"), nil, Preflight{true, true}, Rejected, StateChanged,
			"sim_status was deactivated in the plan and is active now", all[:3]},
		{"a contract since", seen("sim_status", "active"), map[Action]Answer{QueryContract: read("contract_type", "1", "contract_months_remaining", "12")},
			Preflight{true, true}, Rejected, StateChanged, "contract_type was empty in the plan and is 1 now", all[:3]},
		{"closed since: the change is what counts", seen("sim_status", "active"), map[Action]Answer{QueryStatus: read("sim_status", "closed")},
			Preflight{true, true}, Rejected, StateChanged, "", all[:3]},
		{"gone since", seen("sim_status", "active"), map[Action]Answer{QueryStatus: refuse(SIMUnknown)},
			Preflight{true, true}, Rejected, SIMUnknown, "", all[:2]},
		{"what the plan saw is looked at, whatever --preflight says", seen("sim_status", "deactivated"), nil, Preflight{}, Rejected, StateChanged, "", all[:2]},
		{"the contract likewise", seen("contract_type", "1", "contract_months_remaining", "0"),
			map[Action]Answer{QueryContract: read("contract_type", "1", "contract_months_remaining", "0")}, Preflight{}, OK, "",
			"", []string{"standing", contract, "begin", "send L1"}},
		{"a plan that looked at nothing", seen(), nil, Preflight{}, OK, "", "", []string{"standing", "begin", "send L1"}},
		{"a plan that looked at nothing, with checks now", seen(), nil, Preflight{true, true}, OK, "", "", all},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := world{answers: c.answers}
			d, row := w.deps(), commandRow()
			d.Plan, d.Preflight, row.Prior = true, c.pre, c.prior
			r := DoRow(t.Context(), &d, nil, &row)
			require.Equal(t, c.outcome, r.Outcome, r.Description)
			require.Equal(t, c.code, r.Code)
			require.Contains(t, r.Description, c.says)
			require.Equal(t, c.events, w.events)
		})
	}
	t.Run("a result file that is no plan is not held against", func(t *testing.T) {
		w := world{}
		row := commandRow()
		row.Prior = seen("sim_status", "deactivated")
		require.Equal(t, OK, DoRow(t.Context(), new(w.deps()), nil, &row).Outcome)
	})
}

// attempts are the requests of the row's own action: none where a live check stopped it,
// and none of those that tell afterwards why it was refused.
func TestAttemptsOfTheRowsOwnAction(t *testing.T) {
	closed := map[Action]Answer{QueryStatus: {Verdict: Done, Attempts: 2, HTTPStatus: 200, Data: &Data{SIMStatus: "closed"}}}
	silent := map[Action]Answer{QueryStatus: {Verdict: MaybeSent, Code: Timeout, Attempts: 5, RequestID: "1"}}
	for name, c := range map[string]struct {
		world world
		pre   Preflight
		want  int
		asked bool
	}{
		"sent once":                      {world{}, Preflight{true, true}, 1, true},
		"sent again":                     {world{command: Answer{Verdict: SurelyNotSent, Code: Throttled, Attempts: 3, HTTPStatus: 429}}, Preflight{true, true}, 3, true},
		"refused, and told apart after":  {world{command: Answer{Verdict: Refused, Code: SIMUnknown, Attempts: 1, HTTPStatus: 200}}, Preflight{}, 1, true},
		"stopped by a live check":        {world{answers: closed}, Preflight{true, true}, 0, true},
		"a live check without an answer": {world{answers: silent}, Preflight{true, true}, 0, true},
		"stopped before any request":     {world{standing: Standing{State: DoneEarlier, Group: "L1"}}, Preflight{true, true}, 0, false},
	} {
		t.Run(name, func(t *testing.T) {
			d, row := c.world.deps(), commandRow()
			d.Preflight = c.pre
			r := DoRow(t.Context(), &d, nil, &row)
			require.Equal(t, c.want, r.Attempts)
			require.Equal(t, c.asked, r.Asked())
		})
	}
	repeated := Result{Action: QueryStatus, Outcome: OK, RequestID: "1", HTTPStatus: 200}
	require.False(t, repeated.Asked(), "a read whose answer was there already")
}

// http_status is that of the answer that decided: a command that timed out has
// none, whatever its checks were answered with.
func TestHTTPStatusOfTheAnswerThatDecided(t *testing.T) {
	for name, c := range map[string]struct {
		command Answer
		want    int
	}{
		"a time-out":                  {Answer{Verdict: MaybeSent, Code: Timeout, Attempts: 1}, 0},
		"an answer":                   {Answer{Verdict: Done, Attempts: 1, HTTPStatus: 200}, 200},
		"refused, told apart by read": {Answer{Verdict: Refused, Code: SIMUnknown, Attempts: 1, HTTPStatus: 400}, 400},
		"never sent":                  {Answer{Verdict: SurelyNotSent, Code: Aborted}, 200},
	} {
		t.Run(name, func(t *testing.T) {
			w := world{command: c.command}
			d, row := w.deps(), commandRow()
			require.Equal(t, c.want, DoRow(t.Context(), &d, nil, &row).HTTPStatus)
		})
	}
}
