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
		"two in a row":                   {"xx", "ss"},
		"a third is a limit":             {"xxxxx", "ssLLL"},
		"and again in the next row":      {"xxx" + twenty + "xxx", "ssLssL"},
		"a few close together":           {"xx.xx.xx", "ssssss"},
		"one more is a limit":            {"xx.xx.xx.x", "ssssssL"},
		"then every other one":           {"xx.xx.xx.x.x.x.x.x", "ssssssLsLsL"},
		"after a limit, one is":          {"xxx.x.x", "ssLsL"},
		"answers between make up for it": {"xx.xx.xx" + twenty + "x.x", "sssssssL"},
		"one in twenty always":           {strings.Repeat("x"+twenty, 9), "sssssssss"},
		"more than that not for ever":    {strings.Repeat("x"+twenty[:8], 12), "sssssssssLsL"},
		"many answers forgive no more":   {strings.Repeat(twenty, 50) + "xx.xx.xx.x", "ssssssL"},
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
