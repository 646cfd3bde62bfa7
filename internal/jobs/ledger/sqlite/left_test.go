package sqlite_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"bulk/internal/jobs"
	"bulk/internal/jobs/dicetest"
	"bulk/internal/jobs/ledger"
	"bulk/internal/jobs/ledger/ledgertest"
	"bulk/internal/jobs/ledger/sqlite"
	"bulk/internal/jobs/ledger/store"
)

// The acts of a large ledger are gone through where it is not as it was left, and
// only there.
func TestWhatIsCheckedAtOpening(t *testing.T) {
	sqlite.CheckInSlices(t)
	walks := sqlite.CountWalks(t)
	opens := func(t *testing.T, path string, options ledger.Options) (walked bool) {
		t.Helper()
		before := *walks
		db, err := ledger.Open(t.Context(), path, options)
		require.NoError(t, err)
		require.NoError(t, db.Close())
		return *walks > before
	}
	for _, c := range []struct {
		name   string
		do     func(t *testing.T, path string)
		walked bool
	}{
		{"as it was left", func(*testing.T, string) {}, false},
		{"opened since", func(t *testing.T, path string) { opens(t, path, ledgertest.Options(false)) }, false},
		{"used since", func(t *testing.T, path string) {
			db := at(t, path)
			ledgertest.Sends(t, db.Starts(t, ledger.Real, "d2"), ledgertest.Command(0, ledgertest.SIM(1000), "L100"), jobs.OK)
			require.NoError(t, db.Close())
		}, false},
		{"used by two at once since", func(t *testing.T, path string) {
			db, other := at(t, path), at(t, path)
			db.Starts(t, ledger.Real, "d2")
			require.NoError(t, other.Init(t.Context(), "ann", "for the test"))
			require.NoError(t, other.Close())
			ledgertest.Sends(t, db.Starts(t, ledger.Real, "d3"), ledgertest.Command(0, ledgertest.SIM(1000), "L100"), jobs.OK)
			require.NoError(t, db.Close())
		}, true},
		{"looked at by another meanwhile", func(t *testing.T, path string) {
			db := at(t, path)
			db.Starts(t, ledger.Real, "d2")
			look := ledgertest.Options(false)
			look.Look = true
			opens(t, path, look)
			ledgertest.Sends(t, db.Starts(t, ledger.Real, "d3"), ledgertest.Command(0, ledgertest.SIM(1000), "L100"), jobs.OK)
			require.NoError(t, db.Close())
		}, false},
		{"a program that was not closed", func(t *testing.T, path string) { at(t, path).Starts(t, ledger.Real, "d2") }, true},
		{"changed by another program", func(t *testing.T, path string) { execute(t, path, "UPDATE meta SET init_by = 'x'") }, true},
		{"written into", func(t *testing.T, path string) { flip(t, path, 4096*3+4000) }, true},
		{"written into while it was in use", func(t *testing.T, path string) {
			db := at(t, path)
			flip(t, path, 4096*3+4000)
			require.NoError(t, db.Close())
		}, true},
		{"written into, with the old time", func(t *testing.T, path string) {
			if runtime.GOOS == "windows" {
				t.Skip("there no time is kept that a program cannot set")
			}
			atThatTime(t, path, func() { flip(t, path, 4096*3+4000) })
		}, true},
		{"a copy in its place", func(t *testing.T, path string) {
			text, err := os.ReadFile(path)
			require.NoError(t, err)
			require.NoError(t, os.WriteFile(path+".copy", text, 0o600))
			require.NoError(t, os.Rename(path+".copy", path))
		}, true},
		{"verified since", func(t *testing.T, path string) {
			execute(t, path, "UPDATE meta SET init_by = 'x'")
			look := ledgertest.Options(false)
			look.Look = true
			db, err := ledger.Open(t.Context(), path, look)
			require.NoError(t, err)
			require.NoError(t, db.Verify(t.Context(), func(string, int64) {}))
			require.NoError(t, db.Close())
		}, false},
		{"what was noted is cut off", func(t *testing.T, path string) {
			require.NoError(t, os.Truncate(filepath.Join(path+".d", "left"), 20))
		}, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "ledger.db")
			db := at(t, path)
			use(t, db)
			// A byte of a page that nobody needs: none of these is damaged.
			execute(t, path, "CREATE TABLE spare (x); DROP TABLE spare")
			require.NoError(t, db.Close())
			opens(t, path, ledgertest.Options(false))
			c.do(t, path)
			look := ledgertest.Options(false)
			look.Look = true
			require.False(t, opens(t, path, look), "who only looks")
			require.Equal(t, c.walked, opens(t, path, ledgertest.Options(false)))
			if !c.walked || !strings.HasPrefix(c.name, "a program") {
				require.False(t, opens(t, path, ledgertest.Options(false)), "once it was checked, or left")
			}
		})
	}
}

