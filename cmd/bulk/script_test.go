package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
	"github.com/stretchr/testify/require"

	"bulk/internal/jobs/ledger/postgres/pgtest"
)

var update = flag.Bool("update", false, "write what the scripts' cmp commands found into the scripts")

// TestMain lets this test binary be the commands of the scripts: bulk is the
// real main, in a process of its own.
func TestMain(m *testing.M) {
	commands := map[string]func(){
		"bulk":        main,
		"on-terminal": onTerminal,
		"noting":      noting,
	}
	if binary := givenBinary(); binary != "" {
		delete(commands, "bulk")
		os.Setenv("PATH", filepath.Dir(binary)+string(filepath.ListSeparator)+os.Getenv("PATH"))
	}
	testscript.Main(tests(func() int {
		return pgtest.Main(func() int {
			defer afterTests()
			return m.Run()
		})
	}), commands)
}

// afterTests ends what tests shared.
var afterTests = func() {}

// tests runs them.
type tests func() int

func (r tests) Run() int { return r() }

// givenBinary is the file named bulk that is to be tested, one that was built
// for a release; empty: the tests build their own.
func givenBinary() string { return os.Getenv("BULK_BINARY") }

// raced are the stories in which other things happen while rows are on their way: they
// are told with the race detector. In others a command comes after the other; they are
// told by the program as it ships, which starts in a third of the time.
var raced = strings.Fields("answers canary faults_irreversible guards in_doubt leftovers orders pipeline progress retries signals signals_reading signals_twice time_up twins two_runs")

// Each script of testdata/script is a story; what its lines may say beyond
// testscript's own commands is in scriptCommands. Those of testdata/windows are
// for a Windows program alone.
func TestScripts(t *testing.T) {
	binary, err := realBulk()
	require.NoError(t, err)
	for _, name := range raced {
		require.FileExists(t, "../../testdata/script/"+name+".txtar")
	}
	var windows []string
	if underWine() {
		var err error
		windows, err = filepath.Glob("../../testdata/windows/*.txtar")
		require.NoError(t, err)
		require.NotEmpty(t, windows)
	}
	testscript.Run(t, testscript.Params{
		Dir:   "../../testdata/script",
		Files: windows,
		Setup: func(env *testscript.Env) error {
			if err := prepareScript(env); err != nil || slices.Contains(raced, strings.TrimPrefix(filepath.Base(env.WorkDir), "script-")) {
				return err
			}
			asItShips(env, binary)
			return nil
		},
		Cmds:                scriptCommands,
		Condition:           scriptCondition,
		UpdateScripts:       *update,
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
	})
}

// asItShips has a script's bulk be a binary that was built.
func asItShips(env *testscript.Env, binary string) {
	env.Setenv("PATH", filepath.Dir(binary)+string(filepath.ListSeparator)+env.Getenv("PATH"))
}

var scriptCommands = map[string]func(*testscript.TestScript, bool, []string){
	"exits":    scriptExits,     // exits CODE COMMAND...: run it and look at its exit code
	"signal":   scriptSignal,    // signal TERM|HUP: send it to the command started last in the background
	"cols":     scriptCols,      // cols FILE.csv COLUMN,...: print these columns
	"sheet":    scriptSheet,     // sheet FILE.xlsx: print its first sheet as CSV
	"many":     scriptMany,      // many FILE.csv N ACTION [GROUP]: a file with so many different SIMs
	"digest":   scriptDigest,    // digest FILE NAME: put a file's SHA-256 into a variable
	"mode":     scriptMode,      // mode FILE 0600: look at a file's permissions
	"qr":       scriptQR,        // qr FILE.png: print what the QR code says
	"sql":      scriptSQL,       // sql LEDGER STATEMENT: change a ledger behind bulk's back
	"nowhere":  scriptNowhere,   // nowhere TEXT...: neither in the last output nor in any file
	"sandbox":  scriptSandbox,   // sandbox [FLAG...]: serve one, and point bulk at it
	"refusing": scriptRefusing,  // refusing 403|200: serve one that refuses wrong credentials in this way
	"saw":      scriptSaw,       // saw FIELD N: what the sandbox counted
	"await":    scriptAwait,     // await FIELD N: wait until it has counted as many
	"sees":     scriptSees,      // sees FILE TEXT: wait until a text is in a file
	"appears":  scriptAppears,   // appears PATTERN: wait until a file has such a name; ! appears: none has
	"count":    scriptCount,     // count N PATTERN: so many files have such a name
	"control":  scriptControl,   // control JSON: make or end trouble
	"portal":   scriptPortal,    // portal ICCID STATUS: change a SIM from outside
	"hook":     scriptHook,      // hook [STATUS...]: serve a web hook at $HOOK that answers so, and keeps what it gets in hook-1.json ...
	"field":    scriptField,     // field FILE.json NAME...: print these fields of a JSON object
	"tls":      scriptTLS,       // tls VARIABLE: make its http address an https one, which nobody serves
	"counted":  scriptCounted,   // counted FILE.csv UPSTREAM: the sandbox saw no more requests than its attempts
	"commands": scriptCommanded, // commands: print the SIMs that were given a group, and how often
}

