package main

import (
	"cmp"
	"crypto/sha256"
	"encoding/csv"
	"encoding/hex"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"bulk/internal/jobs"
	"bulk/internal/jobs/ledger"
	"bulk/internal/jobs/ledger/postgres/pgtest"
	"bulk/internal/upstream/sandbox"
)

// long reports whether there is time for the long form of a test.
func long() bool { return os.Getenv("BULK_LONG") != "" }

// realBulk builds the real binary, as it ships, once for a test process, in a place
// that is the same each time. BULK_SHIPPED is one that was built for a release.
var realBulk = sync.OnceValues(func() (string, error) {
	if binary := cmp.Or(givenBinary(), os.Getenv("BULK_SHIPPED")); binary != "" {
		return binary, nil
	}
	here, err := os.Getwd()
	if err != nil {
		return "", err
	}
	sum := sha256.Sum256([]byte(here))
	path := filepath.Join(os.TempDir(), "bulk-under-test-"+hex.EncodeToString(sum[:4]), "bulk")
	build := exec.Command("go", "build", "-trimpath", "-o", path, ".")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		return "", fmt.Errorf("building bulk: %w: %s", err, out)
	}
	return path, nil
})

// bench is a fleet in a sandbox, a file of rows for it, and the real binary.
type bench struct {
	t      *testing.T
	binary string
	dir    string
	box    *sandbox.Sandbox
	addr   string // of the sandbox
	ledger string // a file, or the address of a database
	engine string // that brings runs to workers, where they do them
	env    []string
	rows   []benchRow
}

type benchRow struct {
	iccid, action, group string
	fault                string // of the SIM in the fleet
}

// card is the nth SIM.
func card(n int) string { return fmt.Sprintf("89441200000%07d1", n) }

