package files

import (
	"io"
	"testing"

	"github.com/stretchr/testify/require"
)

// A report is written while a person waits for the end of a run.
func BenchmarkRender(b *testing.B) {
	run := crowd(20_000)
	for _, format := range everyFormat {
		b.Run(string(format), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				require.NoError(b, format.render(io.Discard, run.summary, run.columns, run.each))
			}
		})
	}
}
