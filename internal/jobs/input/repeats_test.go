package input

import (
	"context"
	"fmt"
	"hash/maphash"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"bulk/internal/jobs"
	_ "bulk/internal/jobs/dicetest" // BULK_SEED
)

// asked is a row as the model sees it.
type asked struct {
	sim    string
	other  bool // spelled with the check digit of its 19 digits
	action jobs.Action
	group  string
	bad    bool // the row has a fault of its own
	copied bool
}

func (a asked) counts() bool { return !a.bad && !a.copied }

// iccid is the SIM's number as the row spells it.
func (a asked) iccid() string {
	if a.other {
		return withCheckDigit(a.sim)
	}
	return a.sim
}

// same reports whether two rows ask for the same: commands for one SIM, however
// it is spelled; reads in one spelling.
func (a asked) same(b asked) bool {
	return a.sim == b.sim && a.action == b.action && (a.action.Irreversible() || a.other == b.other)
}

// withCheckDigit is the other spelling of a number of 19 digits.
func withCheckDigit(number string) string {
	for d := range 10 {
		if i := jobs.ICCID(fmt.Sprint(number, d)); i.LuhnOK() {
			return string(i)
		}
	}
	panic("no digit checks")
}

// judged is what the contract says about a row.
type judged struct {
	code       jobs.Code
	line       int    // of the other row, for a duplicate or a conflict
	group      string // of the other row, for a conflict
	sameReadAs int
}

// model decides each row by looking at every other one.
func model(rows []asked) []judged {
	out := make([]judged, len(rows))
	for i, row := range rows {
		out[i].sameReadAs = -1
		if !row.counts() {
			continue
		}
		first := -1
		for k, other := range rows {
			if k == i || !other.counts() || !row.same(other) {
				continue
			}
			if row.action.Irreversible() && other.group != row.group && out[i].code != jobs.ConflictingRows {
				out[i] = judged{jobs.ConflictingRows, k + 2, other.group, -1}
			}
			if k < i && first < 0 {
				first = k
			}
		}
		switch {
		case first < 0 || out[i].code != "":
		case row.action.Irreversible():
			out[i] = judged{jobs.DuplicateRow, first + 2, "", -1}
		default:
			out[i].sameReadAs = first
		}
	}
	return out
}

func drawRows(t *rapid.T) []asked {
	return rapid.SliceOfN(rapid.Custom(func(t *rapid.T) asked {
		a := asked{
			sim:    madeICCID(rapid.IntRange(0, 6).Draw(t, "sim")),
			other:  rapid.Bool().Draw(t, "other"),
			action: rapid.SampledFrom([]jobs.Action{jobs.SetAAGroup, jobs.SetAAGroup, jobs.QueryStatus, jobs.GetQRCode}).Draw(t, "action"),
			bad:    rapid.IntRange(0, 5).Draw(t, "bad") == 0,
			copied: rapid.IntRange(0, 3).Draw(t, "copied") == 0,
		}
		if a.action.Irreversible() {
			a.group = rapid.SampledFrom([]string{"A", "A", "A", "B", "C"}).Draw(t, "group")
		}
		return a
	}), 0, 25).Draw(t, "rows")
}

func write(rows []asked) string {
	var b strings.Builder
	b.WriteString("iccid,action,group,expect," + strings.Join(jobs.ResultColumns, ",") + "\n")
	for _, row := range rows {
		expect, outcome := "", "failed"
		if row.bad {
			expect = "nonsense"
		}
		if row.copied {
			outcome = "ok"
		}
		fmt.Fprintf(&b, "%s,%s,%s,%s,9,%s,,,,,,,,,\n", row.iccid(), row.action, row.group, expect, outcome)
	}
	return b.String()
}

