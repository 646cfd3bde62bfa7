package mark

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/gofrs/flock"

	"bulk/internal/jobs"
	"bulk/internal/jobs/durable"
)

// Act is an irreversible request as a ledger has it.
type Act struct {
	Number int64      `json:"number"` // in the ledger; later ones have higher numbers
	SIM    jobs.ICCID `json:"sim"`
	At     time.Time  `json:"at"` // when it was written down, before it was sent
}

// Is reports whether both are the same act.
func (a Act) Is(b Act) bool { return a.Number == b.Number && a.SIM == b.SIM && a.At.Equal(b.At) }

// Mark is the last act of an account that this machine saw in a ledger.
type Mark struct {
	Ledger  string    `json:"ledger"` // its identity
	Account string    `json:"account"`
	Path    string    `json:"path"` // where the ledger was
	Act     Act       `json:"act"`
	Seen    time.Time `json:"seen"` // by this machine's clock
}

// Folder keeps marks, a file for each ledger and account. Any number of processes
// may use it at once. It is made when the first mark is put there, private
// (0700), its files 0600.
type Folder struct{ dir string }

// In is the folder at dir.
func In(dir string) Folder { return Folder{dir} }

// Dir is where the folder is.
func (f Folder) Dir() string { return f.dir }

// Of finds the mark for a ledger and an account; false: there is none.
func (f Folder) Of(ctx context.Context, ledger, account string) (m Mark, found bool, err error) {
	err = f.reading(ctx, func() error {
		m, found, err = f.of(ledger, account)
		return err
	})
	return m, found, err
}

func (f Folder) of(ledger, account string) (Mark, bool, error) {
	m, err := read(filepath.Join(f.dir, nameOf(ledger, account)))
	if errors.Is(err, fs.ErrNotExist) {
		return Mark{}, false, nil
	}
	return m, err == nil, err
}

// At lists the marks of an account, or where it is empty of any account, for
// ledgers that were at path, the one seen last first.
func (f Folder) At(ctx context.Context, path, account string) (all []Mark, err error) {
	all, err = f.every(ctx, func(m Mark) bool { return m.Path == path && (account == "" || m.Account == account) })
	slices.SortFunc(all, func(a, b Mark) int { return cmp.Or(b.Seen.Compare(a.Seen), strings.Compare(a.Ledger, b.Ledger)) })
	return all, err
}

// Accounts are those of which this machine has seen acts in the ledger, or in one
// that was at its place: whoever lacks the acts of one account may lack those of
// another, under whose name the same SIMs may be commanded.
func (f Folder) Accounts(ctx context.Context, h History) (names []string, err error) {
	marks, err := f.every(ctx, func(m Mark) bool { return m.Ledger == h.Identity() || m.Path == h.Place() })
	for _, m := range marks {
		names = append(names, m.Account)
	}
	slices.Sort(names)
	return slices.Compact(names), err
}

func (f Folder) every(ctx context.Context, fits func(Mark) bool) (all []Mark, err error) {
	err = f.reading(ctx, func() error {
		entries, err := os.ReadDir(f.dir)
		if err != nil {
			return err
		}
		for _, e := range entries {
			if !strings.HasSuffix(e.Name(), suffix) {
				continue
			}
			m, err := read(filepath.Join(f.dir, e.Name()))
			if err != nil {
				return err
			}
			if fits(m) {
				all = append(all, m)
			}
		}
		return nil
	})
	return all, err
}

// Move moves the mark forward, never back. It is on disk on return.
func (f Folder) Move(ctx context.Context, m Mark) error {
	return f.put(ctx, m, true, func(before Mark) bool { return before.Act.Number <= m.Act.Number })
}

// Jot moves the mark as Move does, and leaves it to the system when that is on
// disk: it outlives the process, though not a loss of power. It costs a small part
// of what Move costs.
func (f Folder) Jot(ctx context.Context, m Mark) error {
	return f.put(ctx, m, false, func(before Mark) bool { return before.Act.Number <= m.Act.Number })
}

// Replace puts the mark where the ledger now stands, though that may be further
// back: a person has accepted what is missing.
func (f Folder) Replace(ctx context.Context, m Mark) error {
	return f.put(ctx, m, true, func(Mark) bool { return true })
}

// Leave takes note that a ledger is not at its path any more, where another one
// took its place. Its mark stays, should it come back.
func (f Folder) Leave(ctx context.Context, m Mark) error {
	m.Path = ""
	return f.put(ctx, m, true, func(before Mark) bool { return before.Act.Is(m.Act) })
}

// Forget drops the mark for a ledger and an account; one that is not there is no
// error.
func (f Folder) Forget(ctx context.Context, ledger, account string) error {
	return f.writing(ctx, func() error {
		err := os.Remove(filepath.Join(f.dir, nameOf(ledger, account)))
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		return err
	})
}

// put writes a mark where the one that is there, if any, may be replaced. onDisk:
// it outlives a loss of power.
func (f Folder) put(ctx context.Context, m Mark, onDisk bool, may func(before Mark) bool) error {
	return f.writing(ctx, func() error {
		before, found, err := f.of(m.Ledger, m.Account)
		if err != nil || found && !may(before) {
			return err
		}
		text, err := json.Marshal(m)
		if err != nil {
			return err
		}
		return replace(filepath.Join(f.dir, nameOf(m.Ledger, m.Account)), append(text, '\n'), onDisk)
	})
}

const lockPoll = 20 * time.Millisecond

// writing does something while no other process reads or writes here.
func (f Folder) writing(ctx context.Context, do func() error) error {
	err := durable.MakeFolder(f.dir)
	if err == nil {
		lock := f.lock()
		err = held(ctx, lock.TryLockContext, lock.Unlock, do)
	}
	if err != nil {
		return fmt.Errorf("keeping the mark of the ledger in %s: %w", f.dir, err)
	}
	return nil
}

// reading does something while no other process writes here. (On Windows a file
// that is being read cannot be replaced.) Where there is no folder, nothing is done.
func (f Folder) reading(ctx context.Context, do func() error) error {
	if _, err := os.Stat(f.dir); errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ENOTDIR) {
		return nil
	}
	lock := f.lock()
	if err := held(ctx, lock.TryRLockContext, lock.Unlock, do); err != nil {
		return fmt.Errorf("reading the marks of the ledger in %s: %w", f.dir, err)
	}
	return nil
}

func (f Folder) lock() *flock.Flock {
	return flock.New(filepath.Join(f.dir, "lock"), flock.SetPermissions(0o600))
}

func held(ctx context.Context, take func(context.Context, time.Duration) (bool, error), give func() error, do func() error) error {
	if ok, err := take(ctx, lockPoll); !ok {
		return cmp.Or(err, ctx.Err())
	}
	return errors.Join(do(), give())
}

const suffix = ".mark"

// nameOf is the name of a mark's file. What it is for stands in it.
func nameOf(ledger, account string) string {
	sum := sha256.Sum256([]byte(ledger + "\n" + account))
	return hex.EncodeToString(sum[:16]) + suffix
}

func read(path string) (Mark, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return Mark{}, err
	}
	var m Mark
	if err := json.Unmarshal(text, &m); err != nil || nameOf(m.Ledger, m.Account) != filepath.Base(path) || m.Act.Number <= 0 {
		return Mark{}, fmt.Errorf("%w: %s", ErrDamaged, filepath.Base(path))
	}
	return m, nil
}

// ErrDamaged is where a mark's file is not as it was written.
var ErrDamaged = errors.New("the mark of the ledger is damaged")
