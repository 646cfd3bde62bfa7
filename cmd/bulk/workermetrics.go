package main

import (
	"context"
	"net"
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"bulk/cmd/bulk/batch"
	"bulk/cmd/bulk/console"
	"bulk/cmd/bulk/engine"
	"bulk/internal/jobs"
	"bulk/internal/jobs/ledger"
)

// workerMetrics is what a worker tells whoever watches it.
type workerMetrics struct {
	all   *prometheus.Registry
	going prometheus.Gauge
	legs  *prometheus.CounterVec
	rows  *prometheus.CounterVec
}

func newWorkerMetrics() *workerMetrics {
	m := &workerMetrics{
		all:   prometheus.NewRegistry(),
		going: prometheus.NewGauge(prometheus.GaugeOpts{Name: "bulk_worker_legs", Help: "Runs that this worker is at now."}),
		legs:  prometheus.NewCounterVec(prometheus.CounterOpts{Name: "bulk_worker_legs_total", Help: "How often this worker was at a run, by what came of it."}, []string{"end"}),
		rows:  prometheus.NewCounterVec(prometheus.CounterOpts{Name: "bulk_worker_rows_total", Help: "Rows that ended here, by action and outcome."}, []string{"action", "outcome"}),
	}
	about := prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: "bulk_worker_info", Help: "Which bulk this is."}, []string{"version"})
	about.WithLabelValues(console.VersionText()).Set(1)
	m.all.MustRegister(m.going, m.legs, m.rows, about)
	return m
}

// row counts one that ended.
func (m *workerMetrics) row(r *jobs.Result) {
	if r.Outcome != jobs.NotRun {
		m.rows.WithLabelValues(string(r.Action), string(r.Outcome)).Inc()
	}
}

// counted counts legs.
func (m *workerMetrics) counted(leg engine.Legs) engine.Legs {
	return func(ctx context.Context, run int64) (batch.Next, error) {
		m.going.Inc()
		defer m.going.Dec()
		next, err := leg(ctx, run)
		end := map[batch.Next]string{batch.Over: "over", batch.Later: "later", batch.Again: "handed_on"}[next]
		if err != nil {
			end = "broke"
		}
		m.legs.WithLabelValues(end).Inc()
		return next, err
	}
}

// servingMetrics is the HTTP server; the zero value serves nothing.
type servingMetrics struct {
	server *http.Server
	at     string
}

// healthPatience is how long the ledger has to answer.
const healthPatience = 2 * time.Second

// serve serves metrics and health at an address; empty: nowhere. Healthy is who
// reaches the ledger.
func (m *workerMetrics) serve(address string, db *ledger.DB) (servingMetrics, error) {
	if address == "" {
		return servingMetrics{}, nil
	}
	listening, err := net.Listen("tcp", address)
	if err != nil {
		return servingMetrics{}, err
	}
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", promhttp.HandlerFor(m.all, promhttp.HandlerOpts{}))
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, r *http.Request) {
		ctx, cancel := context.WithTimeout(r.Context(), healthPatience)
		defer cancel()
		if _, err := db.Meta(ctx); err != nil {
			http.Error(w, "the ledger does not answer", http.StatusServiceUnavailable)
			return
		}
		_, _ = w.Write([]byte("ok\n"))
	})
	s := servingMetrics{server: &http.Server{Handler: mux, ReadHeaderTimeout: healthPatience}, at: listening.Addr().String()}
	go func() { _ = s.server.Serve(listening) }()
	return s, nil
}

// Close ends the serving.
func (s servingMetrics) Close() {
	if s.server != nil {
		_ = s.server.Close()
	}
}