// Duplicates, conflicts and repeated are exactly those of the quadratic model,
// whatever the hash does.
func TestRepeatsLikeTheModel(t *testing.T) {
	seed := maphash.MakeSeed()
	hashes := map[string]func(jobs.SIM) uint64{
		"good hash":            func(i jobs.SIM) uint64 { return maphash.String(seed, string(i)) },
		"everything collides":  func(jobs.SIM) uint64 { return 0 },
		"two values":           func(i jobs.SIM) uint64 { return uint64(i[17]&1) * 0xFFFF_FFFF_FFFF_FFFF },
		"one part, other tags": func(i jobs.SIM) uint64 { return maphash.String(seed, string(i)) >> partBits },
	}
	for name, hash := range hashes {
		t.Run(name, func(t *testing.T) {
			dir := t
			rapid.Check(t, func(t *rapid.T) {
				asks := drawRows(t)
				f, err := open(dir, write(asks), Options{Only: []jobs.Outcome{jobs.Failed}, Ordered: true})
				require.NoError(t, err)
				f.hash = hash
				s, err := f.Scan(context.Background())
				require.NoError(t, err)
				requireLikeModel(t, asks, all(dir, f, s), s)
			})
		})
	}
}

func requireLikeModel(t *rapid.T, asks []asked, rows []jobs.Row, s *Survey) {
	require.Len(t, rows, len(asks))
	groups, irreversible, repeated := map[string]int{}, 0, 0
	for i, want := range model(asks) {
		row, a := rows[i], asks[i]
		require.Equal(t, want.sameReadAs, row.SameReadAs, "row %d", i)
		require.Equal(t, a.copied, row.Copied)
		if want.sameReadAs >= 0 {
			repeated++
		}
		switch {
		case a.copied:
			require.Nil(t, row.Fault)
		case a.bad:
			require.Equal(t, jobs.ExpectFormat, row.Fault.Code)
		case want.code == "":
			require.Nil(t, row.Fault, "row %d", i)
			if a.action.Irreversible() {
				irreversible++
				groups[a.group]++
			}
		default:
			require.NotNil(t, row.Fault, "row %d", i)
			require.Equal(t, want.code, row.Fault.Code, "row %d", i)
			require.Contains(t, strings.ToLower(row.Fault.Text), fmt.Sprintf("line %d ", want.line))
			require.Contains(t, row.Fault.Text, want.group)
			if want.code == jobs.DuplicateRow {
				require.Equal(t, a.other != asks[want.line-2].other, strings.Contains(row.Fault.Text, "check digit"))
			}
		}
		for k, other := range asks {
			if k != i && a.counts() && other.counts() && other.sim == a.sim {
				require.True(t, row.Ordered, "row %d and row %d name one SIM", i, k)
			}
		}
	}
	require.Equal(t, groups, s.Groups)
	require.Equal(t, irreversible, s.Irreversible)
	require.Equal(t, repeated, s.RepeatedReads)
	faulty := 0
	for _, row := range rows {
		if row.Fault != nil {
			faulty++
			require.Positive(t, s.Count(row.Fault.Code))
		}
	}
	require.Equal(t, faulty, s.Faulty)
}

func TestSeen(t *testing.T) {
	seed := maphash.MakeSeed()
	hash := func(n int) uint64 { return maphash.Comparable(seed, n) }
	s := &seen{}
	const n = 300_000
	mistaken := 0
	for i := range n {
		if s.add(hash(i), 1) {
			mistaken++
		}
	}
	require.Zero(t, mistaken, "two SIMs are hardly ever taken for one")
	for i := range n {
		require.Equal(t, uint8(1), s.marks(hash(i))&1)
	}
	cells := 0
	for _, p := range s.parts {
		cells += len(p.cells)
	}
	require.LessOrEqual(t, cells*6/n, 12, "bytes a SIM")
	for i := range 100 {
		require.True(t, s.add(hash(i), 1))
		require.False(t, s.add(hash(1000+i), 2))
	}
	require.True(t, s.keepSeveral())
	for i := range 100 {
		require.True(t, several(s.marks(hash(i))))
		require.True(t, several(s.marks(hash(1000+i))))
	}
	require.False(t, (&seen{}).keepSeveral())
}
