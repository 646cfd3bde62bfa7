//go:build !windows

package main

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/creack/pty"
	"github.com/stretchr/testify/require"

	"bulk/internal/upstream/sandbox"
)

// atTerminal is a person at a terminal, with a sandbox and a folder of files.
type atTerminal struct {
	t   *testing.T
	dir string
	env []string
	box *sandbox.Sandbox

	columns, lines uint16
}

// session is a command at the terminal.
type session struct {
	t    *testing.T
	cmd  *exec.Cmd
	keys *os.File
	done chan struct{} // all was seen

	mu   sync.Mutex
	seen bytes.Buffer // what is on the terminal
}

func person(t *testing.T, files map[string]string) *atTerminal {
	t.Helper()
	box := sandbox.New(sandbox.Config{})
	running, err := box.Start("127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(running.Close)
	a := &atTerminal{t: t, dir: t.TempDir(), box: box, columns: 200, lines: 50}
	require.NoError(t, os.Mkdir(filepath.Join(a.dir, "tmp"), 0o700))
	a.env = append([]string{"HOME=" + a.dir, "PATH=" + os.Getenv("PATH"), "TMPDIR=" + filepath.Join(a.dir, "tmp"), "TERM=dumb", "TZ=UTC",
		"GORACE=atexit_sleep_ms=0 halt_on_error=1"}, running.Environment()...)
	for name, text := range files {
		require.NoError(t, os.WriteFile(filepath.Join(a.dir, name), []byte(text), 0o600))
	}
	return a
}

// shell runs a line of a shell at the terminal.
func (a *atTerminal) shell(line string) *session {
	a.t.Helper()
	s := &session{t: a.t, done: make(chan struct{}), cmd: exec.Command("sh", "-c", line)}
	s.cmd.Dir, s.cmd.Env = a.dir, a.env
	var err error
	s.keys, err = pty.StartWithSize(s.cmd, &pty.Winsize{Rows: a.lines, Cols: a.columns})
	require.NoError(a.t, err)
	go func() {
		defer close(s.done)
		part := make([]byte, 4096)
		for {
			n, err := s.keys.Read(part)
			s.mu.Lock()
			s.seen.Write(part[:n])
			s.mu.Unlock()
			if err != nil {
				return // the last program has closed the terminal
			}
		}
	}()
	a.t.Cleanup(func() { _ = s.cmd.Process.Kill(); _ = s.keys.Close() })
	return s
}

// screen is what the terminal shows.
func (s *session) screen() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return strings.ReplaceAll(s.seen.String(), "\r\n", "\n")
}

// sees waits until the terminal shows a text.
func (s *session) sees(text string) {
	s.t.Helper()
	require.True(s.t, soon(func() bool { return strings.Contains(s.screen(), text) }), "%q is not on the terminal:\n%s", text, s.screen())
}

// types types a line.
func (s *session) types(line string) {
	s.t.Helper()
	_, err := s.keys.WriteString(line + "\n")
	require.NoError(s.t, err)
}

func (s *session) signal(sig syscall.Signal) {
	s.t.Helper()
	require.NoError(s.t, s.cmd.Process.Signal(sig))
}

// ends waits for the end and gives the exit code.
func (s *session) ends() int {
	s.t.Helper()
	select {
	case <-s.done:
	case <-time.After(2 * time.Minute):
		require.FailNow(s.t, "it has not ended", s.screen())
	}
	return exitCodeOf(s.cmd.Wait())
}

// left lists what is in the folder of temporary files.
func (a *atTerminal) left() (names []string) {
	a.t.Helper()
	entries, err := os.ReadDir(filepath.Join(a.dir, "tmp"))
	require.NoError(a.t, err)
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}

var moving = map[string]string{
	"groups.csv": "code,name,type\nP100,New SIMs,pending\nL100,Live Standard,live\n",
	"fleet.csv":  "iccid,action,group\n8944500102030001010,set_aa_group,L100\n8944500102030001028,set_aa_group,L100\n",
}

