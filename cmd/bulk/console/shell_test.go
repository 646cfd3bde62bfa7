package console

import (
	"os/exec"
	"runtime"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestQuoted(t *testing.T) {
	for _, c := range []struct{ word, posix, windows string }{
		{"fleet.csv", "fleet.csv", "fleet.csv"},
		{"", "''", `""`},
		{"new fleet.csv", "'new fleet.csv'", `"new fleet.csv"`},
		{"--rate=m2m=10", "--rate=m2m=10", "--rate=m2m=10"},
		{`C:\Users\Jörg\fleet.csv`, `'C:\Users\Jörg\fleet.csv'`, `"C:\Users\Jörg\fleet.csv"`},
		{`C:\fleets\fleet.csv`, `'C:\fleets\fleet.csv'`, `C:\fleets\fleet.csv`},
		{`C:\my fleets\`, `'C:\my fleets\'`, `"C:\my fleets\\"`},
		{`it's`, `'it'\''s'`, `"it's"`},
		{`say "yes"`, `'say "yes"'`, `"say \"yes\""`},
		{`a\"b c`, `'a\"b c'`, `"a\\\"b c"`},
		{"a;b|c&d", "'a;b|c&d'", `"a;b|c&d"`},
		{"failed,not_run", "failed,not_run", `"failed,not_run"`}, // PowerShell makes a list of it
	} {
		t.Run(c.word, func(t *testing.T) {
			require.Equal(t, c.posix, quotePOSIX(c.word))
			require.Equal(t, c.windows, quoteWindows(c.word))
		})
	}
}

// What is quoted comes out of the shell of this system as it went in.
func TestQuotedForThisShell(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("cmd's echo prints the quotation marks")
	}
	for _, word := range []string{"new fleet.csv", "it's", `say "yes"`, "a;b|c&d$HOME`x`", `C:\x\`} {
		out, err := exec.Command("sh", "-c", "printf %s "+Shell(word)).Output()
		require.NoError(t, err)
		require.Equal(t, word, string(out), strings.TrimSpace(word))
	}
}
