package store

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"bulk/internal/jobs"
)

// Errors that stores wrap.
var (
	ErrMissing = errors.New("the ledger file does not exist")
	ErrCorrupt = errors.New("the ledger file is damaged or is no ledger")
	ErrNewer   = errors.New("the ledger was written by a newer bulk")

	// ErrBusy: another process runs on one of the accounts.
	ErrBusy = errors.New("another run holds the account")
	// ErrFenced: another process has taken the account over, or it was never held.
	ErrFenced = errors.New("the account is not held by this run any more")
	// ErrOvertaken: another process goes on with the run, or has ended it meanwhile.
	ErrOvertaken = errors.New("another process has gone on with this run meanwhile")
	// ErrChanged: what was to be changed is not as it was read.
	ErrChanged = errors.New("the ledger says something else by now")
	// ErrFree: nobody holds the account.
	ErrFree = errors.New("nobody holds the account")
	// ErrNoRoom: the disk, or a quota, is full.
	ErrNoRoom = errors.New("the disk is full or cannot be written")
)

// MovedError says that a ledger was closed, and where its history goes on.
type MovedError struct {
	To   string
	User string
	Word string // the reason given
	At   time.Time
}

func (e *MovedError) Error() string {
	return fmt.Sprintf("this ledger was moved to %s on %s by %s", e.To, e.At.Local().Format("2006-01-02 15:04"), e.User)
}

// Options says how a store is opened, and by whom.
type Options struct {
	Create bool // it may be made where it is not there
	Closed bool // one that was closed may be opened, to be read
	Look   bool // only to look at runs and acts: a database asks for no more rights than that needs
	Now    func() time.Time
	User   string // who works, for the claims
	Host   string
	// Password is that of a ledger in a database; empty: what its own files say.
	Password string
	// MaxOutage is how long a write waits where another program holds the
	// ledger; 0: half a minute. Waiting is told, now and then, how long it has
	// waited; it may be nil.
	MaxOutage time.Duration
	Waiting   func(time.Duration)
	// Migrating is told, before it begins, that a ledger is brought to a newer schema; it
	// may be nil.
	Migrating func(from, to int)
}

// Store is a place where a ledger is kept. It is safe for use by several
// goroutines.
type Store interface {
	Committer
	Holder
	Reader
	// Meta is what the ledger is.
	Meta(ctx context.Context) (Meta, error)
	// Close gives the place back. What was committed stays.
	Close() error
}

// Committer writes.
type Committer interface {
	// Commit makes the changes in one transaction, which is durable when it
	// returns nil. It waits where another program holds the ledger, at most
	// MaxOutage. After an error none of the changes stands; only where that is
	// ErrNoRoom may there be another Commit.
	Commit(ctx context.Context, ops []Op) error
	// KeepRoom makes sure of so many bytes for the case that there is no room
	// any more; GiveRoom gives them up, and reports whether there were any.
	KeepRoom(bytes int64) error
	GiveRoom() bool
}

// Holder hands out the accounts: to one process at a time each.
type Holder interface {
	// Hold takes the accounts, waiting at most wait, and writes the claims down
	// under a new epoch each. What an earlier holder left on its way becomes
	// Unknown, and its rows with it. The error wraps ErrBusy, as a [*BusyError],
	// where another process holds one of them.
	Hold(ctx context.Context, accounts []string, wait time.Duration) (Claim, error)
	// Holding is who holds an account; false: nobody does, as far as can be told.
	Holding(ctx context.Context, account string) (Holding, bool, error)
	// HoldRun takes a run, which may hold no account, for this process. The error
	// wraps ErrBusy where another process goes on with it.
	HoldRun(ctx context.Context, run int64) (release func(), err error)
}

// Keeper is a [Store] that keeps the inputs of runs as well, so that any machine
// can go on with a run and write its result file. Beside a file they lie in a
// folder.
type Keeper interface {
	// KeepInput keeps the bytes of an input under their SHA-256; what is there
	// already stays.
	KeepInput(ctx context.Context, digest string, from io.ReadSeeker) error
	// Input writes what is kept. The error wraps fs.ErrNotExist where nothing is.
	Input(ctx context.Context, digest string, into io.Writer) error
	// DropInputs drops all but those needed, and those kept a moment ago, for a run
	// that is about to begin; it counts them.
	DropInputs(ctx context.Context, needed []string) (int, error)
}

// Handing is a [Keeper] whose runs can be handed to workers: it takes the
// changes Hand, Leg and HandBack.
type Handing interface {
	Keeper
	// Handovers lists what was handed to workers, oldest first: of one run, or,
	// where that is 0, all that are open.
	Handovers(ctx context.Context, run int64) ([]Handover, error)
	// Beat notes that the worker at a run is alive. EndHung ends the session of one that
	// has not done so for some time and has the run all the same, and reports whether
	// there was one.
	Beat(ctx context.Context, run int64) error
	EndHung(ctx context.Context, run int64) (ended bool, err error)
	// KeepPicture keeps a QR picture of a run, over one of the same name.
	KeepPicture(ctx context.Context, run int64, name string, png []byte) error
	// Picture is a kept one. The error wraps fs.ErrNotExist where there is none.
	Picture(ctx context.Context, run int64, name string) ([]byte, error)
}

