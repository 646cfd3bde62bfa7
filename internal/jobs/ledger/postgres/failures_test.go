package postgres_test

import (
	"bytes"
	"context"
	"io"
	"net"
	"net/url"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"bulk/internal/jobs"
	"bulk/internal/jobs/ledger"
	"bulk/internal/jobs/ledger/ledgertest"
	"bulk/internal/jobs/ledger/postgres/pgtest"
)

// wire stands between a ledger and its server. It can be cut, and it can lose an
// answer: what is asked arrives, and then nothing comes back.
type wire struct {
	listener net.Listener
	server   string
	mute     atomic.Bool
	muteAt   atomic.Pointer[string] // the question whose answer is to get lost; nil: none

	mu   sync.Mutex
	open []net.Conn
	lost chan struct{} // closed when an answer was lost
}

// through puts a wire before a database.
func through(t *testing.T, where string) (*wire, string) {
	t.Helper()
	u, err := url.Parse(where)
	require.NoError(t, err)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	w := &wire{listener: listener, server: u.Host, lost: make(chan struct{}, 1)}
	t.Cleanup(func() { _ = listener.Close(); w.cut() })
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			go w.carry(conn)
		}
	}()
	u.Host = listener.Addr().String()
	return w, u.String()
}

func (w *wire) carry(client net.Conn) {
	server, err := net.Dial("tcp", w.server)
	if err != nil {
		_ = client.Close()
		return
	}
	w.mu.Lock()
	w.open = append(w.open, client, server)
	w.mu.Unlock()
	go func() {
		_, _ = io.Copy(server, io.TeeReader(client, w))
		_ = server.Close()
	}()
	buffer := make([]byte, 1<<16)
	for {
		n, err := server.Read(buffer)
		if n > 0 && w.mute.Load() {
			select {
			case w.lost <- struct{}{}:
			default:
			}
			continue
		}
		if n > 0 {
			_, _ = client.Write(buffer[:n])
		}
		if err != nil {
			_ = client.Close()
			return
		}
	}
}

// Write looks at what a client asks.
func (w *wire) Write(asked []byte) (int, error) {
	if at := w.muteAt.Load(); at != nil && bytes.Contains(asked, []byte(*at)) {
		w.muteAt.Store(nil)
		w.mute.Store(true)
	}
	return len(asked), nil
}

// cut ends every connection.
func (w *wire) cut() {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, c := range w.open {
		_ = c.Close()
	}
	w.open = nil
}

// loses lets one answer get lost, and then cuts.
func (w *wire) loses(t *testing.T) {
	t.Helper()
	select {
	case <-w.lost:
	case <-time.After(20 * time.Second):
		t.Error("no answer was lost")
	}
	w.mute.Store(false)
	w.cut()
}

// An intent whose COMMIT was not heard of was not sent: it is written anew, and
// the first one, where it is there, is settled as not sent.
func TestAnswerToAnIntentIsLost(t *testing.T) {
	where := pgtest.Database(t)
	made(t, where)
	w, by := through(t, where)
	h := ledgertest.Opened(t, ledgertest.Place{Where: by, Open: open})
	run := h.Starts(t, ledger.Real, "d1")
	ledgertest.Sends(t, run, ledgertest.Command(0, ledgertest.SIM(0), "L100"), jobs.OK)

	w.mute.Store(true)
	begun := make(chan error, 1)
	go func() {
		begun <- run.Intend(ledgertest.Account, new(ledgertest.Command(1, ledgertest.SIM(1), "L100")), jobs.Standing{}).Begin(t.Context())
	}()
	w.loses(t)
	require.NoError(t, <-begun)
	require.Equal(t, []ledger.State{ledger.NotSentState, ledger.Intended}, h.States(t, ledgertest.SIM(1)))
	ledgertest.Record(t, run, ledgertest.Command(1, ledgertest.SIM(1), "L100"), jobs.OK, "")
	require.Equal(t, []ledger.State{ledger.NotSentState, ledger.DoneState}, h.States(t, ledgertest.SIM(1)))
	_, err := ledgertest.Opened(t, ledgertest.Place{Where: where, Open: open}).Hold(t.Context(), []string{ledgertest.Account}, 0)
	require.ErrorIs(t, err, ledger.ErrBusy, "the account was taken again")
}

// An outcome whose COMMIT was not heard of is written once.
func TestAnswerToAnOutcomeIsLost(t *testing.T) {
	where := pgtest.Database(t)
	made(t, where)
	w, by := through(t, where)
	h := ledgertest.Opened(t, ledgertest.Place{Where: by, Open: open})
	run := h.Starts(t, ledger.Real, "d1")
	row := ledgertest.Command(0, ledgertest.SIM(0), "L100")
	ledgertest.Begins(t, run, row)
	w.mute.Store(true)
	recorded := make(chan error, 1)
	go func() { recorded <- run.Record(&row, new(ledgertest.Result(row, jobs.OK, "")), ledgertest.Never(t)) }()
	w.loses(t)
	require.NoError(t, <-recorded)
	require.Equal(t, []ledger.State{ledger.DoneState}, h.States(t, ledgertest.SIM(0)))
	require.Len(t, h.Recorded(t, run.ID), 1)
}

