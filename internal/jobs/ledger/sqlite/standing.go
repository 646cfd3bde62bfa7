package sqlite

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"

	"bulk/internal/jobs"
	"bulk/internal/jobs/ledger/store"
)

// What bars a SIM is kept three times: in the table, in the index by SIM and in the
// unique key. A question how SIMs stand asks all three, so that damage to one shows
// before anything is sent, also where opening the file has not gone through it.

// LEFT: an entry without its act is damage as well.
const (
	selectActsOfSIMs = `SELECT ` + actColumns + `, t.sim = i.sim AND t.account = i.account AND t.action = i.action AND t.state = i.state
		AND t."group" = i."group" AND t.found_group = i.found_group FROM acts AS i INDEXED BY acts_by_sim LEFT JOIN acts AS t ON t.id = i.id`
	// The key begins with the account: with each that there is.
	selectBarring = `WITH RECURSIVE name (account) AS (SELECT min(account) FROM acts
			UNION ALL SELECT (SELECT min(a.account) FROM acts AS a WHERE a.account > name.account) FROM name WHERE name.account IS NOT NULL)
		SELECT k.id FROM name CROSS JOIN acts AS k INDEXED BY acts_open_or_done ON k.account = name.account`
)

// actsOfSIMs is acts where the SIMs are named.
func (s *Store) actsOfSIMs(ctx context.Context, q store.ActQuery) (all []store.Act, err error) {
	var c condition
	anyOf(&c, "i.sim", q.SIMs)
	anyOf(&c, "i.id", q.IDs)
	if q.Account != "" {
		c.and("i.account = ?", q.Account)
	}
	if q.Run != 0 {
		c.and("t.run = ?", q.Run)
	}
	if q.States != nil {
		c.and("i.state IN (" + quoted(q.States) + ")")
	}
	c.and("i.id > ?", q.After)
	order := " ORDER BY i.id"
	if q.Newest {
		order += " DESC"
	}
	limit := q.Limit
	if limit == 0 {
		limit = math.MaxInt32
	}
	whole := q.Account == "" && q.Run == 0 && q.IDs == nil && q.After == 0 && q.Limit == 0 && slices.Equal(q.States, store.Barring)
	if whole { // both questions at one moment
		if err := s.do("BEGIN"); err != nil {
			return nil, err
		}
		defer func() { err = errors.Join(err, s.do("ROLLBACK")) }() // nothing was changed
	}
	err = s.list(ctx, selectActsOfSIMs+c.where()+order+" LIMIT ?", append(c.args, limit), func(scan scanner) error {
		var agree bool
		a, err := scanAct(scan, &agree)
		if err == nil && !agree {
			err = fmt.Errorf("act %d: %s", a.ID, otherIndex)
		}
		all = append(all, a)
		return err
	})
	if err == nil && whole {
		err = s.keyed(ctx, q.SIMs, all)
	}
	return all, err
}

// keyed makes sure that the unique key has the acts that bar these SIMs, and no others.
func (s *Store) keyed(ctx context.Context, sims []jobs.SIM, acts []store.Act) error {
	var c condition
	anyOf(&c, "k.sim", sims)
	c.and("k.state IN (" + quoted(store.Barring) + ")") // as the key says it
	inKey, inIndex := map[int64]bool{}, map[int64]bool{}
	err := s.list(ctx, selectBarring+c.where(), c.args, func(scan scanner) error {
		var id int64
		err := scan(&id)
		inKey[id] = true
		return err
	})
	for i := range acts {
		inIndex[acts[i].ID] = true
	}
	if err == nil && !maps.Equal(inKey, inIndex) {
		err = fmt.Errorf("%w: %s", store.ErrCorrupt, otherKey)
	}
	return err
}