// Whatever another program wrote into the file while bulk had it open is gone through
// by the next who opens it: an act that is missing since is met, and its SIM is not
// sent another command.
func TestOthersWriteMeanwhile(t *testing.T) {
	sqlite.CheckInSlices(t)
	deletes := func(t *testing.T, path string) { deleteAct(t, path, 8) }
	once := func(when string, do func()) func(at string) {
		return func(at string) {
			if at == when && do != nil {
				doing := do
				do = nil
				doing()
			}
		}
	}
	sends := func(t *testing.T, db *ledgertest.Handle, digest string, n int) {
		ledgertest.Sends(t, db.Starts(t, ledger.Real, digest), ledgertest.Command(0, ledgertest.SIM(n), "L100"), jobs.OK)
	}
	change := func(t *testing.T, path string) { execute(t, path, "UPDATE meta SET init_by = 'x'") }
	for _, c := range []struct {
		name string
		do   func(t *testing.T, path string)
	}{
		{"a run goes on", func(t *testing.T, path string) {
			db := at(t, path)
			sends(t, db, "d2", 1000)
			deletes(t, path)
			sends(t, db, "d3", 1001)
			require.NoError(t, db.Close())
		}},
		{"a run has written its last", func(t *testing.T, path string) {
			db := at(t, path)
			sends(t, db, "d2", 1000)
			deletes(t, path)
			require.NoError(t, db.Close())
		}},
		{"nothing is done", func(t *testing.T, path string) {
			db := at(t, path)
			deletes(t, path)
			require.NoError(t, db.Close())
		}},
		{"somebody looks", func(t *testing.T, path string) {
			look := ledgertest.Options(false)
			look.Look = true
			db, err := ledger.Open(t.Context(), path, look)
			require.NoError(t, err)
			deletes(t, path)
			require.NoError(t, db.Close())
		}},
		{"a file has the same time afterwards", func(t *testing.T, path string) {
			db := at(t, path)
			sends(t, db, "d2", 1000)
			atThatTime(t, path, func() { deletes(t, path) })
			require.NoError(t, db.Close())
		}},
		{"two have it open", func(t *testing.T, path string) {
			db, other := at(t, path), at(t, path)
			sends(t, db, "d2", 1000)
			deletes(t, path)
			require.NoError(t, other.Close())
			sends(t, db, "d3", 1001)
			require.NoError(t, db.Close())
		}},
		{"it is closed", func(t *testing.T, path string) {
			sqlite.WhenLeaving(t, func() { deletes(t, path) })
			db := at(t, path)
			sends(t, db, "d2", 1000)
			require.NoError(t, db.Close())
		}},
		{"its acts are gone through", func(t *testing.T, path string) {
			change(t, path)
			sqlite.WhenWalking(t, once("end", func() { deletes(t, path) }))
			db := at(t, path)
			sends(t, db, "d2", 1000)
			require.NoError(t, db.Close())
		}},
		{"it is verified", func(t *testing.T, path string) {
			db := at(t, path)
			sqlite.WhenWalking(t, once("end", func() { deletes(t, path) }))
			require.NoError(t, db.Verify(t.Context(), func(string, int64) {}))
			require.NoError(t, db.Close())
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "ledger.db")
			db := at(t, path)
			use(t, db)
			require.NoError(t, db.Close())
			require.NoError(t, at(t, path).Close())
			t.Run("meanwhile", func(t *testing.T) { c.do(t, path) })
			for range 2 {
				_, err := ledger.Open(t.Context(), path, ledgertest.Options(false))
				require.ErrorIs(t, err, ledger.ErrCorrupt)
			}
		})
	}
}

