//go:build !windows

package main

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"

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
	a := &atTerminal{t: t, dir: t.TempDir(), box: box}
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
	s.keys, err = pty.StartWithSize(s.cmd, &pty.Winsize{Rows: 50, Cols: 200})
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
	<-s.done
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
