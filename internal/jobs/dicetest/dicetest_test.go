package dicetest

import (
	"flag"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

const drawn = "drawn: "

// TestDraw prints what was drawn, for TestSameSeedSameDice.
func TestDraw(t *testing.T) {
	if os.Getenv("BULK_DICE_DRAW") == "" {
		return
	}
	os.Stdout.WriteString(drawn + flag.Lookup("rapid.seed").Value.String())
	dice := For(t)
	for range 3 {
		os.Stdout.WriteString(" " + string(rune('a'+dice.IntN(26))))
	}
	rapid.Check(t, func(rt *rapid.T) { os.Stdout.WriteString(" " + rapid.StringN(1, 5, 5).Draw(rt, "word")) })
}

func TestSameSeedSameDice(t *testing.T) {
	draw := func(seed string) string {
		cmd := exec.Command(os.Args[0], "-test.run", "^TestDraw$", "-rapid.checks", "20")
		cmd.Env = append(os.Environ(), "BULK_DICE_DRAW=1", variable+"="+seed)
		out, err := cmd.Output()
		require.NoError(t, err, "%s", out)
		_, after, found := strings.Cut(string(out), drawn)
		require.True(t, found)
		words, _, _ := strings.Cut(after, "PASS")
		return words
	}
	require.Equal(t, draw("7"), draw("7"))
	require.NotEqual(t, draw("7"), draw("8"))
	require.NotEqual(t, draw(""), draw(""))
}
