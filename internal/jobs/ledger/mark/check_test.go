package mark_test

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	_ "bulk/internal/jobs/dicetest" // BULK_SEED
	"bulk/internal/jobs/ledger/mark"
)

// history is a ledger as a list of confirmed acts of one account, by number.
type history struct {
	id, place string
	acts      []mark.Act
	loss      time.Time
}

func (h *history) Identity() string { return h.id }
func (h *history) Place() string    { return h.place }

func (h *history) ActAt(_ context.Context, number int64) (mark.Act, bool, error) {
	i := slices.IndexFunc(h.acts, func(a mark.Act) bool { return a.Number == number })
	if i < 0 {
		return mark.Act{}, false, nil
	}
	return h.acts[i], true, nil
}

func (h *history) LastAct(context.Context, string) (mark.Act, bool, error) {
	if len(h.acts) == 0 {
		return mark.Act{}, false, nil
	}
	return h.acts[len(h.acts)-1], true, nil
}

func (h *history) LossAccepted(context.Context, string) (time.Time, error) { return h.loss, nil }

func (h *history) copy() *history {
	return &history{id: h.id, place: h.place, acts: slices.Clone(h.acts), loss: h.loss}
}

// upTo is a ledger with so many acts.
func upTo(n int64) *history {
	h := &history{id: "one", place: "/ledger.db"}
	for i := range n {
		h.acts = append(h.acts, act(i+1))
	}
	return h
}

func TestCheck(t *testing.T) {
	otherSIM := upTo(9)
	otherSIM.acts[6].SIM = "8944500102030001028"
	otherTime := upTo(9)
	otherTime.acts[6].At = otherTime.acts[6].At.Add(time.Millisecond)
	another := upTo(9)
	another.id = "two"
	empty := &history{id: "two", place: "/ledger.db"}
	elsewhere := upTo(9)
	elsewhere.id, elsewhere.place = "two", "/other.db"
	accepted := upTo(5)
	accepted.loss = noon.Add(time.Minute)
	allGone := &history{id: "one", place: "/ledger.db", loss: noon.Add(time.Minute)}
	before := upTo(5)
	before.loss = noon // a loss of long ago
	swapped := &history{id: "two", place: "/ledger.db", loss: noon.Add(time.Minute)}
	for _, c := range []struct {
		what                                           string
		unmarked                                       bool // this machine has never seen a ledger
		ledger                                         *history
		refused, missing, wasSwapped, accepted, warned bool
	}{
		{what: "as it was", ledger: upTo(7)},
		{what: "further on, from another machine", ledger: upTo(9)},
		{what: "a backup", ledger: upTo(6), refused: true, missing: true},
		{what: "a backup, with other acts since", ledger: otherSIM, refused: true, missing: true},
		{what: "the same SIM at another time", ledger: otherTime, refused: true, missing: true},
		{what: "another ledger in its place", ledger: another, refused: true, missing: true, wasSwapped: true},
		{what: "an empty one in its place", ledger: empty, refused: true, missing: true, wasSwapped: true},
		{what: "another ledger at another place", ledger: elsewhere, warned: true},
		{what: "an accepted loss", ledger: accepted, missing: true, accepted: true},
		{what: "an accepted loss of all", ledger: allGone, missing: true, accepted: true},
		{what: "a loss accepted before", ledger: before, refused: true, missing: true},
		{what: "an accepted swap", ledger: swapped, missing: true, wasSwapped: true, accepted: true},
		{what: "no mark, and acts", unmarked: true, ledger: upTo(3), warned: true},
		{what: "no mark, no acts", unmarked: true, ledger: empty},
	} {
		t.Run(c.what, func(t *testing.T) {
			f := mark.In(t.TempDir())
			if !c.unmarked {
				require.NoError(t, f.Note(t.Context(), upTo(7), "a", mark.Finding{}, noon))
			}
			got, err := f.Check(t.Context(), c.ledger, "a")
			require.NoError(t, err)
			require.Equal(t, []bool{c.refused, c.missing, c.wasSwapped, c.accepted, c.warned},
				[]bool{got.Refused(), got.Missing != nil, got.Swapped, got.Accepted, got.Unmarked})
			if c.missing {
				require.Equal(t, act(7), got.Missing.Act)
			}

			// Noted: what is refused stays so, all else is right from then on.
			require.NoError(t, f.Note(t.Context(), c.ledger, "a", got, noon.Add(time.Hour)))
			again, err := f.Check(t.Context(), c.ledger, "a")
			require.NoError(t, err)
			require.Equal(t, c.refused, again.Refused())
			require.False(t, again.Unmarked)
			if c.accepted {
				require.Nil(t, again.Missing, "said once")
			}
			if last, any, _ := c.ledger.LastAct(t.Context(), "a"); any && !c.refused {
				m, found, err := f.Of(t.Context(), c.ledger.id, "a")
				require.NoError(t, err)
				require.True(t, found)
				require.Equal(t, last, m.Act)
				require.Nil(t, again.Missing)
			}
		})
	}
}