// A run whose COMMIT was not heard of is begun once.
func TestAnswerToABeginIsLost(t *testing.T) {
	where := pgtest.Database(t)
	made(t, where)
	w, by := through(t, where)
	h := ledgertest.Opened(t, ledgertest.Place{Where: by, Open: open})
	h.Take(t, ledgertest.Account)
	w.muteAt.Store(new("commit"))
	begun := make(chan error, 1)
	go func() {
		_, err := h.Start(t.Context(), ledgertest.Info(ledger.Real, "d1"))
		begun <- err
	}()
	w.loses(t)
	require.NoError(t, <-begun)
	runs, err := h.Runs(t.Context())
	require.NoError(t, err)
	require.Len(t, runs, 1)
}

// Where the account was given to another while the connection was lost, nothing
// more is begun; what was on its way still gets its outcome.
func TestTakenOverMeanwhile(t *testing.T) {
	where := pgtest.Database(t)
	made(t, where)
	w, by := through(t, where)
	h := ledgertest.Opened(t, ledgertest.Place{Where: by, Open: open})
	run := h.Starts(t, ledger.Real, "d1")
	row := ledgertest.Command(0, ledgertest.SIM(0), "L100")
	ledgertest.Begins(t, run, row)

	_ = w.listener.Close() // nothing comes through any more
	w.cut()
	other := ledgertest.Opened(t, ledgertest.Place{Where: where, Open: open})
	require.Eventually(t, func() bool {
		_, err := other.Hold(t.Context(), []string{ledgertest.Account}, 0)
		return err == nil
	}, 10*time.Second, 20*time.Millisecond)
	theirs, err := other.Start(t.Context(), ledgertest.Info(ledger.Real, "d2"))
	require.NoError(t, err)
	require.Equal(t, []ledger.State{ledger.UnknownState}, other.States(t, ledgertest.SIM(0)))

	again, err := net.Listen("tcp", w.listener.Addr().String())
	require.NoError(t, err)
	defer again.Close()
	go func() {
		for {
			conn, err := again.Accept()
			if err != nil {
				return
			}
			go w.carry(conn)
		}
	}()
	err = run.Intend(ledgertest.Account, new(ledgertest.Command(1, ledgertest.SIM(1), "L100")), jobs.Standing{}).Begin(t.Context())
	require.ErrorIs(t, err, ledger.ErrFenced)
	require.ErrorContains(t, err, "run 2, ann@box, has taken it over")
	require.NoError(t, run.Record(&row, new(ledgertest.Result(row, jobs.OK, "")), ledgertest.Never(t)))
	require.Equal(t, []ledger.State{ledger.DoneState}, other.States(t, ledgertest.SIM(0)), "what is true is written down")
	require.NoError(t, theirs.Intend(ledgertest.Account, new(ledgertest.Command(1, ledgertest.SIM(1), "L100")), jobs.Standing{}).Begin(t.Context()))
}

// The claim's number is looked at with every intent, whatever this process believes:
// a holder that was replaced without its noticing writes nothing.
func TestTheEpochIsLookedAtWithEveryIntent(t *testing.T) {
	p := place(t)
	h := ledgertest.Opened(t, p)
	run := h.Starts(t, ledger.Real, "d1")
	ledgertest.Begins(t, run, ledgertest.Command(0, ledgertest.SIM(0), "L100"))
	sql(t, p.Where, "UPDATE bulk.claims SET epoch = epoch + 1, run = 7, user_name = 'bob', host = 'other'")
	for n := 1; n < 3; n++ {
		err := run.Intend(ledgertest.Account, new(ledgertest.Command(n, ledgertest.SIM(n), "L100")), jobs.Standing{}).Begin(t.Context())
		require.ErrorIs(t, err, ledger.ErrFenced)
		require.ErrorContains(t, err, "run 7, bob@other, has taken it over")
		require.Empty(t, h.States(t, ledgertest.SIM(n)))
	}
}

// A database that comes back without an act that it had confirmed is another one: a
// standby that lagged, or a backup. Nothing more is sent by it.
func TestComesBackWithoutAnAct(t *testing.T) {
	where := pgtest.Database(t)
	made(t, where)
	w, by := through(t, where)
	h := ledgertest.Opened(t, ledgertest.Place{Where: by, Open: open})
	run := h.Starts(t, ledger.Real, "d1")
	for n := range 3 {
		ledgertest.Sends(t, run, ledgertest.Command(n, ledgertest.SIM(n), "L100"), jobs.OK)
	}
	sql(t, where, "ALTER TABLE bulk.acts DISABLE TRIGGER USER; DELETE FROM bulk.acts WHERE id = (SELECT max(id) FROM bulk.acts); ALTER TABLE bulk.acts ENABLE TRIGGER USER")
	w.cut()
	err := run.Intend(ledgertest.Account, new(ledgertest.Command(3, ledgertest.SIM(3), "L100")), jobs.Standing{}).Begin(t.Context())
	require.ErrorContains(t, err, "lacks act 3, which it had confirmed")
}