// While a question is open a signal ends the command, and it cleans up.
func TestSignalWhileAQuestionIsOpen(t *testing.T) {
	for _, c := range []struct {
		name   string
		signal syscall.Signal
		code   int
	}{{"Ctrl-C", syscall.SIGINT, 130}, {"SIGTERM", syscall.SIGTERM, 143}, {"SIGHUP", syscall.SIGHUP, 130}} {
		t.Run(c.name, func(t *testing.T) {
			a := person(t, moving)
			s := a.shell("exec bulk run fleet.csv --catalog groups.csv --rate m2m=0")
			s.sees("Type the number of SIMs")
			s.signal(c.signal)
			require.Equal(t, c.code, s.ends(), s.screen())
			require.Contains(t, s.screen(), "nothing was sent")
			require.Zero(t, a.box.Stats().M2M.Requests)
			require.Empty(t, a.left())
		})
	}
}

// The question says what would change, where to look first, and what nobody made
// sure of.
func TestQuestion(t *testing.T) {
	rows := "iccid,action,group,current_group\n"
	for i := range 250 {
		group, current := "L100", "P100"
		if i == 7 || i == 9 {
			group, current = "L200", ""
		}
		rows += numberedICCID(i) + ",set_aa_group," + group + "," + current + "\n"
	}
	a := person(t, map[string]string{
		"groups.csv": "code,name,type\nP100,New SIMs,pending\nL100,Live Standard,live\nL200,Live Premium,live\n",
		"fleet.csv":  rows,
		"first.csv":  "iccid,action,group\n8944500102030001010,set_aa_group,L100\n",
	})
	require.NoError(t, os.WriteFile(filepath.Join(a.dir, "wrong.csv"), []byte("iccid,action,group\n8944500102030001010,set_aa_group,L100\n8944500102030001028,set_aa_group,\n12,query_status,\n"), 0o600))
	s := a.shell("exec bulk run wrong.csv --no-group-check")
	s.sees("Type the number")
	require.Contains(t, s.screen(), "  2 rows of the file would not be sent: invalid (bulk check names them).\n")
	s.types("")
	require.Equal(t, 4, s.ends())
	// On a new account every group is new.
	s = a.shell("exec bulk run first.csv --no-group-check --rate m2m=0")
	s.sees("Type the number")
	require.Contains(t, s.screen(), "1 SIM would be given an auto-activation group on m2m:sandbox@127.0.0.1")
	require.Contains(t, s.screen(), "by first.csv:\n        1  into group L100: new to this account\n             line 2  8944500102030001010\n"+
		"  Of 1 SIM nobody has said that it is in a pending group (current_group, --current-groups).\n"+
		"  Safeguard off: groups are not checked against a catalogue (--no-group-check).\n"+
		"  At worst 1 SIM to look up in the portal (--max-in-doubt 20).\nType the number of SIMs to go on, anything else to leave: ")
	require.Zero(t, a.box.Stats().M2M.Requests, "the question comes before any request")
	s.types("1")
	require.Zero(t, s.ends(), s.screen())

	s = a.shell("exec bulk run fleet.csv --catalog groups.csv --preflight none --max-in-doubt 0 --rate m2m=0")
	s.sees("Type the number")
	require.Contains(t, s.screen(), "by fleet.csv:\n        2  into group L200 (Live Premium): fewer than 1 in 100, new to this account\n"+
		"             line 9  "+numberedICCID(7)+"\n             line 11  "+numberedICCID(9)+"\n"+
		"      248  into group L100 (Live Standard)\n"+
		"  Of 2 SIMs nobody has said that they are in a pending group (current_group, --current-groups).\n"+
		"  Safeguard off: SIMs are not looked up before they are changed (--preflight none).\n"+
		"  Safeguard off: any number of SIMs may be left in doubt (--max-in-doubt 0).\nType the number")
	require.NotContains(t, s.screen(), "At worst")
	s.types("249")
	require.Equal(t, 4, s.ends())
	require.Contains(t, s.screen(), "not confirmed: nothing was sent")
	require.Equal(t, 1, a.box.Stats().CommandsReceived)
}

