package runner

import (
	"context"
	"database/sql"
	"os"
	"os/exec"
	"path/filepath"
	"sync"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"bulk/internal/jobs"
	"bulk/internal/jobs/ledger"
)

// behaviour is what the upstream does with a command.
type behaviour int

const (
	does         behaviour = iota
	doesAndLoses           // it is done, and the answer is lost
	loses                  // it is not done, and no answer comes
	refuses
	throttles // surely not done
	behaviours
)

// treacherous is both upstreams, and the world in which processes die. All that
// happens in it happens under its lock, so that a kill is one instant.
type treacherous struct {
	t     *rapid.T
	dir   string
	plays map[jobs.ICCID][]behaviour // of the commands for a SIM, in turn
	fails map[int]bool               // reads, in the order they come

	mu      sync.Mutex
	reads   int
	turn    map[jobs.ICCID]int
	done    map[jobs.ICCID]string // SIMs that were given a group
	doubted map[jobs.ICCID]bool   // SIMs with a command that may have been done
	under   map[jobs.ICCID]bool   // commands under way, until their row's result is on disk
	lost    map[jobs.ICCID]bool   // commands that were under way at a kill
	twice   []jobs.ICCID          // what must never be

	resolved bool // a person has looked at what was in doubt
}

// life is one process: it is killed when so many things have happened.
type life struct {
	left int
	path string // of its ledger
	dead string // of the ledger as it was when it was killed
	kill func()
}

// happens notes that something happened in a process. It tells false where that
// process was killed before or by it; the lock must be held.
func (w *treacherous) happens(l *life) bool {
	if l.dead != "" {
		return false
	}
	if l.left--; l.left != 0 {
		return true
	}
	l.dead = freeze(w.t, l.path, w.dir)
	for iccid := range w.under {
		w.lost[iccid] = true
	}
	clear(w.under)
	l.kill()
	return false
}

// freeze copies a ledger that is in use as a killed process would leave it.
func freeze(t *rapid.T, path, dir string) (frozen string) {
	lock, err := sql.Open("sqlite", "file:"+path+"?_pragma=busy_timeout(20000)")
	require.NoError(t, err)
	defer lock.Close()
	writes, err := lock.Conn(context.Background())
	require.NoError(t, err)
	defer writes.Close()
	_, err = writes.ExecContext(context.Background(), "BEGIN IMMEDIATE") // no commit is half copied
	require.NoError(t, err)
	to, err := os.MkdirTemp(dir, "killed-*")
	require.NoError(t, err)
	// Not copied in this process: closing the file would drop SQLite's locks.
	out, err := exec.Command("cp", path, to).CombinedOutput()
	require.NoError(t, err, string(out))
	_, err = writes.ExecContext(context.Background(), "ROLLBACK")
	require.NoError(t, err)
	return filepath.Join(to, filepath.Base(path))
}

var cut = jobs.Answer{Verdict: jobs.MaybeSent, Code: jobs.Interrupted}

func (w *treacherous) ask(l *life) func(context.Context, jobs.Action, jobs.ICCID) jobs.Answer {
	return func(context.Context, jobs.Action, jobs.ICCID) jobs.Answer {
		w.mu.Lock()
		defer w.mu.Unlock()
		if !w.happens(l) {
			return jobs.Answer{Verdict: jobs.SurelyNotSent, Code: jobs.Interrupted}
		}
		w.reads++
		if w.fails[w.reads] {
			return ended(jobs.Timeout, jobs.MaybeSent)
		}
		return done()
	}
}

// command is called once the intent is written.
func (w *treacherous) command(l *life) func(context.Context, jobs.ICCID, string) jobs.Answer {
	return func(_ context.Context, iccid jobs.ICCID, group string) jobs.Answer {
		w.mu.Lock()
		defer w.mu.Unlock()
		if !w.happens(l) { // killed between the intent and the first byte
			return cut
		}
		if w.done[iccid] != "" || w.doubted[iccid] {
			w.twice = append(w.twice, iccid)
		}
		plays := w.plays[iccid]
		now := plays[w.turn[iccid]%len(plays)]
		w.turn[iccid]++
		w.doubted[iccid] = true // for all that the client can know
		if now == does || now == doesAndLoses {
			w.done[iccid] = group
		}
		if !w.happens(l) { // killed while the answer was on its way
			return cut
		}
		switch now {
		case does:
			w.doubted[iccid] = false
			return done()
		case refuses:
			w.doubted[iccid] = false
			return ended(jobs.GroupNotLive, jobs.Refused)
		case throttles:
			w.doubted[iccid] = false
			return ended(jobs.Throttled, jobs.SurelyNotSent)
		}
		return ended(jobs.Timeout, jobs.MaybeSent)
	}
}

// witness notes which commands are under way.
type witness struct {
	jobs.Commander
	world *treacherous
	life  *life
}

func (c witness) SetAAGroup(ctx context.Context, turn jobs.Turn, iccid jobs.ICCID, group string, in jobs.Intent) jobs.Answer {
	c.world.mu.Lock()
	if c.life.dead == "" {
		c.world.under[iccid] = true
	}
	c.world.mu.Unlock()
	return c.Commander.SetAAGroup(ctx, turn, iccid, group, in)
}

// observe notes that a row has ended; its command counts as under way until the
// result is on disk, a moment later.
func (w *treacherous) observe(l *life, db *ledger.DB) func(*jobs.Row, *jobs.Result) {
	return func(row *jobs.Row, _ *jobs.Result) {
		w.mu.Lock()
		alive := w.happens(l)
		w.mu.Unlock()
		if !alive || !row.Action.Irreversible() || row.Fault != nil {
			return
		}
		if err := db.Flush(context.Background()); err != nil {
			w.t.Errorf("%v", err)
		}
		w.mu.Lock()
		defer w.mu.Unlock()
		if l.dead == "" {
			delete(w.under, row.ICCID)
		}
	}
}
