package ledger

import (
	"context"

	"bulk/internal/jobs/ledger/store"
)

// GroupsUsed reports which of these groups SIMs of the account were ever sent
// into, by whichever of its names. For a group that none was it looks at all of
// the account's acts: about a second for each half a million.
func (db *DB) GroupsUsed(ctx context.Context, account string, groups []string) (map[string]bool, error) {
	if err := db.write.flush(ctx); err != nil {
		return nil, err
	}
	unused := map[string]bool{}
	for _, group := range groups {
		unused[group] = true
	}
	used := map[string]bool{}
	err := db.acts(ctx, store.ActQuery{Account: db.oneName(account)}, func(a ActInfo) bool {
		for _, group := range []string{a.Group, a.Found} {
			if group != "" && unused[group] {
				used[group] = true
				delete(unused, group)
			}
		}
		return len(unused) > 0
	})
	return used, err
}