// seenAtOnce requires that what the terminal shows from a text on fits it, so that
// nothing breaks within a word and nothing has scrolled away.
func (s *session) seenAtOnce(a *atTerminal, from string) (lines []string) {
	s.t.Helper()
	_, shown, found := strings.Cut(s.screen(), from)
	require.True(s.t, found)
	lines = strings.Split(from+shown, "\n")
	require.LessOrEqual(s.t, len(lines), int(a.lines), "%s", s.screen())
	for _, line := range lines {
		require.LessOrEqual(s.t, utf8.RuneCountInString(line), int(a.columns), "%s", line)
	}
	return lines
}

// On a small terminal, too, all that matters of the question is seen at once.
func TestQuestionFitsTheScreen(t *testing.T) {
	rows, few := "iccid,action,group\n", "iccid,action,group\n"
	groups, sims := 0, 0
	for i := range 400 {
		group := "L100"
		if i%10 == 0 {
			group = fmt.Sprintf("REGION-%02d", i/10)
			groups++
		}
		sims++
		rows += numberedICCID(i) + ",set_aa_group," + group + "\n"
		if i == 10 || i == 11 {
			few += numberedICCID(i) + ",set_aa_group," + group + "\n"
		}
	}
	const off = " --no-group-check --preflight none --max-in-doubt 0 --max-refusals none --max-failures none --iccid-check length --no-api-id-check"
	for _, size := range []struct{ columns, lines uint16 }{{80, 24}, {50, 20}} {
		t.Run(fmt.Sprintf("%dx%d", size.columns, size.lines), func(t *testing.T) {
			a := person(t, map[string]string{"fleet of the northern region, second half.csv": rows, "few.csv": few})
			a.columns, a.lines = size.columns, size.lines
			s := a.shell("exec bulk run 'fleet of the northern region, second half.csv' --rate m2m=0" + off)
			s.sees("leave: ")
			lines := s.seenAtOnce(a, "This cannot be undone.")
			said := strings.Join(strings.Fields(strings.Join(lines, " ")), " ")
			require.Contains(t, said, fmt.Sprintf("%d SIMs would be given an auto-activation group on m2m:sandbox@127.0.0.1", sims))
			require.Contains(t, said, "second half.csv: 1 into group REGION-00")
			for flag := range strings.SplitSeq(strings.TrimPrefix(off, " --"), " --") {
				require.Contains(t, said, "--"+flag)
			}
			more := regexp.MustCompile(`and ([0-9,]+) SIMs into (\d+) more groups; with --dry-run --report plan.md all are listed`).FindStringSubmatch(said)
			require.NotNil(t, more, said)
			shown := strings.Count(said, " into group ")
			require.GreaterOrEqual(t, shown, 3)
			require.Equal(t, fmt.Sprint(groups+1-shown), more[2])
			require.True(t, strings.HasSuffix(said, "Type the number of SIMs to go on, anything else to leave:"))
			s.types("")
			require.Equal(t, 4, s.ends())

			s = a.shell("exec bulk run few.csv --no-group-check --rate m2m=0")
			s.sees("leave: ")
			said = strings.Join(s.seenAtOnce(a, "This cannot be undone."), "\n")
			require.Contains(t, said, "             line 2  "+numberedICCID(10), "what has room is named")
			require.Contains(t, said, "groups are not checked")
			s.types("")
			require.Equal(t, 4, s.ends())
		})
	}
}

