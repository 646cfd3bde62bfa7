package files

import (
	"time"

	"bulk/internal/jobs"
	"bulk/internal/report/timeline"
)

// timelinePoints is how many points a report's timeline has at most.
const timelinePoints = 300

type documentLatency struct {
	Mean float64 `json:"mean"`
	P50  float64 `json:"p50"`
	P90  float64 `json:"p90"`
	P99  float64 `json:"p99"`
	Max  float64 `json:"max"`
}

// documentLine is the timeline of an upstream: its columns have a value for
// each stretch of time.
type documentLine struct {
	Upstream      jobs.Upstream `json:"upstream"`
	Started       string        `json:"started_at"`
	BucketSeconds float64       `json:"bucket_seconds"`
	Requests      []int         `json:"requests"`
	Throttled     []int         `json:"throttled"`
	Failed        []int         `json:"failed"`
	P50           []float64     `json:"latency_p50_seconds"`
	P99           []float64     `json:"latency_p99_seconds"`
}

func latency(all []timeline.Series, name jobs.Upstream) *documentLatency {
	for _, s := range all {
		if p := s.Whole; s.Upstream == name && p.Requests > 0 {
			return &documentLatency{seconds(p.Sum / time.Duration(p.Requests)), seconds(p.P50), seconds(p.P90), seconds(p.P99), seconds(p.Max)}
		}
	}
	return nil
}

func newLine(s timeline.Series) documentLine {
	line := documentLine{Upstream: s.Upstream, Started: stamp(s.Start), BucketSeconds: seconds(s.Width)}
	for _, p := range s.Points {
		line.Requests = append(line.Requests, p.Requests)
		line.Throttled = append(line.Throttled, p.Throttled)
		line.Failed = append(line.Failed, p.Failed)
		line.P50 = append(line.P50, seconds(p.P50))
		line.P99 = append(line.P99, seconds(p.P99))
	}
	return line
}