// prepareScript gives a script the files of the repository and a state folder
// of its own.
func prepareScript(env *testscript.Env) error {
	root, err := filepath.Abs("../..")
	if err != nil {
		return err
	}
	env.Setenv("EXAMPLES", filepath.Join(root, "examples"))
	env.Setenv("CSV", filepath.Join(root, "testdata", "csv"))
	env.Setenv("SCHEMA1", filepath.Join(root, "testdata", "schema1"))
	env.Setenv("CASES", filepath.Join(root, "testdata", "cases"))
	env.Setenv("XDG_STATE_HOME", filepath.Join(env.WorkDir, "state"))
	env.Setenv("LEDGER", filepath.Join(env.WorkDir, "state", "bulk", "ledger.db"))
	env.Setenv("TZ", "UTC")
	env.Setenv("LONG", strings.Repeat("x", 256))
	// A race ends the process, with a code that no script expects; without the
	// first setting every process would wait a second at its end.
	env.Setenv("GORACE", "atexit_sleep_ms=0 halt_on_error=1")
	env.Values[scriptSandboxKey{}] = &runningSandbox{}
	return nil
}

// scriptCondition knows [root], for whom permissions mean nothing, [mounts]: files
// can be mounted in a namespace of one's own, and [wine], where bulk is a Windows
// program (see .ci/test-windows).
func scriptCondition(condition string) (bool, error) {
	switch condition {
	case "root":
		return os.Geteuid() == 0, nil
	case "mounts":
		return exec.Command("unshare", "-rm", "true").Run() == nil, nil
	case "wine":
		return underWine(), nil
	}
	return false, fmt.Errorf("no condition %q", condition)
}

// underWine reports whether the given binary is a Windows program.
func underWine() bool { return os.Getenv("BULK_WINE") != "" }

// onTerminal runs a command with stderr on the controlling terminal, as a
// person would; testscript's ttyin sees to stdin.
func onTerminal() {
	tty, err := os.OpenFile("/dev/tty", os.O_RDWR, 0)
	if err != nil {
		fmt.Fprintln(os.Stderr, "on-terminal:", err)
		os.Exit(127)
	}
	cmd := exec.Command(os.Args[1], os.Args[2:]...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, tty
	os.Exit(exitCodeOf(cmd.Run()))
}

// noting NAME COMMAND... runs a command in the background of a script. What it
// says goes to NAME.err as well, as it says it, and its exit code to NAME.code in
// the end. Signals are passed on.
func noting() {
	signals := make(chan os.Signal, 4)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	said, err := os.Create(os.Args[1] + ".err")
	if err == nil {
		cmd := exec.Command(os.Args[2], os.Args[3:]...)
		cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, io.MultiWriter(said, os.Stderr)
		if err = cmd.Start(); err == nil {
			go func() {
				for s := range signals {
					_ = cmd.Process.Signal(s)
				}
			}()
			code := exitCodeOf(cmd.Wait())
			err = os.WriteFile(os.Args[1]+".code", []byte(strconv.Itoa(code)+"\n"), 0o600)
		}
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "noting:", err)
		os.Exit(127)
	}
}

func exitCodeOf(err error) int {
	var exit *exec.ExitError
	switch {
	case err == nil:
		return 0
	case errors.As(err, &exit):
		return exit.ExitCode()
	}
	return 127
}

// scriptExits runs a command and holds its exit code against the one named.
func scriptExits(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exits CODE COMMAND [ARGUMENT...]")
	}
	got := exitCodeOf(ts.Exec(args[1], args[2:]...))
	if strconv.Itoa(got) != args[0] {
		ts.Fatalf("exit code %d, want %s", got, args[0])
	}
}

// scriptSignal sends what testscript's kill does not know.
func scriptSignal(ts *testscript.TestScript, neg bool, args []string) {
	known := map[string]os.Signal{"TERM": syscall.SIGTERM, "HUP": syscall.SIGHUP}
	started := ts.BackgroundCmds()
	if neg || len(args) != 1 || known[args[0]] == nil || len(started) == 0 {
		ts.Fatalf("usage: signal TERM|HUP, after something was started in the background")
	}
	ts.Check(started[len(started)-1].Process.Signal(known[args[0]]))
}
