package ledger

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"bulk/internal/jobs"
	"bulk/internal/jobs/ledger/store"
)

// DisagreeError says that two ledgers hold what persons said of two account names, and
// that it contradicts.
type DisagreeError struct {
	A, B     string
	One, Two string // the ledger that has them as one account, and the one that has them as two
}

func (e *DisagreeError) Error() string {
	return fmt.Sprintf("%s says that %s and %s are one account, and %s that they are two", e.One, e.A, e.B, e.Two)
}

// NamedTwice are SIMs that were sent commands under two account names.
type NamedTwice struct {
	A, B  string
	SIMs  int
	First jobs.ICCID // one of them
}

// relate takes over what persons said of account names. What they said here and
// there must agree.
func (c *carrier) relate(ctx context.Context) error {
	said, err := c.db.store.Links(ctx)
	if err != nil {
		return err
	}
	c.names = namesOf(said)
	for i, s := range c.sources {
		links, err := s.store.Links(ctx)
		if err != nil {
			return err
		}
		there := namesOf(links)
		for _, l := range links {
			if l.Relation == store.Separate && there.of(l.A) == there.of(l.B) {
				continue // somebody has said otherwise since
			}
			a, b := l.A, l.B
			l.A, l.B = c.names.of(l.A), c.names.of(l.B)
			two := pair(l.A, l.B)
			apart := c.names.separate[two]
			switch {
			case l.Relation == store.Same && apart:
				return &DisagreeError{A: a, B: b, One: s.Name, Two: c.whoSaid(two)}
			case l.Relation == store.Separate && l.A == l.B:
				return &DisagreeError{A: a, B: b, One: c.whoSaid(pair(a, b)), Two: s.Name}
			case l.A == l.B, l.Relation == store.Separate && apart:
				continue
			}
			c.saidBy[pair(a, b)], c.saidBy[two] = s.Name, s.Name
			op := &store.Relate{Link: l}
			if l.Relation == store.Same {
				replaced, err := c.db.colliding(ctx, l.A, l.B)
				if err != nil {
					return err
				}
				for _, a := range replaced {
					op.Replace = append(op.Replace, a.ID)
					c.goes[held{here, a.ID}] = true
				}
			}
			c.op.Links = append(c.op.Links, op)
			c.result.From[i].Links++
			said = append(said, l)
			c.names = namesOf(said)
		}
	}
	return nil
}

// whoSaid is which ledger has what was said of two names.
func (c *carrier) whoSaid(two [2]string) string {
	if name, known := c.saidBy[two]; known {
		return name
	}
	return c.db.Path()
}

// lookForNames finds SIMs that were sent commands under several account names of which
// nobody has said whether they are one account.
func (c *carrier) lookForNames(ctx context.Context) error {
	come := map[string]bool{}
	for q := range c.stands {
		come[q.account] = true
	}
	if len(come) < 2 && len(c.named) == 0 {
		return nil
	}
	for q := range c.stands {
		c.named[q.sim] = append(c.named[q.sim], q.account)
	}
	found := map[[2]string]*NamedTwice{}
	first := map[[2]string]jobs.SIM{}
	for sim, names := range c.named {
		for i, a := range names {
			for _, b := range names[:i] {
				two := pair(a, b)
				if a == b || c.names.separate[two] {
					continue
				}
				if found[two] == nil {
					found[two] = &NamedTwice{A: two[0], B: two[1]}
				}
				if n := found[two]; n.SIMs == 0 || sim < first[two] {
					first[two] = sim
				}
				found[two].SIMs++
			}
		}
	}
	for _, two := range slices.SortedFunc(maps.Keys(found), func(a, b [2]string) int { return slices.Compare(a[:], b[:]) }) {
		n := found[two]
		iccid, err := c.spelt(ctx, first[two])
		if err != nil {
			return err
		}
		n.First = iccid
		c.result.Names = append(c.result.Names, *n)
	}
	return nil
}

// spelt is a SIM as an act has it.
func (c *carrier) spelt(ctx context.Context, sim jobs.SIM) (jobs.ICCID, error) {
	for _, s := range append(slices.Clone(c.sources), Source{DB: c.db}) {
		acts, err := s.store.Acts(ctx, store.ActQuery{SIMs: []jobs.SIM{sim}, Limit: 1})
		if err != nil {
			return "", err
		}
		if len(acts) > 0 {
			return acts[0].ICCID, nil
		}
	}
	return jobs.ICCID(sim), nil
}