// prepared makes a bench. Each SIM is pending and takes any command, but for
// its own faults.
func prepared(t *testing.T, config sandbox.Config, rows []benchRow) *bench {
	t.Helper()
	binary, err := realBulk()
	require.NoError(t, err)
	b := &bench{t: t, binary: binary, dir: t.TempDir(), engine: "postgres", rows: rows}
	b.ledger = b.path("ledger.db")
	fleet := "iccid,status,group,fault\n"
	seen := map[string]bool{}
	file := "iccid,action,group,order\n"
	for i, r := range rows {
		if !seen[r.iccid] {
			fleet += fmt.Sprintf("%s,active,P100,%s\n", r.iccid, r.fault)
		}
		seen[r.iccid] = true
		file += fmt.Sprintf("%s,%s,%s,%d\n", r.iccid, r.action, r.group, i)
	}
	config.Fleet, err = sandbox.LoadFleet(strings.NewReader(fleet))
	require.NoError(t, err)
	b.box = sandbox.New(config)
	running, err := b.box.Start("127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(running.Close)
	b.addr, b.env = running.Addr(), running.Environment()
	b.write("fleet.csv", file)
	b.write("groups.csv", "code,name,type\nP100,New,pending\nL100,Live,live\nL200,Premium,live\n")
	return b
}

func (b *bench) path(name string) string { return filepath.Join(b.dir, name) }

func (b *bench) write(name, text string) {
	b.t.Helper()
	require.NoError(b.t, os.WriteFile(b.path(name), []byte(text), 0o600))
}

// at sends the requests elsewhere.
func (b *bench) at(url string) {
	for i, pair := range b.env {
		if strings.HasPrefix(pair, "BULK_M2M_URL=") {
			b.env[i] = "BULK_M2M_URL=" + url
		}
	}
}

// shared has the bench's runs work by a new ledger in a database of a server.
func (b *bench) shared(s *pgtest.Server) *bench {
	b.t.Helper()
	b.ledger = s.Database(b.t)
	db, err := ledger.Open(b.t.Context(), b.ledger, ledger.Options{Create: true, Now: time.Now})
	require.NoError(b.t, err)
	require.NoError(b.t, db.Close())
	return b
}

// itself is the bench as it is.
func (b *bench) itself() *bench { return b }

// run is bulk run on the bench's file, as a scheduler would say it. A flag
// given twice counts the second time.
func (b *bench) run(flags ...string) *exec.Cmd {
	args := []string{"run", b.path("fleet.csv"), "--ledger", b.ledger, "--new-ledger", "--yes", "--max-changes", "100000",
		"--catalog", b.path("groups.csv"), "--iccid-check", "length", "--rate", "m2m=0", "--progress", "none", "--resume", "-o", b.path("out.csv")}
	cmd := exec.Command(b.binary, append(args, flags...)...)
	cmd.Dir = b.dir
	cmd.Env = append([]string{"HOME=" + b.dir, "PATH=" + os.Getenv("PATH"), "TMPDIR=" + b.dir, "BULK_M2M_ACCOUNT=m2m:bench@test"}, b.env...)
	return cmd
}

// later is run after a run of the bench has finished, when --new-ledger is
// refused.
func (b *bench) later(flags ...string) *exec.Cmd {
	cmd := b.run(flags...)
	at := slices.Index(cmd.Args, "--new-ledger")
	cmd.Args = slices.Delete(cmd.Args, at, at+1)
	return cmd
}

// finish runs to the end and gives the exit code and what was said.
func (b *bench) finish(cmd *exec.Cmd) (code int, said string) {
	b.t.Helper()
	out, err := cmd.CombinedOutput()
	if cmd.ProcessState == nil {
		b.t.Fatal(err)
	}
	return cmd.ProcessState.ExitCode(), string(out)
}

// results reads the result file.
func (b *bench) results() (all []map[string]string) {
	b.t.Helper()
	file, err := os.Open(b.path("out.csv"))
	require.NoError(b.t, err)
	defer file.Close()
	records, err := csv.NewReader(file).ReadAll()
	require.NoError(b.t, err)
	for _, record := range records[1:] {
		row := map[string]string{}
		for i, name := range records[0] {
			row[name] = record[i]
		}
		all = append(all, row)
	}
	return all
}

// intents lists the SIMs whose command is on its way, as the ledger has it.
func (b *bench) intents() (all []string) {
	b.t.Helper()
	if _, err := os.Stat(b.ledger); err != nil && !ledger.InDatabase(b.ledger) {
		return nil
	}
	db, err := ledger.Open(b.t.Context(), b.ledger, ledger.Options{Now: time.Now})
	require.NoError(b.t, err)
	defer db.Close()
	events, err := db.InDoubt(b.t.Context(), "")
	require.NoError(b.t, err)
	for _, e := range events {
		if e.Act == ledger.Intended {
			all = append(all, string(e.ICCID))
		}
	}
	return all
}

// holds looks at what it came to: every row is in the result file once, in
// order, and each outcome is the truth. doubtful reports whether there was a
// reason to doubt what became of a SIM's command.
func (b *bench) holds(doubtful func(iccid string) bool) (outcomes map[string]int) {
	b.t.Helper()
	require.Empty(b.t, b.box.Stats().CommandedTwice)
	results := b.results()
	require.Len(b.t, results, len(b.rows))
	outcomes = map[string]int{}
	for i, r := range results {
		row, outcome := b.rows[i], r["outcome"]
		outcomes[outcome]++
		what := fmt.Sprintf("line %s, %s: %s (%s) %s", r["line"], row.iccid, outcome, r["error_code"], r["error_description"])
		require.Equal(b.t, []string{row.iccid, row.action, fmt.Sprint(i), fmt.Sprint(i + 2)}, []string{r["iccid"], r["action"], r["order"], r["line"]})
		if row.action != string(jobs.SetAAGroup) || r["error_code"] == string(jobs.DuplicateRow) {
			require.Contains(b.t, []string{"ok", "failed", "skipped"}, outcome, what)
			continue
		}
		s, _ := b.box.SIM(row.iccid)
		switch outcome {
		case "ok":
			require.Equal(b.t, 1, s.CommandsDone, what)
			require.Equal(b.t, row.group, s.AAGroup, what)
		case "unknown":
			require.True(b.t, doubtful(row.iccid), "no reason for a doubt: %s", what)
		default:
			require.Contains(b.t, []string{"failed", "rejected"}, outcome, what)
			require.Zero(b.t, s.CommandsDone, what)
		}
	}
	return outcomes
}

// onceMore runs the finished file again: nothing of it may be sent.
func (b *bench) onceMore() {
	b.t.Helper()
	b.onceMoreBut(nil)
}

// onceMoreBut does so where some SIMs are known by now to have been sent nothing: one
// that was frozen came back and said so.
func (b *bench) onceMoreBut(unsent map[string]bool) {
	b.t.Helper()
	before := b.box.Stats()
	_, said := b.finish(b.later("--retries", "0"))
	require.Empty(b.t, b.box.Stats().CommandedTwice)
	sent := 0
	for _, r := range b.results() {
		if r["action"] == string(jobs.SetAAGroup) && r["outcome"] == "ok" && unsent[r["iccid"]] {
			sent++
		} else if r["action"] == string(jobs.SetAAGroup) {
			require.False(b.t, slices.Contains([]string{"ok", "not_run"}, r["outcome"]), "%v\n%s", r, said)
		}
	}
	require.Equal(b.t, before.CommandsDone+sent, b.box.Stats().CommandsDone, said)
}

// unsent are the SIMs whose row is unknown although no command reached the upstream.
func (b *bench) unsent() map[string]bool {
	b.t.Helper()
	all := map[string]bool{}
	for _, r := range b.results() {
		if s, _ := b.box.SIM(r["iccid"]); r["outcome"] == "unknown" && s.CommandsDone == 0 {
			all[r["iccid"]] = true
		}
	}
	return all
}

// saying is what a process says, read while it goes on.
type saying struct {
	mu   sync.Mutex
	text strings.Builder
}

func (s *saying) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text.Write(p)
}

func (s *saying) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text.String()
}
