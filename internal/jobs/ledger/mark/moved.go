package mark

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"
)

// Moved says that a ledger was closed from this machine, and where its history goes
// on. A copy of the ledger from before does not know it.
type Moved struct {
	Ledger string    `json:"ledger"` // its identity
	To     string    `json:"to"`
	At     time.Time `json:"at"`
}

const movedSuffix = ".closed"

// File is where the folder keeps it.
func (f Folder) File(m Moved) string { return filepath.Join(f.dir, nameOfMoved(m.Ledger)) }

func nameOfMoved(ledger string) string {
	sum := sha256.Sum256([]byte(ledger))
	return hex.EncodeToString(sum[:16]) + movedSuffix
}

// Close notes that a ledger was closed. It is on disk on return.
func (f Folder) Close(ctx context.Context, m Moved) error {
	return f.writing(ctx, func() error {
		text, err := json.Marshal(m)
		if err != nil {
			return err
		}
		return replace(f.File(m), append(text, '\n'), true)
	})
}

// Closed finds whether a ledger, by its identity, was closed from this machine.
func (f Folder) Closed(ctx context.Context, ledger string) (m Moved, closed bool, err error) {
	err = f.reading(ctx, func() error {
		name := nameOfMoved(ledger)
		text, err := os.ReadFile(filepath.Join(f.dir, name))
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		if err != nil {
			return err
		}
		closed = true
		if err := json.Unmarshal(text, &m); err != nil || m.Ledger != ledger {
			return fmt.Errorf("%w: %s", ErrDamaged, name)
		}
		return nil
	})
	return m, closed, err
}