// deleteAct does so as another program would, and leaves no other trace.
func deleteAct(t *testing.T, path string, id int) {
	t.Helper()
	stay := asked(t, path, "SELECT sql FROM sqlite_schema WHERE name = 'acts_stay'")
	execute(t, path, fmt.Sprintf("DROP TRIGGER acts_stay; DELETE FROM acts WHERE id = %d; %s", id, stay))
}

// atThatTime does something to a file that its times do not show: the clock for files
// goes by some milliseconds.
func atThatTime(t *testing.T, path string, do func()) {
	t.Helper()
	info, err := os.Stat(path)
	require.NoError(t, err)
	do()
	require.NoError(t, os.Chtimes(path, info.ModTime(), info.ModTime()))
}

// A check that gave up, since a run wrote all the while, has found nothing sound.
func TestACheckThatGaveUp(t *testing.T) {
	sqlite.CheckInSlices(t)
	walks := sqlite.CountWalks(t)
	busy := fresh(t)
	run := busy.Starts(t, ledger.Real, "d1")
	*walks = 0
	writes := true
	sqlite.WhenWalking(t, func(at string) {
		if at == "indexes" && writes {
			ledgertest.Sends(t, run, ledgertest.Command(*walks, ledgertest.SIM(*walks), "L100"), jobs.OK)
		}
	})
	db := at(t, busy.Path())
	require.Equal(t, 3, *walks)
	writes = false
	require.NoError(t, busy.Close())
	note := filepath.Join(busy.Path()+".d", "left")
	require.NoError(t, os.Remove(note), "the run itself has seen nobody else write")
	require.NoError(t, db.Close())
	require.NoFileExists(t, note)
}

// flip changes a byte of a file, and changes it back.
func flip(t *testing.T, path string, at int64) {
	t.Helper()
	file, err := os.OpenFile(path, os.O_RDWR, 0)
	require.NoError(t, err)
	defer file.Close()
	time.Sleep(20 * time.Millisecond) // the system's clock for files goes by some milliseconds
	b := make([]byte, 1)
	_, err = file.ReadAt(b, at)
	require.NoError(t, err)
	_, err = file.WriteAt(b, at)
	require.NoError(t, err)
}

// Damage that nothing shows from outside, so that opening the file does not look
// for it, still keeps no SIM from being barred: what bars it is asked of the table,
// its index and its key, which do not agree then.
func TestDamageThatDoesNotShow(t *testing.T) {
	whole := wellUsed(t)
	sqlite.CheckInSlices(t)
	walks := sqlite.CountWalks(t)
	dice := dicetest.For(t)
	refused := 0
	hurt := func(what string, change func(text []byte)) {
		text := append([]byte(nil), whole...)
		change(text)
		path := damaged(t, text)
		sqlite.Leave(t, path)
		if stillBars(t, path, what) {
			refused++
			return
		}
		bars(t, path, what)
	}
	for at := 0; at < len(whole); at += 4096 {
		hurt(fmt.Sprintf("page at %d zeroed", at), func(text []byte) { clear(text[at : at+4096]) })
	}
	flips := 30
	if ledgertest.Long() {
		flips = 5000
	}
	for i := range flips {
		bit := dice.IntN(len(whole) * 8)
		if i%3 == 0 {
			bit = dice.IntN(len(whole)/4096)*4096*8 + dice.IntN(64*8)
		}
		hurt(fmt.Sprintf("bit %d of byte %d", bit%8, bit/8), func(text []byte) { text[bit/8] ^= 1 << (bit % 8) })
	}
	// What decides of a SIM, wherever it is kept.
	for _, word := range []string{"done", "unknown", "L100", string(ledgertest.SIM(7)), ledgertest.Account, "set_aa_group"} {
		for at := bytes.Index(whole, []byte(word)); at >= 0; {
			if ledgertest.Long() || dice.IntN(36) == 0 || word == "done" && dice.IntN(9) == 0 {
				bit := at*8 + dice.IntN(len(word)*8)
				hurt(fmt.Sprintf("bit %d of byte %d, of %s", bit%8, bit/8, word), func(text []byte) { text[bit/8] ^= 1 << (bit % 8) })
			}
			next := bytes.Index(whole[at+1:], []byte(word))
			if next < 0 {
				break
			}
			at += 1 + next
		}
	}
	require.Zero(t, *walks)
	t.Logf("%d were refused at opening", refused)
}

