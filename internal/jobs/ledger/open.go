package ledger

import (
	"context"
	"sync"
	"time"

	"bulk/internal/jobs/ledger/postgres"
	"bulk/internal/jobs/ledger/sqlite"
	"bulk/internal/jobs/ledger/store"
)

// Errors that are wrapped where that is what they are.
var (
	ErrMissing   = store.ErrMissing
	ErrCorrupt   = store.ErrCorrupt
	ErrNewer     = store.ErrNewer
	ErrBusy      = store.ErrBusy // as a [*BusyError], which says who
	ErrFenced    = store.ErrFenced
	ErrOvertaken = store.ErrOvertaken
	ErrChanged   = store.ErrChanged
	ErrFree      = store.ErrFree
)

// The values of package store, for those who use a ledger.
type (
	Options   = store.Options
	BusyError = store.BusyError
	Moved     = store.MovedError
	Holding   = store.Holding
	RunInfo   = store.Run
	Kind      = store.Kind
	Start     = store.Start
	State     = store.State
	ActInfo   = store.Act
	Approval  = store.Approval
	Loss      = store.Loss
	Link      = store.Link
	Control   = store.Control
	Progress  = store.Progress
	Counted   = store.Counted
	Meta      = store.Meta
	Fact      = store.Fact
)

// The kinds of run. An unfinished run is continued only by one of its kind.
const (
	Real       = store.Real
	DryRun     = store.DryRun
	Apply      = store.Apply
	AcceptLoss = store.AcceptLoss
	Imported   = store.Imported
)

// The states of an act.
const (
	Intended        = store.Intended
	DoneState       = store.Done
	RefusedState    = store.Refused
	NotSentState    = store.NotSent
	UnknownState    = store.Unknown
	CannotTell      = store.CannotTell
	ResolvedDone    = store.ResolvedDone
	ResolvedNotDone = store.ResolvedNotDone
	Replaced        = store.Replaced
)

// DB is an open ledger.
type DB struct {
	path  string
	store store.Store
	meta  store.Meta
	write *writer
	now   func() time.Time
	host  string
	lots  lots

	onAct func(ActInfo) // see [DB.OnAct]; nil: nobody is told

	mu     sync.Mutex
	names  names                // what account names are to each other
	epochs map[string]int64     // of the accounts that are held
	newest map[string]store.Act // by account, of those that this process wrote
	room   int64                // how much is kept for the case that the disk fills up
}

// InDatabase reports whether a ledger's name is the address of a database
// (postgres://…), not a file's.
func InDatabase(where string) bool { return postgres.Is(where) }

// Address is the address of a database as it may be printed, in one spelling; an
// error where it is none, or holds a password.
func Address(where string) (string, error) { return postgres.Address(where) }

// Grants are the statements that make roles for a ledger in a database, each with
// no more rights than it needs.
func Grants() []string { return postgres.Grants() }

// Problem is why a database cannot serve as a ledger, and what there is to do.
type Problem = postgres.Problem

// Open opens the ledger at a path, or in the database at an address, making it
// (a file's folder too, private) where options.Create says so, and migrating a
// file of an older schema. Errors wrap ErrMissing, ErrCorrupt or ErrNewer where
// that is what they are; of a database they are a [*Problem].
func Open(ctx context.Context, where string, options Options) (*DB, error) {
	var kept store.Store
	var err error
	if InDatabase(where) {
		kept, err = postgres.Open(ctx, where, options)
	} else {
		kept, err = sqlite.Open(ctx, where, options)
	}
	if err != nil {
		return nil, err
	}
	return New(ctx, kept, where, options)
}

// New makes a ledger of a store that is open; path is what it is called. The
// store is closed with it, and where this fails.
func New(ctx context.Context, kept store.Store, path string, options Options) (*DB, error) {
	db := &DB{path: path, store: kept, now: options.Now, host: options.Host, epochs: map[string]int64{}, newest: map[string]store.Act{}, room: roomForCommands}
	db.lots.reader = kept
	var err error
	if db.meta, err = kept.Meta(ctx); err == nil {
		err = db.readNames(ctx)
	}
	if err != nil {
		_ = kept.Close()
		return nil, err
	}
	db.write = startWriter(kept)
	return db, nil
}

// Path is where the ledger is, as it was named.
func (db *DB) Path() string { return db.path }

// ID is the ledger's own, for life: a UUID.
func (db *DB) ID() string { return db.meta.ID }

// Meta is what the ledger is: when it was made, and whether a person said that
// it is to be a new one.
func (db *DB) Meta(ctx context.Context) (Meta, error) { return db.store.Meta(ctx) }

// Init writes down a person's word that this is to be a new ledger. It is good
// until the first act.
func (db *DB) Init(ctx context.Context, user, reason string) error {
	return db.commit(ctx, &store.Init{User: clean(user), Reason: clean(reason), At: db.now()})
}

// End closes the ledger for good, and says where its history goes on. No account of
// it may be held. Before that, when nobody can send by it any more, before is called,
// whose error keeps it open; it may be nil. It can still be opened with Options.Closed,
// to be read.
func (db *DB) End(ctx context.Context, to, user, reason string, before func() error) error {
	if e, ok := db.store.(store.Ender); ok {
		if err := e.MayClose(ctx); err != nil {
			return err
		}
	}
	names, err := db.AllNames(ctx)
	if err != nil {
		return err
	}
	hold, err := db.Hold(ctx, names, 0)
	if err != nil {
		return err
	}
	defer hold.Release()
	if before != nil {
		if err := before(); err != nil {
			return err
		}
	}
	return db.commit(ctx, &store.Close{Moved: Moved{To: clean(to), User: clean(user), Word: clean(reason), At: db.now()}})
}

// Flush returns once every result handed over is durable.
func (db *DB) Flush(ctx context.Context) error { return db.write.flush(ctx) }

// Close writes what is left and closes the ledger. One that was made for this
// and that nothing was written into is taken away again.
func (db *DB) Close() error { return db.write.close() }

// commit writes one change and returns once it is durable, or refused.
func (db *DB) commit(ctx context.Context, op store.Op) error {
	return db.write.do(ctx, change{op: op})
}

// More than the outcomes of all requests that can be under way take. Where none
// of them is irreversible there is less to lose. In bytes.
const (
	roomForCommands = 8 << 20
	roomForReads    = 1 << 20
)

// OnlyReads says that this process sends no irreversible requests, so that less
// room need be kept for the case that the disk fills up.
func (db *DB) OnlyReads() { db.room = roomForReads }
