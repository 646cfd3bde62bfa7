package ledger

import (
	"context"
	"fmt"
	"hash/maphash"
	"sync"
	"sync/atomic"

	"bulk/internal/jobs"
)

// met knows which SIMs have an act, so that a run over SIMs that nothing was
// ever done with need not ask the file about each of them. It is a Bloom filter:
// it may take a SIM for one that has an act, and then the file is asked; never
// the other way round.
//
// It is told of every act of this process before that is written, and of those
// of others by reading them all, once that is less work than the questions are.
// Other processes add none meanwhile: they do not hold the accounts' locks.
type met struct {
	seed  maphash.Seed
	bits  func() []atomic.Uint64 // made when they are first needed
	asked atomic.Int64
	whole atomic.Bool // it knows of the acts of others, too
	read  sync.Mutex
}

const (
	metWords  = 1 << 18 // 2 MiB: of a million SIMs one in 200 is asked about in vain
	metProbes = 4
	// readingAll is how many acts can be read in the time of a question.
	readingAll = 8
	// leastAsked is how often the file is asked before the acts are even counted.
	leastAsked = 64
)

func newMet() *met {
	return &met{seed: maphash.MakeSeed(), bits: sync.OnceValue(func() []atomic.Uint64 { return make([]atomic.Uint64, metWords) })}
}

// places are the bits that stand for a SIM under an account.
func (m *met) places(account string, iccid jobs.ICCID) [metProbes]uint64 {
	var h maphash.Hash
	h.SetSeed(m.seed)
	_, _ = h.WriteString(account) // never fails, like the next two
	_ = h.WriteByte(0)
	_, _ = h.WriteString(string(iccid))
	sum := h.Sum64()
	var places [metProbes]uint64
	for i := range places {
		places[i] = (sum + uint64(i)*(sum>>32|1)) % (metWords * 64)
	}
	return places
}

func (m *met) add(account string, iccid jobs.ICCID) {
	bits := m.bits()
	for _, at := range m.places(account, iccid) {
		bits[at/64].Or(1 << (at % 64))
	}
}

// never tells that a SIM surely has no act.
func (m *met) never(account string, iccid jobs.ICCID) bool {
	if !m.whole.Load() {
		return false
	}
	bits := m.bits()
	for _, at := range m.places(account, iccid) {
		if bits[at/64].Load()&(1<<(at%64)) == 0 {
			return true
		}
	}
	return false
}

// untouched tells that a SIM has no act, where that can be told without asking
// the file about it.
func (db *DB) untouched(ctx context.Context, account string, iccid jobs.ICCID) (bool, error) {
	m := db.met
	if asked := m.asked.Add(1); !m.whole.Load() && asked%leastAsked == 0 {
		if err := db.meetAll(ctx, asked); err != nil {
			return false, fmt.Errorf("reading the acts of the ledger: %w", db.explain(err))
		}
	}
	return m.never(account, iccid), nil
}

// meetAll reads which SIMs have an act, once as many questions were asked as
// that takes.
func (db *DB) meetAll(ctx context.Context, asked int64) error {
	if !db.met.read.TryLock() {
		return nil
	}
	defer db.met.read.Unlock()
	var acts int64 // or more: acts are never deleted
	if err := db.read.QueryRowContext(ctx, `SELECT coalesce(max(id), 0) FROM acts`).Scan(&acts); err != nil {
		return err
	}
	if db.met.whole.Load() || acts > asked*readingAll {
		return nil
	}
	rows, err := db.read.QueryContext(ctx, `SELECT account, iccid FROM acts`)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var account, iccid string
		if err := rows.Scan(&account, &iccid); err != nil {
			return err
		}
		db.met.add(account, jobs.ICCID(iccid))
	}
	if err := rows.Err(); err != nil {
		return err
	}
	db.met.whole.Store(true)
	return nil
}
