package postgres

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	"bulk/internal/jobs/ledger/store"
)

const (
	leastOutage = 30 * time.Second
	commitLimit = 30 * time.Second // of one try to commit
	readers     = 2                // connections
)

// Store is an open ledger in a PostgreSQL database. One session writes and holds
// the locks; a few others read.
type Store struct {
	options store.Options
	at      *address
	process string // a UUID
	meta    store.Meta
	read    *pgxpool.Pool
	beating sync.WaitGroup
	end     context.CancelFunc // of the beats

	said atomic.Pointer[string] // what the server said beside its answer to a COMMIT

	mu       sync.Mutex       // one writing session, for one at a time
	write    *pgx.Conn        // nil: the connection is lost
	session  session          // of write
	mine     map[session]bool // all that there were
	held     map[string]*hold
	runs     map[int64]bool // that are held
	lastAct  int64          // the highest that was confirmed
	lastBeat time.Time
	full     bool // the disk is, or was
	closed   atomic.Bool
	alive    atomic.Pointer[alive] // what of held is told to be alive, also while a write waits
}

// session is a server's process, as others can find it.
type session struct {
	pid     int
	started time.Time
}

// The first halves of the keys of advisory locks; the second are claims.id and
// runs.id.
const (
	classAccount = 0x62756c6b // "bulk"
	classRun     = classAccount - 1
)

const (
	lockPoll  = 250 * time.Millisecond
	lockLeast = 300 * time.Millisecond // the server needs a moment to see that a holder died
	lockRetry = 10 * time.Millisecond
	beatEvery = 5 * time.Second
	stuckFor  = 45 * time.Second // without a beat; then whoever waits may end the holder's session
)

// hold is an account that this process holds: the lock of the writing session,
// and the epoch of the claim.
type hold struct {
	account string
	id      int32   // claims.id
	given   int64   // the epoch that Hold gave
	epochs  []int64 // all that it had: a new one with each connection; the last is the claim's
	lost    error   // who has it now; nil: this process
}

func (h *hold) epoch() int64 { return h.epochs[len(h.epochs)-1] }

var (
	errClosed = errors.New("the ledger is closed")
	errLost   = errors.New("the connection to the ledger is lost")
)

const (
	backoffLeast = 200 * time.Millisecond
	backoffMost  = 5 * time.Second
	saidAfter    = 2 * time.Second // when it is first said that a write waits
	saidEvery    = 30 * time.Second
)

// taken is who has an account now.
type taken struct {
	epoch, run int64
	user, host string
	session    session
}

func (t *taken) fenced(account string) error {
	switch {
	case t.run != 0:
		return fmt.Errorf("%s: %w: run %d, %s@%s, has taken it over", account, store.ErrFenced, t.run, t.user, t.host)
	case t.user != "":
		return fmt.Errorf("%s: %w: %s@%s has taken it over", account, store.ErrFenced, t.user, t.host)
	}
	return fmt.Errorf("%s: %w", account, store.ErrFenced)
}

// alive are the claims of this process, for its beats.
type alive struct {
	accounts []string
	epochs   []int64
}

// noteAlive is called where what is held has changed.
func (s *Store) noteAlive() {
	accounts, epochs := s.heldEpochs()
	s.alive.Store(&alive{accounts, epochs})
}

func (s *Store) heldEpochs() (accounts []string, epochs []int64) {
	for _, h := range s.held {
		if h.epochs != nil && h.lost == nil {
			accounts, epochs = append(accounts, h.account), append(epochs, h.epoch())
		}
	}
	return accounts, epochs
}

const beat = `UPDATE claims SET beat = greatest(claims.beat, $3), alive = clock_timestamp() FROM unnest($1::text[], $2::bigint[]) AS mine(account, epoch)
	WHERE claims.account = mine.account AND claims.epoch = mine.epoch`

// drop ends the writing session, with its locks.
func (s *Store) drop() {
	if s.write == nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	_ = s.write.Close(ctx)
	s.write = nil
}

// lost reports whether an error is about the connection.
func lost(err error) bool {
	var connect *pgconn.ConnectError
	var timeout interface{ Timeout() bool }
	return errors.As(err, &connect) || errors.As(err, &timeout) || errors.Is(err, errLost) || pgconn.SafeToRetry(err) || pgconn.Timeout(err) ||
		errors.Is(err, context.DeadlineExceeded) || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, net.ErrClosed)
}

// when is a time that may be none.
func when(t *time.Time) time.Time {
	if t == nil {
		return time.Time{}
	}
	return t.UTC()
}

// stamp is a time as every store keeps it; none where it is zero.
func stamp(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	t = t.UTC().Truncate(time.Millisecond)
	return &t
}
