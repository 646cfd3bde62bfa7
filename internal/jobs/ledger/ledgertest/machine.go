package ledgertest

import (
	"flag"
	"os"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"bulk/internal/jobs"
	_ "bulk/internal/jobs/dicetest" // BULK_SEED
	"bulk/internal/jobs/ledger"
)

var machineTests = []test{{"begun, lost, settled, taken over, resolved, sent again", testMachine}}

// Long reports whether there is time for the long form of a test.
func Long() bool { return os.Getenv("BULK_LONG") != "" }

// checks sets how often rapid draws, where the command line does not.
func checks(t *testing.T, few, many string) {
	t.Helper()
	n := few
	if Long() {
		n = many
	}
	if f := flag.Lookup("rapid.checks"); f != nil && f.Value.String() == f.DefValue {
		require.NoError(t, f.Value.Set(n))
		t.Cleanup(func() { _ = f.Value.Set(f.DefValue) })
	}
}

// testMachine holds a store against a model of what acts do: whatever is begun,
// lost, settled, taken over, said and sent again, in whatever order.
func testMachine(t *testing.T, p Place) {
	checks(t, "25", "600")
	handles := []*Handle{Opened(t, p), Opened(t, p)}
	base := 0
	rapid.Check(t, func(rt *rapid.T) {
		base += machineSIMs // acts are never deleted: each check has SIMs of its own
		m := &machine{t: t, handles: handles, base: base, sims: make([]simModel, machineSIMs)}
		m.handles[0].Take(t, Account)
		defer func() { m.holder().GiveBack(Account) }()
		m.begins()
		rt.Repeat(map[string]func(*rapid.T){
			"begin": m.begin, "begin again": m.beginAgain, "begin over what was read before": m.beginStale, "read": m.read, "begin without the account": m.beginFenced,
			"not sent": m.notSent, "record": m.record, "take over": m.takeOver, "resolve": m.resolve, "undo": m.undo,
			"": m.agree,
		})
	})
}

const machineSIMs = 3

// machine is a store and what is expected of it.
type machine struct {
	t       *testing.T
	handles []*Handle
	who     int // which handle holds the account
	base    int
	epoch   int
	tick    int
	seq     int
	run     *ledger.Run
	old     *ledger.Run // of the holder before; nil: there was none
	sims    []simModel
	flights []*flightModel
}

type simModel struct {
	acts []*actModel
	read *readModel // what was read of it before; nil: nothing
}

// actModel is an act as it should be.
type actModel struct {
	state, was ledger.State
	settled    int
	replaces   *actModel
	epoch      int
}

// readModel is what Standing gave, and of which act.
type readModel struct {
	standing jobs.Standing
	act      *actModel
	settled  int
	state    ledger.State
}

// flightModel is a command on its way, of a run that may be dead.
type flightModel struct {
	sim int
	run *ledger.Run
	row jobs.Row
	act *ledger.Act
	is  *actModel
}

func (m *machine) holder() *Handle { return m.handles[m.who] }

func (m *machine) iccid(sim int) jobs.ICCID { return SIM(m.base + sim) }

// begins begins a run for whoever holds the account.
func (m *machine) begins() {
	m.epoch++
	m.old = m.run
	run, err := m.holder().Start(m.t.Context(), Info(ledger.Real, "d"))
	require.NoError(m.t, err)
	m.run = run
}

var barring = []ledger.State{ledger.Intended, ledger.UnknownState, ledger.CannotTell, ledger.DoneState, ledger.ResolvedDone}

func (s *simModel) barred() *actModel {
	for _, a := range s.acts {
		if slices.Contains(barring, a.state) {
			return a
		}
	}
	return nil
}

func (a *actModel) isDone() bool {
	return a.state == ledger.DoneState || a.state == ledger.ResolvedDone
}

func (m *machine) sim(rt *rapid.T) int { return rapid.IntRange(0, machineSIMs-1).Draw(rt, "SIM") }

