package ledger

import (
	"context"
	"errors"
	"slices"
	"time"

	"bulk/internal/jobs"
	"bulk/internal/jobs/ledger/store"
)

// survey counts the acts of a ledger, and notes those that bar others.
func (c *carrier) survey(ctx context.Context, i int, got *CarriedFrom) error {
	var unasked []int64
	err := c.sources[i].AllActs(ctx, func(a ActInfo) bool {
		got.Acts++
		if slices.Contains(store.Doubtful, a.State) {
			got.InDoubt++
		}
		c.meets(question{c.names.of(a.Account), a.SIM}, held{i, a.ID}, a.State)
		unasked = append(unasked, a.ID)
		return ctx.Err() == nil
	})
	for lot := range slices.Chunk(unasked, pageOfActs) {
		if err != nil {
			return err
		}
		var words []store.Word
		words, err = c.sources[i].store.Words(ctx, lot)
		got.Words += len(words)
	}
	return errors.Join(err, ctx.Err())
}

// meets notes an act by what it means for others of its SIM.
func (c *carrier) meets(q question, a held, s State) {
	switch {
	case slices.Contains(store.Barring, s):
		c.note(q, a)
	case s == store.ResolvedNotDone:
		c.denied[q] = append(c.denied[q], a)
	}
}

// note notes an act that bars others of its SIM.
func (c *carrier) note(q question, a held) {
	first, there := c.stands[q]
	if !there {
		c.stands[q] = a
		return
	}
	if c.contests[q] == nil {
		c.contests[q] = []held{first}
		c.order = append(c.order, q)
	}
	c.contests[q] = append(c.contests[q], a)
}

// meet notes the acts of this ledger on the SIMs of those that come.
func (c *carrier) meet(ctx context.Context) error {
	_, any, err := c.db.one(ctx, store.ActQuery{Newest: true, Limit: 1})
	if err != nil || !any {
		return err
	}
	var sims []jobs.SIM
	for q := range c.stands {
		sims = append(sims, q.sim)
	}
	slices.Sort(sims)
	for lot := range slices.Chunk(slices.Compact(sims), importMost) {
		acts, err := c.db.store.Acts(ctx, store.ActQuery{SIMs: lot, States: append(slices.Clone(store.Barring), store.ResolvedNotDone)})
		if err != nil {
			return err
		}
		for _, a := range acts {
			q := question{c.names.of(a.Account), a.SIM}
			_, comes := c.stands[q]
			switch {
			case c.goes[held{here, a.ID}]:
			case comes:
				c.meets(q, held{here, a.ID}, a.State)
			case slices.Contains(store.Barring, a.State):
				c.named[a.SIM] = append(c.named[a.SIM], q.account)
			}
		}
	}
	return nil
}

// settle decides which act stands where only one can.
func (c *carrier) settle(ctx context.Context) error {
	for q := range c.denied {
		if a, stands := c.stands[q]; stands && c.contests[q] == nil {
			c.contests[q] = []held{a}
			c.order = append(c.order, q)
		}
	}
	for lot := range slices.Chunk(c.order, importMost) {
		all, err := c.fetch(ctx, lot)
		if err != nil {
			return err
		}
		for _, q := range lot {
			c.decide(q, all)
		}
	}
	return nil
}

// fetch reads the acts of some contests.
func (c *carrier) fetch(ctx context.Context, lot []question) (map[held]Sent, error) {
	ids := map[int][]int64{}
	for _, q := range lot {
		for _, a := range slices.Concat(c.contests[q], c.denied[q]) {
			ids[a.from] = append(ids[a.from], a.id)
		}
	}
	all := map[held]Sent{}
	for from, ids := range ids {
		reader, name := c.db.store, c.db.Path()
		if from != here {
			reader, name = c.sources[from].store, c.sources[from].Name
		}
		acts, err := reader.Acts(ctx, store.ActQuery{IDs: ids})
		if err != nil {
			return nil, err
		}
		for _, a := range acts {
			all[held{from, a.ID}] = Sent{a, name, from}
		}
	}
	return all, nil
}

// decide has one act stand. Acts that are one and the same request, which came here
// before in another way, are no second command; where a person said of one that it was
// not done, the other was not.
func (c *carrier) decide(q question, all map[held]Sent) {
	var sent []Sent
	for _, a := range c.contests[q] {
		if act := all[a]; c.isDenied(q, &act, all) {
			c.drop(a)
		} else {
			sent = append(sent, act)
		}
	}
	if sent == nil {
		return
	}
	stays := sent[0]
	for _, a := range sent[1:] {
		if better(&a, &stays) {
			stays = a
		}
	}
	twice := Twice{Stays: stays}
	for _, a := range sent {
		if a.from == stays.from && a.ID == stays.ID {
			continue
		}
		c.drop(held{a.from, a.ID})
		if !sameRequest(&a, &stays) {
			twice.Goes = append(twice.Goes, a)
		}
	}
	if twice.Goes != nil {
		c.result.Twice = append(c.result.Twice, twice)
	}
}

// isDenied reports whether a person said of the same request that it was not done, where
// the act is in doubt.
func (c *carrier) isDenied(q question, a *Sent, all map[held]Sent) bool {
	return slices.Contains(store.Doubtful, a.State) && slices.ContainsFunc(c.denied[q], func(d held) bool {
		denied := all[d]
		return sameRequest(a, &denied)
	})
}

// drop has an act count no more.
func (c *carrier) drop(a held) {
	c.goes[a] = true
	if a.from == here {
		c.op.Replace = append(c.op.Replace, a.id)
	}
}

// better reports whether a stays beside b: of one request what is known of it, else one
// in doubt, else the newest.
func better(a, b *Sent) bool {
	aDoubt, bDoubt := slices.Contains(store.Doubtful, a.State), slices.Contains(store.Doubtful, b.State)
	switch {
	case sameRequest(a, b) && aDoubt != bDoubt:
		return bDoubt
	case sameRequest(a, b):
		return a.from == here
	case aDoubt != bDoubt:
		return aDoubt
	}
	return a.At.After(b.At)
}

// sameRequest reports whether two acts of a SIM are one: export and import carry its
// request's number, and when it was sent.
func sameRequest(a, b *Sent) bool {
	if a.RequestID != "" && b.RequestID != "" {
		return a.RequestID == b.RequestID
	}
	return a.At.Truncate(time.Millisecond).Equal(b.At.Truncate(time.Millisecond))
}