// So is what is to be settled.
func TestResolveFitsTheScreen(t *testing.T) {
	rows := "iccid,action,group\n"
	for i := range 12 {
		rows += numberedICCID(i) + ",set_aa_group,L100\n"
	}
	for _, size := range []struct{ columns, lines uint16 }{{80, 24}, {50, 20}} {
		t.Run(fmt.Sprintf("%dx%d", size.columns, size.lines), func(t *testing.T) {
			a := person(t, map[string]string{"groups.csv": moving["groups.csv"], "fleet.csv": rows})
			require.NoError(t, a.box.Apply(sandbox.Control{Faults: &[]string{"set_aa_group:cut=all"}}))
			a.columns, a.lines = size.columns, size.lines
			s := a.shell("exec bulk run fleet.csv --catalog groups.csv --preflight none --iccid-check length --rate m2m=0 --max-in-doubt 0 --max-failures none -o out.csv")
			s.sees("leave: ")
			s.types("12")
			require.Equal(t, 5, s.ends(), s.screen())
			s = a.shell("exec bulk resolve out.csv --not-done --reason 'portal shows none'")
			s.sees("leave: ")
			said := strings.Join(strings.Fields(strings.Join(s.seenAtOnce(a, "12 requests are to be settled:"), " ")), " ")
			shown := strings.Count(said, " as not done: sent into group L100 on m2m:sandbox@127.0.0.1")
			require.Positive(t, shown)
			require.Contains(t, said, fmt.Sprintf("and %d more That a SIM is still in its pending group proves nothing", 12-shown))
			require.True(t, strings.HasSuffix(said, "Type the number of requests to go on, anything else to leave:"))
			s.types("12")
			require.Zero(t, s.ends(), s.screen())
		})
	}
}

// Ctrl-C ends tee, too. The run ends as it would without it, and what is said then
// is said to the person.
func TestInterruptBehindAPipe(t *testing.T) {
	rows := "iccid,action\n"
	for i := range 3 {
		rows += card(i) + ",query_status\n"
	}
	const run = "bulk run reads.csv --rate m2m=0 --workers 1 --grace 5s"
	for _, c := range []struct{ name, line string }{
		{"what is said", run + " -o out.csv 2>&1"},
		{"what is said alone", run + " -o out.csv 2>&1 >/dev/null"},
		{"the results, too", run + " -o - 2>&1"},
		{"the results alone", run + " -o -"},
	} {
		t.Run(c.name, func(t *testing.T) {
			a := person(t, map[string]string{"reads.csv": rows})
			every := sandbox.Scope("")
			require.NoError(t, a.box.Apply(sandbox.Control{Hold: &every}))
			s := a.shell("trap : INT; { trap : INT; " + c.line + "; echo $? >code; } | { trap : INT; tee log; exec <&-; echo tee ended; }; bulk runs --table; echo all ended")
			require.True(t, soon(func() bool { return a.box.Stats().M2M.InFlight > 0 }), "%s", s.screen())
			_, err := s.keys.WriteString("\x03")
			require.NoError(t, err)
			// Only once tee has gone may the row end that is under way.
			s.sees("tee ended")
			require.NoError(t, a.box.Apply(sandbox.Control{Release: true}))
			s.sees("all ended")
			s.ends()
			code, err := os.ReadFile(filepath.Join(a.dir, "code"))
			require.NoError(t, err)
			require.Equal(t, "130\n", string(code), s.screen())
			require.Contains(t, s.screen(), "Exit code 130")
			require.Contains(t, s.screen(), "bulk run reads.csv")
			require.Contains(t, s.screen(), "--resume", "how to go on")
			if strings.Contains(c.line, "out.csv") {
				results, err := os.ReadFile(filepath.Join(a.dir, "out.csv"))
				require.NoError(t, err)
				require.Equal(t, 4, strings.Count(string(results), "\n"))
			}
			require.Contains(t, s.screen(), "interrupted", "the ledger knows how the run ended")
		})
	}
}

