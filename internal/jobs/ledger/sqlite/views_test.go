package sqlite_test

import (
	"os/exec"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"bulk/internal/jobs"
	"bulk/internal/jobs/ledger"
	"bulk/internal/jobs/ledger/ledgertest"
)

// The ledger is readable with plain sqlite3, while a run has it open.
func TestViews(t *testing.T) {
	sqlite3, err := exec.LookPath("sqlite3")
	if err != nil {
		t.Skip("the sqlite3 command is not installed")
	}
	db := fresh(t)
	run := db.Starts(t, ledger.Real, "d1")
	ledgertest.Sends(t, run, ledgertest.Command(0, ledgertest.SIM(1), "L100"), jobs.OK)
	ledgertest.Sends(t, run, ledgertest.Command(1, ledgertest.SIM(2), "L100"), jobs.Unknown)
	require.NoError(t, run.Intend(ledgertest.Account, new(ledgertest.Command(2, ledgertest.SIM(3), "L200")), jobs.Standing{}).Begin(t.Context()))
	ledgertest.Record(t, run, ledgertest.Query(3, ledgertest.SIM(1)), jobs.Drift, jobs.Drifted)
	require.NoError(t, db.Flush(t.Context()))
	for _, c := range []struct{ name, query, want string }{
		{"what did we do to this SIM", `SELECT account, action, "group", state, run, line FROM sim_history WHERE iccid = '` + string(ledgertest.SIM(1)) + `'`,
			ledgertest.Account + "|set_aa_group|L100|done|1|2"},
		{"what is unknown", `SELECT iccid, "group", state FROM in_doubt`,
			string(ledgertest.SIM(2)) + "|L100|unknown\n" + string(ledgertest.SIM(3)) + "|L200|intent"},
		{"the rows", `SELECT run, line, action, outcome, code FROM row_history`,
			"1|2|set_aa_group|ok|\n1|3|set_aa_group|unknown|\n1|5|query_status|drift|drift"},
		{"what it is", `PRAGMA application_id`, "1651862635"},
	} {
		t.Run(c.name, func(t *testing.T) {
			out, err := exec.Command(sqlite3, "-readonly", db.Path(), c.query).CombinedOutput()
			require.NoError(t, err, string(out))
			require.Equal(t, c.want, strings.TrimSpace(string(out)))
		})
	}
}
