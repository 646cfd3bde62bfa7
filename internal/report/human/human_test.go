package human

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestNumber(t *testing.T) {
	for n, want := range map[int]string{0: "0", 7: "7", 999: "999", 1000: "1,000", 12431: "12,431", 1234567: "1,234,567", -999: "-999", -1000: "-1,000"} {
		require.Equal(t, want, Number(n))
	}
	require.Equal(t, "1 row", Count(1, "row", "rows"))
	require.Equal(t, "2,000 retries", Count(2000, "retry", "retries"))
}

func TestSpan(t *testing.T) {
	for d, want := range map[time.Duration]string{
		0: "0ms", 850 * time.Millisecond: "850ms", 42900 * time.Millisecond: "42s", 545 * time.Second: "9m05s",
		130 * time.Minute: "2h10m", 76*time.Hour + 59*time.Minute: "3d4h",
	} {
		require.Equal(t, want, Duration(d))
	}
}

func TestPace(t *testing.T) {
	for rate, want := range map[float64]string{0: "0", 4.21: "4.2", 10: "10", 9.96: "10", 240.4: "240", 1999.6: "2,000"} {
		require.Equal(t, want, Rate(rate))
	}
}

func TestCut(t *testing.T) {
	for width, want := range map[int]string{0: "", 1: ".", 2: "..", 4: "éa..", 5: "éabcd", 9: "éabcd"} {
		require.Equal(t, want, Cut("éabcd", width), width)
	}
}

func TestLatency(t *testing.T) {
	for seconds, want := range map[float64]string{
		0: "0ms", 0.00042: "0.42ms", 0.0085: "8.5ms", 0.0851: "85.1ms", 0.85: "850ms", 0.9996: "1s", 1.25: "1.25s", 31: "31s", 300: "300s", 0.01: "10ms",
	} {
		require.Equal(t, want, Latency(seconds))
	}
}

func TestWritten(t *testing.T) {
	for _, text := range []string{"0s", "2s", "1m30s", "15m", "1h5m", "10h", "48h", "20h10m", "10m", "1.5s", "90ms"} {
		d, err := time.ParseDuration(text)
		require.NoError(t, err)
		require.Equal(t, text, Written(d))
	}
}