// A server that is gone for longer than --max-outage ends the run in words.
func TestOutage(t *testing.T) {
	where := pgtest.Database(t)
	made(t, where)
	w, by := through(t, where)
	options := ledgertest.Options(false)
	options.MaxOutage = time.Second
	db, err := open(t.Context(), by, options)
	require.NoError(t, err)
	defer db.Close()
	h := ledgertest.Held(db)
	run := h.Starts(t, ledger.Real, "d1")
	_ = w.listener.Close()
	w.cut()
	err = run.Intend(ledgertest.Account, new(ledgertest.Command(1, ledgertest.SIM(1), "L100")), jobs.Standing{}).Begin(t.Context())
	require.ErrorContains(t, err, "the ledger could not be reached for ")
	require.ErrorContains(t, err, "connection refused")
}

// The server crashes again and again under a run. Nothing that Begin let through
// is missing afterwards, and no SIM was let through twice.
func TestServerCrashes(t *testing.T) {
	pgtest.Database(t)
	s, err := pgtest.Start()
	require.NoError(t, err)
	defer s.Stop()
	where := s.Database(t)
	h := ledgertest.Opened(t, ledgertest.Place{Where: where, Open: open})
	run := h.Starts(t, ledger.Real, "d1")

	var next, sent atomic.Int64
	var let sync.Map // SIMs that were sent a command
	stop := make(chan struct{})
	var workers sync.WaitGroup
	for range 8 {
		workers.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				n := int(next.Add(1)) - 1
				row := ledgertest.Command(n, ledgertest.SIM(n), "L100")
				if err := run.Intend(ledgertest.Account, &row, jobs.Standing{}).Begin(context.Background()); err != nil {
					t.Errorf("row %d: %v", n, err)
					return
				}
				if _, twice := let.LoadOrStore(n, true); twice {
					t.Errorf("SIM %d twice", n)
				}
				sent.Add(1)
				if err := run.Record(&row, new(ledgertest.Result(row, jobs.OK, "")), ledgertest.Never(t)); err != nil {
					t.Errorf("row %d: %v", n, err)
					return
				}
			}
		})
	}
	for range 3 {
		for before := sent.Load(); sent.Load() < before+50 && !t.Failed(); {
			time.Sleep(time.Millisecond)
		}
		s.Halt()
		time.Sleep(300 * time.Millisecond)
		if err := s.Run(); err != nil {
			t.Error(err)
		}
	}
	close(stop)
	workers.Wait()
	require.NoError(t, h.Flush(t.Context()))
	done := map[jobs.ICCID]bool{}
	for n := range int(next.Load()) {
		states := h.States(t, ledgertest.SIM(n))
		require.Equal(t, ledger.DoneState, states[len(states)-1], "SIM %d: %v", n, states)
		for _, s := range states[:len(states)-1] {
			require.Equal(t, ledger.NotSentState, s)
		}
		done[ledgertest.SIM(n)] = true
	}
	let.Range(func(n, _ any) bool { return done[ledgertest.SIM(n.(int))] || !t.Failed() })
	require.Len(t, done, int(sent.Load()))
}

// A write that waits, as for a standby, does not make a process look as if it hung.
func TestBeatsWhileAWriteWaits(t *testing.T) {
	p := place(t)
	h := ledgertest.Opened(t, p)
	run := h.Starts(t, ledger.Real, "d1")
	conn, err := pgx.Connect(t.Context(), p.Where)
	require.NoError(t, err)
	defer conn.Close(context.Background())
	_, err = conn.Exec(t.Context(), "BEGIN; LOCK TABLE bulk.acts IN ACCESS EXCLUSIVE MODE")
	require.NoError(t, err)
	begun := make(chan error, 1)
	go func() {
		begun <- run.Intend(ledgertest.Account, new(ledgertest.Command(0, ledgertest.SIM(0), "L100")), jobs.Standing{}).Begin(context.Background())
	}()
	heard := func() (at time.Time) {
		require.NoError(t, conn.QueryRow(t.Context(), "SELECT alive FROM bulk.claims").Scan(&at))
		return at
	}
	before := heard()
	require.Eventually(t, func() bool { return heard().After(before) }, 12*time.Second, 100*time.Millisecond)
	_, err = conn.Exec(t.Context(), "ROLLBACK")
	require.NoError(t, err)
	require.NoError(t, <-begun)
}

// A holder that beats is let alone, however long others wait.
func TestAHolderThatBeatsIsLetAlone(t *testing.T) {
	p := place(t)
	h := ledgertest.Opened(t, p)
	h.Take(t, ledgertest.Account)
	second := ledgertest.Opened(t, p)
	sql(t, p.Where, "UPDATE bulk.claims SET alive = clock_timestamp() - interval '40 seconds'")
	_, err := second.Hold(t.Context(), []string{ledgertest.Account}, 0)
	require.ErrorIs(t, err, ledger.ErrBusy)
	run, err := h.Start(t.Context(), ledgertest.Info(ledger.Real, "d1"))
	require.NoError(t, err)
	ledgertest.Begins(t, run, ledgertest.Command(1, ledgertest.SIM(1), "L100"))
}
