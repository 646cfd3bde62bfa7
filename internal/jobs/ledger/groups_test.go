package ledger

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"

	"bulk/internal/jobs"
)

func TestGroupsUsed(t *testing.T) {
	db := fresh(t)
	run := starts(t, db, Real, "a")
	sends(t, run, command(0, sim(0), "L100"), jobs.OK)
	sends(t, run, command(1, sim(1), "L200"), jobs.Failed)
	var many errgroup.Group // many at once share a commit
	for i := 2; i < pageOfActs+10; i++ {
		many.Go(func() error {
			return run.Intend(account, new(command(i, sim(i), "L300")), jobs.Standing{}).Begin(t.Context())
		})
	}
	require.NoError(t, many.Wait())
	sends(t, run, command(pageOfActs+10, sim(pageOfActs+10), "L400"), jobs.Unknown)
	for _, c := range []struct {
		account string
		asked   []string
		used    []string
	}{
		{account, []string{"L100", "L200", "L300", "L400", "L500", ""}, []string{"L100", "L200", "L300", "L400"}},
		{account, []string{"L100"}, []string{"L100"}},
		{account, nil, nil},
		{other, []string{"L100"}, nil},
	} {
		t.Run(fmt.Sprint(c.account, c.asked), func(t *testing.T) {
			used, err := db.GroupsUsed(t.Context(), c.account, c.asked)
			require.NoError(t, err)
			require.Len(t, used, len(c.used))
			for _, group := range c.used {
				require.True(t, used[group], group)
			}
		})
	}
}