// Below a line that is written while the bar stands, the bar goes on: a Ctrl-C is
// answered, and the run ends.
func TestInterruptUnderABar(t *testing.T) {
	rows := "iccid,action\n"
	for i := range 3 {
		rows += card(i) + ",query_status\n"
	}
	a := person(t, map[string]string{"reads.csv": rows})
	a.env = append(a.env, "TERM=xterm")
	every := sandbox.Scope("")
	require.NoError(t, a.box.Apply(sandbox.Control{Hold: &every}))
	s := a.shell("exec bulk run reads.csv --rate m2m=0 --workers 1")
	s.sees("(0/3")
	_, err := s.keys.WriteString("\x03")
	require.NoError(t, err)
	s.sees("those under way finish")
	require.NoError(t, a.box.Apply(sandbox.Control{Release: true}))
	require.Equal(t, 130, s.ends(), s.screen())
	require.Contains(t, s.screen(), "--resume", "how to go on")
}

// The sheet of a workbook is named.
func TestQuestionNamesTheSheet(t *testing.T) {
	a := person(t, moving)
	s := a.shell("bulk template set_aa_group -o fleet.xlsx && exec bulk run fleet.xlsx --catalog groups.csv --rate m2m=0")
	s.sees("Type the number")
	require.Contains(t, s.screen(), "by fleet.xlsx, sheet \"Fleet\":\n")
	s.types("")
	require.Equal(t, 4, s.ends())
}

// A person is one whatever standard error and output are; who is none is not
// asked.
func TestWhoIsAsked(t *testing.T) {
	const run = "bulk run fleet.csv --catalog groups.csv --rate m2m=0"
	for _, c := range []struct {
		name, line string
		asked      bool
	}{
		{"at the terminal", run, true},
		{"what is said goes to a log", run + " 2>&1 | tee log", true},
		{"what is said goes nowhere", run + " >/dev/null 2>&1", true},
		{"what is said is a JSON log", run + " --log-format json 2>log", true},
		{"by CI", "CI=true " + run, false},
		{"CI is empty", "CI= " + run, true},
		{"nobody's standard input", run + " </dev/null", false},
		{"the input is standard input", "bulk run - --catalog groups.csv --rate m2m=0 -o out.csv <fleet.csv", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			a := person(t, moving)
			s := a.shell(c.line + "; echo ended with $?")
			if c.asked {
				s.sees("Type the number")
				s.types("2")
			}
			s.sees("ended with ")
			s.ends()
			require.Equal(t, c.asked, strings.Contains(s.screen(), "Type the number"), s.screen())
			if c.asked {
				require.Equal(t, 2, a.box.Stats().CommandsDone)
				log, _ := os.ReadFile(filepath.Join(a.dir, "log")) // where there is one
				require.NotContains(t, string(log), "Type the number", "the question is the terminal's alone")
				return
			}
			require.Contains(t, s.screen(), "ended with 4")
			require.Zero(t, a.box.Stats().M2M.Requests)
		})
	}
}

// A typed number may be written as people write it.
func TestTypedNumber(t *testing.T) {
	rows := "iccid,action,group\n"
	for i := range 1200 {
		rows += numberedICCID(i) + ",set_aa_group,L100\n"
	}
	a := person(t, map[string]string{"groups.csv": moving["groups.csv"], "fleet.csv": rows})
	s := a.shell("exec bulk run fleet.csv --catalog groups.csv --preflight none --rate m2m=0 --max-refusals 1")
	s.sees("1,200 SIMs would be given")
	s.types("1,200")
	require.Equal(t, 1, s.ends(), "it began, and the first refusal ended it")
	require.NotZero(t, a.box.Stats().CommandsReceived)
}

// A command that prints a secret has no terminal: one that asks there for a password
// fails, and says so, where it would wait for an answer that cannot come.
func TestASecretsCommandHasNoTerminal(t *testing.T) {
	a := person(t, map[string]string{"fleet.csv": "iccid,action\n8944500102030001010,query_status\n"})
	a.env = append(a.env, "BULK_M2M_PASSWORD=", "BULK_M2M_PASSWORD_COMMAND=printf 'vault password: ' >&2; read answer </dev/tty && echo $answer")
	s := a.shell("exec bulk run fleet.csv -o out.csv")
	require.Equal(t, 4, s.ends())
	require.Contains(t, s.screen(), "BULK_M2M_PASSWORD_COMMAND: the command failed")
}
