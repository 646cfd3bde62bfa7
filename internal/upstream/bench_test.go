package upstream

import (
	"context"
	"testing"
	"time"

	"bulk/internal/jobs"
)

// BenchmarkLine is what a line costs each read: without a rate, and at one that
// is far above what comes.
func BenchmarkLine(b *testing.B) {
	for name, rate := range map[string]float64{"no rate": 0, "a million a second": 1e6} {
		b.Run(name, func(b *testing.B) {
			l := NewLine(Settings{Upstream: jobs.M2M, Rate: rate, Retries: 4, MaxOutage: time.Minute})
			once := func(context.Context) Attempt { return fine }
			b.ReportAllocs()
			b.SetParallelism(128)
			b.RunParallel(func(pb *testing.PB) {
				for pb.Next() {
					turn, err := l.Reserve(b.Context())
					if err != nil {
						b.Error(err)
					}
					l.Read(b.Context(), turn, "8944", once)
					turn.Release()
				}
			})
		})
	}
}
