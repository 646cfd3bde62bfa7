//go:build !windows

package main

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// ctrlC is the key, which the terminal makes a signal of.
const ctrlC = "\x03"

// press presses a key.
func (s *session) press(key string) {
	s.t.Helper()
	_, err := s.keys.WriteString(key)
	require.NoError(s.t, err)
}

// atConsole is a person at a terminal that bulk's streams all are.
func atConsole(t *testing.T) *atTerminal {
	a := person(t, moving)
	a.env = append(a.env, "XDG_STATE_HOME="+filepath.Join(a.dir, "state"))
	return a
}

// What a person at a console answers and presses: a number goes on, another does
// not, and Ctrl-C ends the question.
func TestConsoleQuestion(t *testing.T) {
	for _, c := range []struct {
		name, keys string
		code, done int
		says       string
	}{
		{"the number", "2\r", 0, 2, "2 ok"},
		{"another number", "3\r", 4, 0, "not confirmed: nothing was sent"},
		{"Ctrl-C", ctrlC, 130, 0, "nothing was sent"},
		{"Ctrl-C after a digit", "2" + ctrlC, 130, 0, "nothing was sent"},
	} {
		t.Run(c.name, func(t *testing.T) {
			a := atConsole(t)
			s := a.shell("exec bulk run fleet.csv --catalog groups.csv --rate m2m=0 --new-ledger")
			s.sees("Type the number of SIMs")
			s.press(c.keys)
			require.Equal(t, c.code, s.ends(), s.screen())
			require.Contains(t, s.screen(), c.says)
			require.Equal(t, c.done, a.box.Stats().CommandsDone)
			if c.done == 0 {
				require.Zero(t, a.box.Stats().M2M.Requests)
			}
		})
	}
}

// Ctrl-C at a console while rows are under way: they finish, no other is begun,
// and the result is there. The second one leaves them.
func TestConsoleCtrlC(t *testing.T) {
	for _, c := range []struct {
		name  string
		twice bool
		code  int
		first string // what became of the row under way
	}{
		{"once", false, 130, "8944500102030001010,set_aa_group,L100,2,ok"},
		{"twice", true, 5, "8944500102030001010,set_aa_group,L100,2,unknown"},
	} {
		t.Run(c.name, func(t *testing.T) {
			a := atConsole(t)
			a.box.Hold("set_aa_group")
			s := a.shell("exec bulk run fleet.csv --catalog groups.csv --rate m2m=0 --workers 1 --yes --new-ledger")
			require.True(t, soon(func() bool { return a.box.Stats().Held == 1 }), "%s", s.screen())
			s.press(ctrlC)
			s.sees("no new rows; those under way finish")
			if c.twice {
				s.press(ctrlC)
			} else {
				a.box.Release()
			}
			require.Equal(t, c.code, s.ends(), s.screen())
			result, err := os.ReadFile(filepath.Join(a.dir, "fleet.results.csv"))
			require.NoError(t, err)
			require.Contains(t, string(result), c.first)
			require.Equal(t, 1, a.box.Stats().CommandsReceived)
		})
	}
}
