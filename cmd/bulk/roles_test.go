package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"bulk/internal/jobs/ledger"
	"bulk/internal/jobs/ledger/ledgertest"
	"bulk/internal/jobs/ledger/postgres/pgtest"
)

// Whatever a user of a shared ledger lacks, each command says it in words: which role it
// needs, and never what the server says alone.
func TestWhoMayNotIsToldWhichRole(t *testing.T) {
	where := pgtest.Database(t)
	admin, err := pgx.Connect(t.Context(), where)
	require.NoError(t, err)
	defer admin.Close(context.Background())
	must := func(statements ...string) {
		for _, s := range statements {
			_, err := admin.Exec(t.Context(), s)
			require.NoError(t, err, s)
		}
	}
	h := ledgertest.Opened(t, ledgertest.Place{Where: where, Open: ledger.Open})
	run := h.Starts(t, ledger.Real, strings.Repeat("a", 64))
	ledgertest.Sends(t, run, ledgertest.Command(0, ledgertest.SIM(0), "L100"), "unknown")
	require.NoError(t, run.End(t.Context(), ledger.Ended{}))
	require.NoError(t, run.Publishing(t.Context(), "digest"))
	require.NoError(t, run.Published(t.Context()))
	require.NoError(t, h.Close())
	must(ledger.Grants()...)
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(dir+"/in.csv", []byte("iccid,action,group\n8944500102030001010,set_aa_group,L100\n"), 0o600))
	bulk, err := realBulk()
	require.NoError(t, err)
	other := ledgertest.Opened(t, ledgertest.Place{Where: dir + "/other.db", Open: ledger.Open})
	require.NoError(t, other.Init(t.Context(), "ann", "new"))
	require.NoError(t, other.Close())
	const needsRun, needsPrune, needsOwner = "GRANT bulk_run TO ", "GRANT bulk_prune TO ", "the ledger's owner"
	commands := []struct {
		args                     string
		none, reader, run, prune string // what is said; empty: it may
	}{
		{"runs", "may not use the ledger", "", "", ""},
		{"runs 1", "may not use the ledger", "", "", ""},
		{"runs --unknown", "may not use the ledger", "", "", ""},
		{"runs --iccid " + string(ledgertest.SIM(0)), "may not use the ledger", needsRun, "", ""},
		{"runs 1 -o again.csv", "may not use the ledger", needsRun, "", ""},
		{"runs pause 1", "may not use the ledger", needsRun, "", ""},
		{"runs prune --older-than 1s", "may not use the ledger", needsRun, needsPrune, ""},
		{"resolve " + string(ledgertest.SIM(0)) + " --done --reason x", "may not use the ledger", needsRun, "", ""},
		{"ledger status", "may not use the ledger", needsRun, "", ""},
		{"ledger verify", "may not use the ledger", needsRun, "", ""},
		{"ledger export -o acts.csv", "may not use the ledger", needsRun, "", ""},
		{"ledger release m2m:x --reason x", "may not use the ledger", needsRun, "", ""},
		{"ledger same-account m2m:x " + ledgertest.Account + " --reason x", "may not use the ledger", needsRun, "", ""},
		{"ledger accept-loss " + ledgertest.Account + " --in-doubt in.csv --reason x", "may not use the ledger", needsRun, "", ""},
		{"ledger close --to other.db", "may not use the ledger", needsRun, needsOwner, needsOwner},
		{"ledger init", "may not make a ledger", needsRun, "", ""},
	}
	for i, role := range []string{"", "bulk_read", "bulk_run", "bulk_prune"} {
		user := fmt.Sprintf("bulk_role_%d_%d", os.Getpid(), i)
		must("CREATE ROLE " + user + " LOGIN PASSWORD 'x'")
		t.Cleanup(func() { dropRole(t, where, user) })
		if role != "" {
			must("GRANT " + role + " TO " + user)
		}
		for _, c := range commands {
			want := [...]string{c.none, c.reader, c.run, c.prune}[i]
			t.Run(role+"/"+c.args, func(t *testing.T) {
				cmd := exec.Command(bulk, strings.Fields(c.args)...)
				cmd.Dir = dir
				cmd.Env = []string{"HOME=" + dir, "PATH=" + os.Getenv("PATH"), "BULK_LEDGER=" + strings.Replace(where, "postgres@", user+"@", 1)}
				out, _ := cmd.CombinedOutput()
				require.NotContains(t, string(out), "SQLSTATE")
				if want == "" {
					require.NotContains(t, string(out), "may not", "%s", out)
					require.NotContains(t, string(out), "lacks rights", "%s", out)
					return
				}
				require.NotZero(t, cmd.ProcessState.ExitCode())
				require.Contains(t, string(out), want)
				require.Contains(t, string(out), user)
			})
		}
	}
}

func dropRole(t *testing.T, where, user string) {
	admin, err := pgx.Connect(context.Background(), where)
	if err == nil {
		_, err = admin.Exec(context.Background(), "DROP OWNED BY "+user+"; DROP ROLE "+user)
		_ = admin.Close(context.Background())
	}
	if err != nil {
		t.Log(err)
	}
}
