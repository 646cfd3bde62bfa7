package jobs

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestStamp(t *testing.T) {
	require.Empty(t, Stamp(time.Time{}))
	require.Equal(t, "2026-11-22T00:02:03.004Z", Stamp(time.Date(2026, 11, 22, 1, 2, 3, 4_999_999, time.FixedZone("CET", 3600))))
}

// FuzzStamp holds it against time.Format.
func FuzzStamp(f *testing.F) {
	for _, seed := range []int64{0, -1, 1, 1_793_000_000_123, -62_135_596_800_001, 253_402_300_799_999, 253_402_300_800_000} {
		f.Add(seed, 3600)
	}
	f.Fuzz(func(t *testing.T, ms int64, zone int) {
		at := time.UnixMilli(ms).In(time.FixedZone("", zone%86400))
		if !at.IsZero() {
			require.Equal(t, at.UTC().Format(StampLayout), Stamp(at))
		}
	})
}

func BenchmarkStamp(b *testing.B) {
	at := time.Now()
	for b.Loop() {
		_ = Stamp(at)
	}
}
