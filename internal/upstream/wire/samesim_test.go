package wire_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"bulk/internal/jobs"
	"bulk/internal/upstream/wire"
)

func TestSameSIM(t *testing.T) {
	for name, c := range map[string]struct {
		named string
		asked jobs.ICCID
		want  bool
	}{
		"the same":                         {"8944500000000000001", "8944500000000000001", true},
		"with separators and a filler":     {" 8944-5000 0000 0000 001F ", "8944500000000000001", true},
		"none":                             {"  ", "8944500000000000001", true},
		"no number at all":                 {"unknown", "8944500000000000001", false},
		"with its check digit":             {"89445000000000000019", "8944500000000000001", true},
		"without its check digit":          {"8944500000000000001", "89445000000000000019", true},
		"with a digit that is none":        {"89445000000000000014", "8944500000000000001", false},
		"without a digit that is none":     {"8944500000000000001", "89445000000000000014", false},
		"without a check digit at 19":      {"894450000000000001", "8944500000000000014", true},
		"another":                          {"8944500000000000002", "8944500000000000001", false},
		"its first digit":                  {"8", "8944500000000000001", false},
		"the first digit of a checked one": {"8", "89445000000000000019", false},
		"a checked one without two digits": {"894450000000000000", "89445000000000000019", false},
		"its first 18 digits, not checked": {"894450000000000000", "8944500000000000001", false},
		"with two digits more":             {"894450000000000000190", "8944500000000000001", false},
		"rounded":                          {"8944500000000000000", "8944500000000000001", false},
	} {
		require.Equal(t, c.want, wire.SameSIM(c.named, c.asked), name)
	}
}