// bars: whatever the ledger says of a SIM, no other command for it is let through.
func bars(t *testing.T, path, what string) {
	t.Helper()
	db, err := ledger.Open(t.Context(), path, ledgertest.Options(false))
	if err != nil {
		return
	}
	defer db.Close()
	hold, err := db.Hold(t.Context(), []string{ledgertest.Account}, 0)
	if err != nil {
		return
	}
	defer hold.Release()
	run, err := db.Start(t.Context(), ledgertest.Info(ledger.Real, "d2"))
	if err != nil {
		return
	}
	for n := range damagedSIMs {
		row := ledgertest.Command(n, ledgertest.SIM(n), "L200")
		s, err := db.Standing(t.Context(), ledgertest.Account, row.ICCID)
		if err != nil || s.Blocks(row.ICCID, row.Group, jobs.Again{}) != nil {
			continue
		}
		require.Error(t, run.Intend(ledgertest.Account, &row, s).Begin(t.Context()), "%s: SIM %d", what, n)
	}
}

// What a command asks of the whole history is answered by way of an index.
func TestNothingIsScanned(t *testing.T) {
	db := fresh(t)
	use(t, db)
	require.NoError(t, db.Close())
	kept, err := sqlite.Open(t.Context(), db.Path(), ledgertest.Options(false))
	require.NoError(t, err)
	defer kept.Close()
	asked := len(kept.Plans(t))
	rows, err := kept.RowsOf(t.Context(), ledgertest.SIM(7).SIM(), 1, 3)
	require.NoError(t, err)
	require.Len(t, rows, 1)
	for _, q := range []store.ActQuery{
		{States: store.Doubtful, Limit: 10}, {Run: 1, States: []store.State{store.Intended, store.Unknown}, Limit: 10},
		{Account: ledgertest.Account, States: []store.State{store.Intended}}, {Account: ledgertest.Account, Newest: true, Limit: 1},
		{SIMs: []jobs.SIM{ledgertest.SIM(7).SIM()}, States: store.Barring}, {SIMs: []jobs.SIM{ledgertest.SIM(7).SIM()}}, {IDs: []int64{3}},
	} {
		found, err := kept.Acts(t.Context(), q)
		require.NoError(t, err)
		require.Equal(t, q.States == nil || len(q.States) != 1, len(found) > 0, q)
	}
	_, err = kept.Rows(t.Context(), store.RowQuery{Run: 1, Limit: 10})
	require.NoError(t, err)
	plans := kept.Plans(t)
	require.Greater(t, len(plans), asked+8)
	for _, step := range plans {
		for _, table := range []string{"acts", "t", "i", "k", "r", "results"} {
			if step == "SCAN "+table || step == "SCAN "+table+" USING INDEX acts_by_sim" {
				t.Errorf("all of a table is gone through: %s", step)
			}
		}
	}
	require.Contains(t, plans, "SEARCH r USING INDEX results_by_sim (<expr>=? AND <expr>=?)")
}

