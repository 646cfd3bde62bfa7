package runner

import (
	"context"
	"fmt"
	"testing"

	"bulk/internal/jobs"
)

const benchRows = 50_000

// instant is an upstream that answers at once: what a row costs with it is the
// run's own bookkeeping, the ledger's included.
type instant struct{}

func (instant) Ask(_ context.Context, _ jobs.Turn, _ jobs.Action, iccid jobs.ICCID) jobs.Answer {
	return jobs.Answer{Verdict: jobs.Done, Data: &jobs.Data{SIMStatus: "active"}, RequestID: "123456789012345", Attempts: 1, HTTPStatus: 200}
}

func (instant) SetAAGroup(ctx context.Context, _ jobs.Turn, _ jobs.ICCID, _ string, in jobs.Intent) jobs.Answer {
	if err := in.Clear(ctx); err != nil {
		return jobs.Answer{Verdict: jobs.SurelyNotSent, Code: jobs.Interrupted}
	}
	if err := in.Begin(ctx); err != nil {
		return jobs.Answer{Verdict: jobs.SurelyNotSent, Code: jobs.Aborted, Detail: err.Error()}
	}
	return jobs.Answer{Verdict: jobs.Done, RequestID: "123456789012345", Attempts: 1, HTTPStatus: 200}
}

func BenchmarkReads(b *testing.B)    { benchmarkRun(b, reading) }
func BenchmarkCommands(b *testing.B) { benchmarkRun(b, command) }

func benchmarkRun(b *testing.B, row func(int) string) {
	b.ReportAllocs()
	n := 0
	for b.Loop() {
		b.StopTimer()
		r := rigged(b, nil, many(benchRows, func(i int) string { return row(n*benchRows + i) })...)
		r.Deps.Ask, r.Deps.Command = instant{}, instant{}
		r.Workers = map[jobs.Upstream]int{jobs.M2M: 256}
		n++
		b.StartTimer()
		if report := r.run(); report.Tally[jobs.OK] != benchRows {
			b.Fatal(fmt.Sprint(report))
		}
		b.StopTimer()
		r.close()
		b.StartTimer()
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(n)/benchRows, "ns/row")
}
