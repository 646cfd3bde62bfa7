package batch

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"bulk/internal/jobs"
	"bulk/internal/jobs/ledger"
	"bulk/internal/jobs/runner"
	"bulk/internal/report"
	"bulk/internal/report/progress"
	"bulk/internal/report/timeline"
	"bulk/internal/upstream"
)

// counted is what one process counted of a run's requests, as the ledger keeps it for
// whoever shows or sums up the run elsewhere.
type counted struct {
	Upstreams []countedOf   `json:"upstreams"`
	Bound     time.Duration `json:"bound_by_doubt_ns,omitempty"`
}

// countedOf is what it counted of one upstream, and how that does at the moment.
type countedOf struct {
	Name      jobs.Upstream `json:"name"`
	Requests  int           `json:"requests"`
	Retries   int           `json:"retries,omitempty"`
	Throttled int           `json:"throttled,omitempty"`
	Held      time.Duration `json:"held_ns,omitempty"`
	Asked     time.Duration `json:"asked_ns,omitempty"` // from the first request to the last

	Limit    float64          `json:"limit,omitempty"`
	InFlight int              `json:"in_flight,omitempty"`
	Trouble  progress.Trouble `json:"trouble,omitempty"`
	Detail   string           `json:"detail,omitempty"`
	Why      string           `json:"why,omitempty"` // what was wrong last, in words
}

func countedFrom(lines map[jobs.Upstream]*upstream.Line, bound time.Duration) counted {
	c := counted{Bound: bound}
	for _, u := range jobs.Upstreams {
		line, ok := lines[u]
		if !ok {
			continue
		}
		stats := line.Stats()
		now := upstreamNow(u, stats)
		of := countedOf{
			Name: u, Requests: stats.Requests, Retries: stats.Retries, Throttled: stats.Throttled, Held: stats.HeldFor,
			Limit: now.Limit, InFlight: now.InFlight, Trouble: now.Trouble, Detail: now.Detail, Why: stats.LastTrouble,
		}
		if stats.MeanRate > 0 {
			of.Asked = time.Duration(float64(stats.Requests-1) / stats.MeanRate * float64(time.Second))
		}
		c.Upstreams = append(c.Upstreams, of)
	}
	return c
}

// readCounted reads what starts of a run have counted.
func readCounted(all []ledger.Counted) (parts []counted, err error) {
	for _, one := range all {
		var c counted
		if err := json.Unmarshal([]byte(one.Counts), &c); err != nil {
			return nil, fmt.Errorf("what start %d of run %d has counted: %w", one.Start, one.Run, err)
		}
		parts = append(parts, c)
	}
	return parts, nil
}

// totals adds up what several processes counted, one after the other.
func totals(parts []counted) (all []report.UpstreamTotals, bound time.Duration) {
	for _, u := range jobs.Upstreams {
		sum, spans, asked, known := report.UpstreamTotals{Name: u}, 0, time.Duration(0), false
		for _, c := range parts {
			i := slices.IndexFunc(c.Upstreams, func(of countedOf) bool { return of.Name == u })
			if i < 0 {
				continue
			}
			of := c.Upstreams[i]
			known = true
			sum.Requests, sum.Retries, sum.Throttled, sum.Held = sum.Requests+of.Requests, sum.Retries+of.Retries, sum.Throttled+of.Throttled, sum.Held+of.Held
			if of.Asked > 0 {
				spans, asked = spans+of.Requests-1, asked+of.Asked
			}
		}
		if asked > 0 {
			sum.Rate = float64(spans) / asked.Seconds()
		}
		if known {
			all = append(all, sum)
		}
	}
	for _, c := range parts {
		bound += c.Bound
	}
	return all, bound
}

// timelinePace is how many bytes a second a timeline may cost the ledger: one that has
// grown is written less often.
const timelinePace = 2 << 10

// counting writes down what this process counts of a run's requests.
type counting struct {
	j    *begun
	run  *ledger.Run // as this process began it: what it counts is of one start
	next time.Time   // when the timeline is written again
}

// note writes down how it is now; with the timeline where its time has come, or at last.
func (c *counting) note(r *runner.Runner, last bool) {
	text, err := json.Marshal(countedFrom(c.j.up.lines, r.BoundByDoubt()))
	if err != nil {
		return // it is of numbers and names, which can be written
	}
	var kept []byte
	if now := c.j.p.Now(); last || !now.Before(c.next) {
		if kept, err = c.j.timeline.Keep(); err == nil {
			c.next = now.Add(time.Duration(len(kept)) * time.Second / timelinePace)
		}
	}
	c.run.Count(string(text), kept)
}

// asked is what was asked of the upstreams, by all processes that were at the run.
type asked struct {
	upstreams []report.UpstreamTotals
	timeline  *timeline.Timeline
	bound     time.Duration // for how long --max-in-doubt set the speed
	here      int           // of the requests, those of this process
}

// askedOf sums up what others counted of the run and, unless workers did it all, this
// process. Where the ledger cannot say what others did, it is this process's part.
func (j *begun) askedOf(ctx context.Context, d *done) asked {
	var own []counted
	var lines [][]byte
	if !j.theirs {
		own = append(own, countedFrom(j.up.lines, d.BoundByDoubt))
		if j.unfinished == nil {
			return j.only(own)
		}
		kept, err := j.timeline.Keep()
		if err != nil {
			return j.only(own)
		}
		lines = append(lines, kept)
	}
	recorded, err := j.othersCounted(ctx)
	var parts []counted
	if err == nil {
		parts, err = readCounted(recorded)
	}
	a := asked{}
	if err == nil {
		for _, c := range recorded {
			lines = append(lines, c.Timeline)
		}
		a.timeline, err = timeline.Sum(lines...)
	}
	if err != nil {
		j.u.Warn("what was asked of the upstreams by others at this run cannot be read: %v", err)
		return j.only(own)
	}
	a.upstreams, a.bound = totals(append(parts, own...))
	a.here = requestsOf(own)
	return a
}

func (j *begun) only(own []counted) (a asked) {
	if !j.theirs {
		a.timeline = j.timeline
	}
	a.upstreams, a.bound = totals(own)
	a.here = requestsOf(own)
	return a
}

func requestsOf(parts []counted) (n int) {
	for _, c := range parts {
		for _, of := range c.Upstreams {
			n += of.Requests
		}
	}
	return n
}

// othersCounted is what all but this process have written down.
func (j *begun) othersCounted(ctx context.Context) ([]ledger.Counted, error) {
	if j.theirs || j.counting == nil {
		return j.db.CountedOf(ctx, j.run.ID)
	}
	return j.counting.run.CountedBefore(ctx)
}
