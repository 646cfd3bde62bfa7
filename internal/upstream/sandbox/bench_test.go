package sandbox

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func BenchmarkHandlerM2M(b *testing.B) {
	h := New(Config{}).Handler()
	text := body(queryStatus, ready, "")
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			h.ServeHTTP(httptest.NewRecorder(), m2mRequestTo(context.Background(), "/", text))
		}
	})
}

func BenchmarkHandlerProfile(b *testing.B) {
	h := New(Config{}).Handler()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			h.ServeHTTP(httptest.NewRecorder(), betatelRequestTo(context.Background(), profilePath+ready))
		}
	})
}

// BenchmarkLoopback shares the machine with its client.
func BenchmarkLoopback(b *testing.B) {
	_, r := started(b, Config{})
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 1024}}
	text := body(queryStatus, ready, "")
	b.SetParallelism(32)
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			res, err := client.Do(m2mRequestTo(context.Background(), r.M2MURL(), text))
			if err != nil {
				b.Error(err)
				return
			}
			_, _ = io.Copy(io.Discard, res.Body) // else its connection is not used again
			_ = res.Body.Close()
		}
	})
	client.CloseIdleConnections()
}

func BenchmarkDraw(b *testing.B) {
	for b.Loop() {
		_, err := draw("LPA:1$smdp.example.com$WK3DE-GZDPC-F54ER-F5DHQ")
		require.NoError(b, err)
	}
}

// BenchmarkLoadFleet loads a million SIMs with nearly every column, and tells
// what they and the sandbox's account of them take.
func BenchmarkLoadFleet(b *testing.B) {
	file := fleetOf(1_000_000).String()
	var before, after runtime.MemStats
	var s *Sandbox
	for b.Loop() {
		s = nil
		runtime.GC()
		runtime.ReadMemStats(&before)
		f, err := LoadFleet(strings.NewReader(file))
		require.NoError(b, err)
		s = New(Config{Fleet: f})
		runtime.GC()
		runtime.ReadMemStats(&after)
	}
	b.ReportMetric(float64(after.HeapAlloc-before.HeapAlloc)/1e6, "MB")
	runtime.KeepAlive(s)
}
