package pace

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestStrays: which refusals stand alone; a dot is an answer.
func TestStrays(t *testing.T) {
	twenty := strings.Repeat(".", amid)
	for name, c := range map[string]struct{ answers, want string }{
		"a few together":                 {"xxxxxx", "ssssss"},
		"one more is a limit":            {"xxxxxxx", "ssssssL"},
		"then every other one":           {"xxxxxxxxxxx", "ssssssLsLsL"},
		"answers between make up for it": {"xxxxxx" + twenty + "xx", "sssssssL"},
		"one in twenty always":           {strings.Repeat("x"+twenty, 9), "sssssssss"},
		"more than that not for ever":    {strings.Repeat("x"+twenty[:8], 12), "sssssssssLsL"},
		"many answers forgive no more":   {strings.Repeat(twenty, 50) + "xxxxxxx", "ssssssL"},
	} {
		var s Strays
		got := ""
		for _, a := range c.answers {
			switch {
			case a == '.':
				s.Passed()
			case s.Refused():
				got += "s"
			default:
				got += "L"
			}
		}
		require.Equal(t, c.want, got, name)
	}
}