// The swapped ledger that comes back is held against its own mark.
func TestASwappedLedgerComesBack(t *testing.T) {
	f := mark.In(t.TempDir())
	require.NoError(t, f.Note(t.Context(), upTo(7), "a", mark.Finding{}, noon))
	other := &history{id: "two", place: "/ledger.db", acts: []mark.Act{act(100)}, loss: noon.Add(time.Minute)}
	found, err := f.Check(t.Context(), other, "a")
	require.NoError(t, err)
	require.True(t, found.Accepted)
	require.NoError(t, f.Note(t.Context(), other, "a", found, noon))

	old := upTo(6)
	found, err = f.Check(t.Context(), old, "a")
	require.NoError(t, err)
	require.True(t, found.Refused())
	require.False(t, found.Swapped, "its own act is missing before all else")
	whole := upTo(7)
	found, err = f.Check(t.Context(), whole, "a")
	require.NoError(t, err)
	require.True(t, found.Refused(), "now the other one's acts are missing")
	require.True(t, found.Swapped)
	require.Equal(t, act(100), found.Missing.Act)
}

// Whatever is done to a ledger: if it lacks the act that this machine noted last, it is
// refused until a person accepts that; if it has all that was ever noted, it is not.
func TestNoLossGoesUnnoticed(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		w := &world{t: t, f: mark.In(t.TempDir()), now: noon}
		w.beginAnew()
		// Few of them, for each mark is flushed to the disk.
		for _, do := range rapid.SliceOfN(rapid.SampledFrom(w.deeds()), 3, 14).Draw(rt, "deeds") {
			rt.Log(do.name)
			do.do(rt)
		}
		w.start()
	})
}

// world is a ledger, its backups, and what this machine saw of them.
type world struct {
	t       *testing.T
	f       mark.Folder
	now     time.Time
	ledger  *history
	backups []*history
	ids     int
	last    *history // as it was at the last start that was not refused; nil: there was none
	every   []mark.Act
}

type deed struct {
	name string
	do   func(*rapid.T)
}

func (w *world) deeds() []deed {
	return []deed{
		{"act", func(*rapid.T) { w.act() }},
		{"back up", func(*rapid.T) { w.backups = append(w.backups, w.ledger.copy()) }},
		{"restore", func(t *rapid.T) {
			if len(w.backups) > 0 {
				w.ledger = rapid.SampledFrom(w.backups).Draw(t, "backup").copy()
			}
		}},
		{"begin anew", func(*rapid.T) { w.beginAnew() }},
		{"accept", func(*rapid.T) { w.now = w.now.Add(time.Second); w.ledger.loss = w.now }},
		{"start", func(*rapid.T) { w.start() }},
	}
}

func (w *world) act() {
	w.now = w.now.Add(time.Second)
	n := int64(1)
	if last, any, _ := w.ledger.LastAct(w.t.Context(), "a"); any {
		n = last.Number + 1
	}
	w.ledger.acts = append(w.ledger.acts, mark.Act{Number: n, SIM: "8944500102030001010", At: w.now})
}

func (w *world) beginAnew() {
	w.ids++
	w.ledger = &history{id: string(rune('A' + w.ids)), place: "/ledger.db"}
}

func (w *world) start() {
	found, err := w.f.Check(w.t.Context(), w.ledger, "a")
	require.NoError(w.t, err)
	if w.last != nil {
		last, any, _ := w.last.LastAct(w.t.Context(), "a")
		lacks := any && (w.ledger.id != w.last.id || !slices.ContainsFunc(w.ledger.acts, last.Is))
		if lacks && !w.ledger.loss.After(last.At) {
			require.True(w.t, found.Refused(), "the last act that was seen is missing")
		}
	}
	has := func(a mark.Act) bool { return slices.ContainsFunc(w.ledger.acts, a.Is) }
	if !slices.ContainsFunc(w.every, func(a mark.Act) bool { return !has(a) }) {
		require.False(w.t, found.Refused(), "nothing is missing")
	}
	if !w.ledger.loss.IsZero() && w.ledger.loss.Equal(w.now) {
		require.False(w.t, found.Refused(), "it was accepted just now")
	}
	require.NoError(w.t, w.f.Note(w.t.Context(), w.ledger, "a", found, w.now))
	if !found.Refused() {
		w.last = w.ledger.copy()
		w.every = append(w.every, w.ledger.acts...)
	}
}