// sends begins a command as the holder, which must come out as expected.
func (m *machine) sends(sim int, over jobs.Standing, replaces *actModel, want error) {
	m.seq++
	f := &flightModel{sim: sim, run: m.run, row: Command(m.seq, m.iccid(sim), "L100")}
	f.act = m.run.Intend(Account, &f.row, over)
	err := f.act.Begin(m.t.Context())
	if want != nil {
		require.ErrorIs(m.t, err, want)
		return
	}
	require.NoError(m.t, err)
	m.took(f, replaces)
}

func (m *machine) took(f *flightModel, replaces *actModel) {
	if replaces != nil {
		replaces.was, replaces.state = replaces.state, ledger.Replaced
	}
	f.is = &actModel{state: ledger.Intended, replaces: replaces, epoch: m.epoch}
	m.sims[f.sim].acts = append(m.sims[f.sim].acts, f.is)
	m.flights = append(m.flights, f)
}

func (m *machine) begin(rt *rapid.T) {
	sim := m.sim(rt)
	var want error
	if m.sims[sim].barred() != nil {
		want = jobs.ErrBarred
	}
	m.sends(sim, jobs.Standing{}, nil, want)
}

func (m *machine) beginAgain(rt *rapid.T) {
	sim := m.sim(rt)
	stands := m.holder().Stands(m.t, m.iccid(sim))
	switch a := m.sims[sim].barred(); {
	case a == nil:
		m.sends(sim, stands, nil, nil)
	case a.isDone():
		m.sends(sim, stands, a, nil)
	default:
		m.sends(sim, stands, nil, jobs.ErrBarred)
	}
}

func (m *machine) read(rt *rapid.T) {
	sim := m.sim(rt)
	if a := m.sims[sim].barred(); a != nil && a.isDone() {
		m.sims[sim].read = &readModel{m.holder().Stands(m.t, m.iccid(sim)), a, a.settled, a.state}
	}
}

func (m *machine) beginStale(rt *rapid.T) {
	sim := m.sim(rt)
	r := m.sims[sim].read
	if r == nil {
		return
	}
	if r.act.settled == r.settled && r.act.state == r.state {
		m.sends(sim, r.standing, r.act, nil)
		return
	}
	m.sends(sim, r.standing, nil, jobs.ErrBarred)
}

func (m *machine) beginFenced(rt *rapid.T) {
	if m.old == nil {
		return
	}
	row := Command(0, m.iccid(m.sim(rt)), "L100")
	require.ErrorIs(m.t, m.old.Intend(Account, &row, jobs.Standing{}).Begin(m.t.Context()), ledger.ErrFenced)
}

// lands takes one of the commands that are on their way.
func (m *machine) lands(rt *rapid.T) *flightModel {
	if len(m.flights) == 0 {
		return nil
	}
	i := rapid.IntRange(0, len(m.flights)-1).Draw(rt, "flight")
	f := m.flights[i]
	m.flights = slices.Delete(m.flights, i, i+1)
	return f
}

// settle is what an outcome does, if nobody has said anything.
func (m *machine) settle(a *actModel, to ledger.State) {
	if a.state != ledger.Intended && a.state != ledger.UnknownState {
		return
	}
	m.tick++
	a.state, a.settled = to, m.tick
	if to == ledger.NotSentState || to == ledger.RefusedState {
		a.restore()
	}
}

func (a *actModel) restore() {
	if r := a.replaces; r != nil && r.state == ledger.Replaced {
		r.state, r.was = r.was, ""
	}
}

func (m *machine) notSent(rt *rapid.T) {
	if f := m.lands(rt); f != nil {
		require.NoError(m.t, f.act.NotSent())
		m.settle(f.is, ledger.NotSentState)
	}
}

