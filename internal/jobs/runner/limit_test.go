package runner

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestLimit(t *testing.T) {
	count, share := Limit{Count: 10}, Limit{Share: 0.2}
	for _, c := range []struct {
		name         string
		limit        Limit
		failed, done int
		want         bool
	}{
		{"none failed", share, 0, 1000, false},
		{"too few rows for a share", share, 49, 49, false},
		{"from fifty rows on", share, 10, 50, true},
		{"just below the share", share, 19, 100, false},
		{"the share", share, 20, 100, true},
		{"below the number", count, 9, 9, false},
		{"the number, however few rows", count, 10, 10, true},
		{"the number, however many rows", count, 10, 100_000, true},
		{"no limit", Limit{}, 1000, 1000, false},
	} {
		t.Run(c.name, func(t *testing.T) { require.Equal(t, c.want, c.limit.Reached(c.failed, c.done)) })
	}
}

func TestLimitString(t *testing.T) {
	for _, c := range []struct {
		limit Limit
		want  string
	}{{Limit{}, "none"}, {Limit{Count: 20}, "20"}, {Limit{Share: 0.2}, "20%"}, {Limit{Share: 0.125}, "12.5%"}} {
		require.Equal(t, c.want, c.limit.String())
	}
}
