package main

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
	"github.com/stretchr/testify/require"

	"bulk/internal/jobs/ledger"
	"bulk/internal/jobs/ledger/postgres/pgtest"
)

// aboutTheFile finds the stories that are about a ledger's file itself, or that
// name one.
var aboutTheFile = regexp.MustCompile(`\$LEDGER|--ledger|ledger\.db|(?m)^sql |\bledger init\b`)

// otherThere are stories that go another way by a shared ledger, and why.
var otherThere = map[string]string{
	"plan_bytes": "a plan that was edited, or made elsewhere, is refused by a shared ledger before anybody's approval is asked for",
}

// Every story that has a ledger, but not a certain file, is told by a ledger in a
// database as well, and by the program as it ships.
func TestScriptsSharedLedger(t *testing.T) {
	pgtest.Database(t)
	binary, err := realBulk()
	require.NoError(t, err)
	all, err := filepath.Glob("../../testdata/script/*.txtar")
	require.NoError(t, err)
	var files []string
	for _, file := range all {
		text, err := os.ReadFile(file)
		require.NoError(t, err)
		if _, other := otherThere[strings.TrimSuffix(filepath.Base(file), ".txtar")]; !other && !aboutTheFile.Match(text) {
			files = append(files, file)
		}
	}
	require.Greater(t, len(files), len(all)/3)
	testscript.Run(t, testscript.Params{
		Files: files,
		Setup: func(env *testscript.Env) error {
			if err := prepareShared(env); err != nil {
				return err
			}
			asItShips(env, binary)
			db, err := ledger.Open(t.Context(), env.Getenv("BULK_LEDGER"), ledger.Options{Create: true, Now: time.Now})
			if err != nil {
				return err
			}
			return db.Close()
		},
		Cmds: scriptCommands, Condition: scriptCondition, RequireExplicitExec: true, RequireUniqueNames: true,
	})
}

// The stories of testdata/shared are about a ledger in a database. In theirs there
// is none yet.
func TestScriptsOfSharedLedgers(t *testing.T) {
	pgtest.Database(t)
	testscript.Run(t, testscript.Params{
		Dir: "../../testdata/shared", Setup: prepareShared, UpdateScripts: *update,
		Cmds: scriptCommands, Condition: scriptCondition, RequireExplicitExec: true, RequireUniqueNames: true,
	})
}

// prepareShared gives a script an empty database for its ledger.
func prepareShared(env *testscript.Env) error {
	if err := prepareScript(env); err != nil {
		return err
	}
	where, drop, err := pgtest.New()
	if err != nil {
		return err
	}
	env.Defer(drop)
	env.Setenv("BULK_LEDGER", where)
	return nil
}
