package timeline

import (
	"time"

	"bulk/internal/jobs"
)

// Series is how the requests to an upstream went.
type Series struct {
	Upstream jobs.Upstream
	Start    time.Time
	Width    time.Duration // of a point, whole seconds
	Points   []Point       // from Start on, without gaps
	Whole    Point         // all of them together
}

// Point is what happened in a stretch of time. The latencies are those of all
// its requests, throttled and failed ones included; the percentiles are right
// to about 6 %, the sum and the longest exactly.
type Point struct {
	Requests  int // ended in this stretch, every attempt counted
	Throttled int // of them, refused for the rate
	Failed    int // of them, failed on the way otherwise

	P50, P90, P99, Max time.Duration
	Sum                time.Duration
}
