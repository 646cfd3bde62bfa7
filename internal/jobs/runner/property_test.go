package runner

import (
	"context"
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"bulk/internal/jobs"
	_ "bulk/internal/jobs/dicetest" // BULK_SEED
	"bulk/internal/jobs/ledger"
)

// Whatever is killed when, and whatever an upstream does: no command reaches it
// twice for a SIM, each row comes to one end, and that is the truth.
func TestWhateverIsKilledWhen(t *testing.T) {
	checks(t, "60", "500")
	rapid.Check(t, func(rt *rapid.T) {
		w, rows := drawn(rt)
		defer os.RemoveAll(w.dir)
		r := rigged(t, &played{}, rows...)
		r.Guards.Canary = rapid.IntRange(0, 2).Draw(rt, "canary")
		r.Guards.MaxInDoubt = rapid.SampledFrom([]int{0, 2}).Draw(rt, "max in doubt")
		kills := rapid.SliceOfN(rapid.IntRange(1, 25), 0, 4)
		w.lives(r, kills.Draw(rt, "kills"))
		w.holds(r)
		w.resolve(r)
		w.lives(r, kills.Draw(rt, "kills after the resolution"))
		w.holds(r)
		r.close()
	})
}

// checks is how many cases rapid draws, unless that was said on the command
// line; more where there is time.
func checks(t *testing.T, few, many string) {
	f := flag.Lookup("rapid.checks")
	if f == nil || f.Value.String() != f.DefValue {
		return
	}
	before := f.Value.String()
	if os.Getenv("BULK_LONG") != "" {
		few = many
	}
	require.NoError(t, f.Value.Set(few))
	t.Cleanup(func() { require.NoError(t, f.Value.Set(before)) })
}

// lives takes the run to its end, through so many deaths.
func (w *treacherous) lives(r *rig, kills []int) {
	for stretch := 0; ; stretch++ {
		if stretch == 60 {
			w.t.Fatalf("the run does not come to an end: %v", r.outcomes())
		}
		left := 0
		if stretch < len(kills) {
			left = kills[stretch]
		}
		if w.live(r, left) {
			return
		}
	}
}

// resolve is a person who looks in the portal, and tells the truth.
func (w *treacherous) resolve(r *rig) {
	unknown, err := r.db.InDoubt(context.Background(), "")
	require.NoError(w.t, err)
	for _, e := range unknown {
		verdict := ledger.FoundNotDone
		if w.done[e.ICCID] != "" {
			verdict = ledger.FoundDone
		}
		_, err := r.db.Resolve(context.Background(), e.Account, e.ICCID, verdict, "", "ann", "looked")
		require.NoError(w.t, err)
	}
	clear(w.doubted)
	clear(w.lost)
	w.resolved = true
}

// drawn draws an input and what the upstream will do with it.
func drawn(rt *rapid.T) (*treacherous, []string) {
	dir, err := os.MkdirTemp("", "killed-*")
	require.NoError(rt, err)
	w := &treacherous{
		t: rt, dir: dir, plays: map[jobs.ICCID][]behaviour{}, fails: map[int]bool{}, turn: map[jobs.ICCID]int{},
		done: map[jobs.ICCID]string{}, doubted: map[jobs.ICCID]bool{}, under: map[jobs.ICCID]bool{}, lost: map[jobs.ICCID]bool{},
	}
	sims := rapid.IntRange(1, 8).Draw(rt, "SIMs")
	for n := range sims {
		w.plays[card(n)] = rapid.SliceOfN(rapid.Map(rapid.IntRange(0, int(behaviours)-1), func(i int) behaviour { return behaviour(i) }), 1, 3).
			Draw(rt, fmt.Sprint("plays ", n))
	}
	// Sooner or later a SIM's command comes to something else than throttling.
	for iccid, plays := range w.plays {
		w.plays[iccid] = append(plays, does)
	}
	for _, n := range rapid.SliceOfN(rapid.IntRange(1, 40), 0, 6).Draw(rt, "failing reads") {
		w.fails[n] = true
	}
	kinds := []string{"set_aa_group,L1,", "set_aa_group,L1,", "set_aa_group,L1,", "set_aa_group,L2,", "query_status,,", "query_contract,,", "get_euicc_profile,,"}
	rows := rapid.SliceOfN(rapid.Custom(func(rt *rapid.T) string {
		return string(card(rapid.IntRange(0, sims-1).Draw(rt, "SIM"))) + "," + rapid.SampledFrom(kinds).Draw(rt, "asks")
	}), 1, 16).Draw(rt, "rows")
	return w, rows
}

// live is one process: from its start to its end or its death. It reports whether
// the run is finished.
func (w *treacherous) live(r *rig, left int) (finished bool) {
	ctx, kill := context.WithCancel(context.Background())
	defer kill()
	l := &life{left: left, path: r.db.Path(), kill: kill}
	r.upstream.ask, r.upstream.command = w.ask(l), w.command(l)
	r.Deps.Ask, r.Deps.Command = r.upstream, witness{r.upstream, w, l}
	r.Observe = w.observe(l, r.db)
	report, err := r.prepare().Do(ctx, ctx)
	require.NoError(w.t, err)
	require.Empty(w.t, w.twice, "a second command for a SIM whose first may have been done")
	if l.dead == "" {
		require.NoError(w.t, r.ended(report))
		if strings.Contains(report.Cause, "canary") {
			w.resolve(r) // one that is in doubt bars the rest
		}
		return report.NotRun == 0 && report.Ending == Complete
	}
	r.close()
	r.reopen(l.dead)
	return false
}

// holds looks at what it all came to.
func (w *treacherous) holds(r *rig) {
	results := r.results()
	for row, err := range r.file.Rows(context.Background(), r.survey) {
		require.NoError(w.t, err)
		result, there := results[row.Seq]
		require.True(w.t, there, "line %d has no result", row.Line)
		what := fmt.Sprintf("line %d (%s): %s, %s", row.Line, strings.Join(row.Fields, ","), result.Outcome, result.Description)
		if !row.Action.Irreversible() || row.Fault != nil {
			require.NotEqual(w.t, jobs.Unknown, result.Outcome, what)
			continue
		}
		switch done := w.done[row.ICCID]; result.Outcome {
		case jobs.OK:
			require.Equal(w.t, row.Group, done, what)
		case jobs.Unknown:
			require.True(w.t, w.doubted[row.ICCID] || w.lost[row.ICCID], "there was no reason for a doubt: %s", what)
		case jobs.Skipped:
			require.True(w.t, w.resolved && result.Code == jobs.AlreadyDone && done == row.Group, what)
		case jobs.Failed:
			require.Empty(w.t, done, what)
			require.False(w.t, w.doubted[row.ICCID], what)
		default:
			w.t.Fatalf("no end for a command: %s", what)
		}
	}
	require.Len(w.t, results, r.survey.Rows, "each row once")
}