func (m *machine) record(rt *rapid.T) {
	outcome := rapid.SampledFrom([]jobs.Outcome{jobs.OK, jobs.Failed, jobs.Unknown}).Draw(rt, "outcome")
	if f := m.lands(rt); f != nil {
		r := Result(f.row, outcome, "")
		require.NoError(m.t, f.run.Record(&f.row, &r, Never(m.t)))
		m.settle(f.is, map[jobs.Outcome]ledger.State{jobs.OK: ledger.DoneState, jobs.Failed: ledger.RefusedState, jobs.Unknown: ledger.UnknownState}[outcome])
	}
}

// takeOver is another process that takes the account: what is on its way is
// unknown, for all that it can know.
func (m *machine) takeOver(*rapid.T) {
	m.holder().GiveBack(Account)
	m.who = 1 - m.who
	hold, err := m.holder().Hold(m.t.Context(), []string{Account}, 0)
	require.NoError(m.t, err)
	m.holder().held[Account] = hold
	doubted := 0
	m.tick++
	for _, s := range m.sims {
		for _, a := range s.acts {
			if a.state == ledger.Intended {
				a.state, a.settled = ledger.UnknownState, m.tick
				doubted++
			}
		}
	}
	require.Equal(m.t, doubted, hold.Doubted)
	m.begins()
}

func (m *machine) resolve(rt *rapid.T) {
	sim := m.sim(rt)
	v := rapid.SampledFrom([]ledger.Verdict{ledger.FoundDone, ledger.FoundNotDone, ledger.NotToBeTold}).Draw(rt, "verdict")
	to := map[ledger.Verdict]ledger.State{ledger.FoundDone: ledger.ResolvedDone, ledger.FoundNotDone: ledger.ResolvedNotDone, ledger.NotToBeTold: ledger.CannotTell}[v]
	want := 0
	m.tick++
	for _, a := range m.sims[sim].acts {
		if (a.state == ledger.UnknownState || a.state == ledger.CannotTell) && a.state != to {
			a.state, a.settled = to, m.tick
			if to == ledger.ResolvedNotDone {
				a.restore()
			}
			want++
		}
	}
	n, err := m.handles[rapid.IntRange(0, 1).Draw(rt, "handle")].Resolve(m.t.Context(), Account, m.iccid(sim), v, "", "ann", "looked")
	require.NoError(m.t, err)
	require.Equal(m.t, want, n)
}

func (m *machine) undo(rt *rapid.T) {
	sim := m.sim(rt)
	acts := m.sims[sim].acts
	last := -1
	for i, a := range acts {
		if a.state == ledger.CannotTell || a.state == ledger.ResolvedDone || a.state == ledger.ResolvedNotDone {
			last = i
		}
	}
	ok, err := m.holder().Undo(m.t.Context(), Account, m.iccid(sim), "ann", "wrong")
	switch {
	case last >= 0 && last < len(acts)-1:
		require.ErrorIs(m.t, err, ledger.ErrSentLater)
		return
	case last < 0:
		require.NoError(m.t, err)
		require.False(m.t, ok)
		return
	}
	require.NoError(m.t, err)
	require.True(m.t, ok)
	m.tick++
	a := acts[last]
	a.state, a.settled = ledger.UnknownState, m.tick
	if r := a.replaces; r != nil && r.isDone() {
		r.was, r.state = r.state, ledger.Replaced
	}
}

// agree holds the store against the model, by either handle.
func (m *machine) agree(*rapid.T) {
	for _, h := range m.handles {
		for sim := range m.sims {
			var want []ledger.State
			barred := 0
			for _, a := range m.sims[sim].acts {
				want = append(want, a.state)
				if slices.Contains(barring, a.state) {
					barred++
				}
			}
			require.LessOrEqual(m.t, barred, 1)
			require.Equal(m.t, want, h.States(m.t, m.iccid(sim)))
			stands := jobs.Untouched
			switch a := m.sims[sim].barred(); {
			case a == nil:
			case a.isDone():
				stands = jobs.DoneEarlier
			default:
				stands = jobs.InDoubt
			}
			require.Equal(m.t, stands, h.Stands(m.t, m.iccid(sim)).State)
		}
	}
}
