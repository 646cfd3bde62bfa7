package mark

import (
	"context"
	"time"
)

// History is what is asked of a ledger.
type History interface {
	// Identity is the ledger's own; no other ledger has it, but a copy has.
	Identity() string
	// Place is where the ledger is, the same by whichever name it was opened.
	Place() string
	// ActAt finds an act by its number; false: there is none.
	ActAt(ctx context.Context, number int64) (Act, bool, error)
	// LastAct finds the account's newest act, whatever became of it; false: there
	// is none.
	LastAct(ctx context.Context, account string) (Act, bool, error)
	// LossAccepted is when a person last accepted that acts of the account are
	// missing; zero: nobody did.
	LossAccepted(ctx context.Context, account string) (time.Time, error)
}

// Finding is what a ledger looks like beside this machine's marks.
type Finding struct {
	Missing  *Mark // the act that is not there, or not as it was; nil: nothing is known to be missing
	Swapped  bool  // the missing act was in another ledger, which was at the same place
	Accepted bool  // that it is missing was accepted: the marks are to be moved
	Unmarked bool  // this machine has no mark, and the account has acts: nothing was checked
}

// Refused reports whether nothing irreversible may be sent by such a ledger.
func (f Finding) Refused() bool { return f.Missing != nil && !f.Accepted }

// Check holds a ledger against the mark of an account. It changes nothing.
func (f Folder) Check(ctx context.Context, h History, account string) (Finding, error) {
	mark, marked, err := f.Of(ctx, h.Identity(), account)
	if err != nil {
		return Finding{}, err
	}
	if marked {
		act, found, err := h.ActAt(ctx, mark.Act.Number)
		if err != nil {
			return Finding{}, err
		}
		if !found || !act.Is(mark.Act) {
			return f.missing(ctx, h, account, Finding{Missing: &mark})
		}
	}
	others, err := f.At(ctx, h.Place(), account)
	if err != nil {
		return Finding{}, err
	}
	for _, other := range others {
		if other.Ledger != h.Identity() {
			return f.missing(ctx, h, account, Finding{Missing: &other, Swapped: true})
		}
	}
	_, acts, err := h.LastAct(ctx, account)
	return Finding{Unmarked: !marked && acts}, err
}

// missing adds whether a person has accepted it, after the act that is missing
// was there.
func (f Folder) missing(ctx context.Context, h History, account string, found Finding) (Finding, error) {
	at, err := h.LossAccepted(ctx, account)
	found.Accepted = at.After(found.Missing.Act.At)
	return found, err
}

// Note moves the mark to the newest act of the account in the ledger. found is what Check said: where a loss was accepted, the mark goes
// back to what there is, and ledgers that were at this place are let go.
func (f Folder) Note(ctx context.Context, h History, account string, found Finding, now time.Time) error {
	if found.Refused() {
		return nil // the mark is the one thing that knows what is missing
	}
	if found.Accepted {
		if err := f.letGo(ctx, h, account); err != nil {
			return err
		}
	}
	last, any, err := h.LastAct(ctx, account)
	switch {
	case err != nil:
		return err
	case !any && found.Accepted:
		return f.Forget(ctx, h.Identity(), account) // nothing is left that could be lost
	case !any:
		return nil
	}
	mark := Mark{Ledger: h.Identity(), Account: account, Path: h.Place(), Act: last, Seen: now}
	if found.Accepted && !found.Swapped {
		return f.Replace(ctx, mark)
	}
	return f.Move(ctx, mark)
}

// letGo notes of other ledgers that were at this place that they are not there
// any more.
func (f Folder) letGo(ctx context.Context, h History, account string) error {
	others, err := f.At(ctx, h.Place(), account)
	if err != nil {
		return err
	}
	for _, other := range others {
		if other.Ledger == h.Identity() {
			continue
		}
		if err := f.Leave(ctx, other); err != nil {
			return err
		}
	}
	return nil
}