// Warner is a [Store] that may have something to say to whoever sends by it.
type Warner interface {
	// Warning is what may go wrong with it, in words; empty: nothing.
	Warning(ctx context.Context) (string, error)
}

// Fact is something worth knowing of a place, in words.
type Fact struct{ Name, Value string }

// Describer is a [Store] that says what it is kept in.
type Describer interface {
	Facts(ctx context.Context) ([]Fact, error)
}

// Verifier is a [Store] that can look through all that it keeps, and not only
// through what bars commands. told hears of each part, with how many rows so far.
type Verifier interface {
	Verify(ctx context.Context, told func(what string, rows int64)) error
}

// Sharer is a [Store] by which processes on several machines keep the rate of an
// account together.
type Sharer interface {
	// Share notes that this process calls an account, at most so many times a second,
	// and gives how many processes do so now and the lowest of their rates. A process
	// that has not said so for ShareFor counts no more.
	Share(ctx context.Context, account string, rate float64) (processes int, lowest float64, err error)
	// Unshare notes that it calls the account no more.
	Unshare(ctx context.Context, account string) error
}

// ShareFor is how long a process counts that does not say any more that it calls an
// account.
const ShareFor = 4 * time.Second

// BackerUp is a [Store] that can be copied, whole, into a new file while it is
// in use.
type BackerUp interface {
	Backup(ctx context.Context, into string) error
}

// Releaser is a [Store] that can end the session of a holder that hangs. The error
// wraps ErrBusy where it does not, and ErrFree where nobody holds the account.
type Releaser interface {
	End(ctx context.Context, account string) error
}

// Ender is a [Store] that not everybody who works by it may close for good.
type Ender interface {
	// MayClose fails where a Close would be refused.
	MayClose(ctx context.Context) error
}

// Claim is the hold on some accounts.
type Claim interface {
	Epoch(account string) int64
	Doubted() int // how many acts became Unknown
	Release()
}

// BusyError says who holds an account.
type BusyError struct {
	Account string
	By      Holding // zero: not known
}

func (e *BusyError) Error() string {
	text := fmt.Sprintf("%s: %v", e.Account, ErrBusy)
	if e.By.Since.IsZero() {
		return text
	}
	text += ": "
	if e.By.Run != 0 {
		text += fmt.Sprintf("run %d, ", e.By.Run)
	}
	return text + fmt.Sprintf("%s@%s since %s", e.By.User, e.By.Host, e.By.Since.Local().Format("2006-01-02 15:04"))
}

// Is reports that it is an ErrBusy.
func (e *BusyError) Is(target error) bool { return target == ErrBusy }

// Reader reads what was committed, a page at a time: a page holds a ledger for
// a few milliseconds.
type Reader interface {
	Acts(ctx context.Context, q ActQuery) ([]Act, error)
	Runs(ctx context.Context, q RunQuery) ([]Run, error)
	// Rows are in the order of the input.
	Rows(ctx context.Context, q RowQuery) ([]Row, error)
	// RowsOf are the results of a SIM, in whichever spelling, in the runs from first to
	// last. What that takes does not grow with the results there are, only with the runs.
	RowsOf(ctx context.Context, sim jobs.SIM, first, last int64) ([]Row, error)
	Refusals(ctx context.Context, account string, sims []jobs.SIM) ([]Refusal, error)
	Approvals(ctx context.Context, run int64) ([]Approval, error) // oldest first, like the next three
	Starts(ctx context.Context, run int64) ([]Start, error)
	Words(ctx context.Context, acts []int64) ([]Word, error)
	Losses(ctx context.Context, account string) ([]Loss, error)
	Links(ctx context.Context) ([]Link, error)
	// Progress is how far each of the runs was when it last said so; those that
	// never did are missing.
	Progress(ctx context.Context, runs []int64) ([]Progress, error)
	// Counted is what the starts of a run have counted, oldest first, and, where that
	// is wanted, how it went over time; those that never wrote it down are missing.
	Counted(ctx context.Context, run int64, timelines bool) ([]Counted, error)
	// Control is what a person wants of a run; false: nothing was said.
	Control(ctx context.Context, run int64) (Control, bool, error)
}

// ActQuery says which acts. What is empty says nothing. They come in the order
// of their numbers.
type ActQuery struct {
	IDs     []int64
	SIMs    []jobs.SIM
	Account string // its one name
	Run     int64
	States  []State
	After   int64 // numbers above it
	Newest  bool  // the newest first
	Limit   int
}

// RunQuery says which runs. What is empty says nothing. They come newest first.
type RunQuery struct {
	ID           int64
	Kind         Kind
	Digest       string
	OutputDigest string
	From         string // the ID of the ledger that they were carried from
	Before       int64  // numbers below it
	Open         bool   // only those that did not come to their last row, as far as is written down
	Limit        int
}

// RowQuery says which results of a run.
type RowQuery struct {
	Run   int64
	From  int // Seq
	To    int // Seq, not included; 0: to the last
	Limit int
}