// Damage to results alone keeps nobody from working; but what reads them says so,
// and so does bulk ledger verify.
func TestDamagedResults(t *testing.T) {
	sqlite.CheckInSlices(t)
	for _, c := range []struct {
		name  string
		do    func(*testing.T, string)
		reads bool // what was damaged shows where it is read
	}{
		{"a page is gone", func(t *testing.T, path string) { zeroLeafOf(t, path, "results") }, true},
		{"a page of their index is gone", func(t *testing.T, path string) { zeroLeafOf(t, path, "results_by_sim") }, true},
		{"their index lacks some", falseIndex("results_by_sim", "(iccid, 10, 9)", "(iccid, 9, 9)"), false},
		{"what was asked is not known", func(t *testing.T, path string) { execute(t, path, "DELETE FROM asks") }, true},
		{"an outcome that there is none of", func(t *testing.T, path string) { execute(t, path, "UPDATE results SET outcome = 'oj' WHERE line = 9") }, true},
		{"a value of another kind", func(t *testing.T, path string) { execute(t, path, "UPDATE results SET attempts = 'x' WHERE line = 9") }, true},
		{"data that cannot be read", func(t *testing.T, path string) { execute(t, path, `UPDATE results SET data = '{"a' WHERE line = 9`) }, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			db := fresh(t)
			use(t, db)
			require.NoError(t, db.Verify(t.Context(), func(string, int64) {}))
			require.NoError(t, db.Close())
			c.do(t, db.Path())
			found, err := ledger.Open(t.Context(), db.Path(), ledgertest.Options(false))
			require.NoError(t, err)
			defer found.Close()
			require.ErrorIs(t, found.Verify(t.Context(), func(string, int64) {}), ledger.ErrCorrupt)
			var failed error
			for _, err := range found.Results(t.Context(), 1) {
				failed = err
			}
			_, historyErr := found.History(t.Context(), ledgertest.SIM(7))
			if c.reads {
				require.True(t, failed != nil || historyErr != nil)
			}
			for _, err := range []error{failed, historyErr} {
				if err != nil {
					require.ErrorIs(t, err, ledger.ErrCorrupt)
				}
			}
		})
	}
}

// zeroLeafOf takes away what is on a leaf of a table or an index.
func zeroLeafOf(t *testing.T, path, name string) {
	t.Helper()
	page := asked(t, path, "SELECT CAST(max(pageno) AS TEXT) FROM dbstat WHERE pagetype = 'leaf' AND name = '"+name+"'")
	var number int64
	_, err := fmt.Sscan(page, &number)
	require.NoError(t, err)
	file, err := os.OpenFile(path, os.O_RDWR, 0)
	require.NoError(t, err)
	defer file.Close()
	_, err = file.WriteAt(make([]byte, 4096), (number-1)*4096)
	require.NoError(t, err)
}

// What a result has in common with others is written with it, also where the first
// try was taken back.
func TestAResultThatIsWrittenAgain(t *testing.T) {
	db := fresh(t)
	db.Starts(t, ledger.Real, "d1")
	require.NoError(t, db.Close())
	kept, err := sqlite.Open(t.Context(), db.Path(), ledgertest.Options(false))
	require.NoError(t, err)
	defer kept.Close()
	row := ledgertest.Query(0, ledgertest.SIM(0))
	record := &store.Record{Run: 1, Row: &row, Result: new(ledgertest.Result(row, jobs.OK, "")), Data: "{}"}
	require.Error(t, kept.Commit(t.Context(), []store.Op{record, &struct{ store.Refusable }{}}))
	require.NoError(t, kept.Commit(t.Context(), []store.Op{record}))
	rows, err := kept.Rows(t.Context(), store.RowQuery{Run: 1})
	require.NoError(t, err)
	require.Equal(t, ledgertest.Account, rows[0].Account)
}
