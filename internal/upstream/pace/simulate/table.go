package simulate

import (
	"fmt"
	"io"
	"math/rand/v2"
	"text/tabwriter"
	"time"
)

// Refusals are the ways of refusing that a pace can tell apart: what is said in an
// answer of HTTP 200 counts as a 429.
func Refusals() []Refusal {
	return []Refusal{{Name: "429"}, {Name: "bare 503", Bare: true}, {Name: "Retry-After: 1", After: time.Second}}
}

// setting is a kind of gateway, a rate above what it allows, and a latency.
type setting struct {
	name    string
	make    func(limit int, latency, ahead time.Duration) Gateway
	rate    float64
	limit   int
	latency time.Duration
}

var kinds = []struct {
	name string
	make func(limit int, latency, ahead time.Duration) Gateway
}{
	{"whole seconds", func(limit int, _, ahead time.Duration) Gateway { return &fixed{most: limit, ahead: ahead} }},
	{"any second", func(limit int, _, _ time.Duration) Gateway { return &sliding{most: limit} }},
	{"bucket of a second", func(limit int, _, _ time.Duration) Gateway {
		return &bucket{perSecond: float64(limit), room: float64(limit)}
	}},
	{"bucket of a tenth", func(limit int, _, _ time.Duration) Gateway {
		return &bucket{perSecond: float64(limit), room: max(1, float64(limit)/10)}
	}},
	{"at once", func(limit int, latency, _ time.Duration) Gateway { return &atOnce{most: inside(limit, latency)} }},
}

// inside is how many requests at once make so many a second: the other half of
// their latency they are on their way.
func inside(limit int, latency time.Duration) int {
	return max(1, int(float64(limit)*latency.Seconds()/2))
}

func settings() (all []setting) {
	for _, kind := range kinds {
		for _, at := range []struct {
			rate  float64
			limit int
		}{{10, 6}, {300, 60}, {300, 270}} {
			for _, latency := range []time.Duration{time.Millisecond, 20 * time.Millisecond, 200 * time.Millisecond, 2 * time.Second} {
				if kind.name == "at once" && inside(at.limit, latency) < 4 {
					continue // one at a time is no pace
				}
				all = append(all, setting{kind.name, kind.make, at.rate, at.limit, latency})
			}
		}
	}
	return all
}

const (
	length = 2 * time.Minute // of a run
	tail   = time.Minute     // of it, where the share settled at is looked at
	jitter = 0.2
	starts = 4 // runs of each, which begin anywhere in a gateway's second
)

// outcome is what came of the runs of a setting: means, but for the seconds.
type outcome struct {
	settled float64 // what passes in the end, of what is allowed
	refused float64 // of all that was sent
	seconds int     // until 0.9 of what is allowed passes, over ten seconds; at worst
}

func (s setting) play(refusal Refusal) (o outcome) {
	allowed := float64(s.limit)
	for i := range starts {
		ahead := time.Duration(i) * time.Second / starts
		r := Run{
			Gateway: s.make(s.limit, s.latency, ahead), Refusal: refusal, Rate: s.rate,
			Latency: s.latency, Jitter: jitter, Length: length, Seed: uint64(i),
		}.Play()
		o.settled += r.between(length-tail, length) / tail.Seconds() / allowed / starts
		o.refused += r.RefusedShare() / starts
		o.seconds = max(o.seconds, r.settles(allowed))
	}
	return o
}

// RefusedShare is the share of the requests that was refused.
func (r Result) RefusedShare() float64 { return float64(r.Refused) / float64(max(1, r.Sent)) }

// between counts what passed between two times.
func (r Result) between(from, to time.Duration) (n float64) {
	for _, t := range r.Passed {
		if t >= from && t < to {
			n++
		}
	}
	return n
}

// settles is the second from which nine tenths of what is allowed pass for ten
// seconds; as long as the run where there is none.
func (r Result) settles(allowed float64) int {
	passed := make([]float64, int(length/time.Second))
	for _, t := range r.Passed {
		passed[min(int(t/time.Second), len(passed)-1)]++
	}
	for from := range len(passed) - 10 {
		n := 0.0
		for _, second := range passed[from : from+10] {
			n += second
		}
		if n >= 0.9*10*allowed {
			return from
		}
	}
	return len(passed)
}

// Table prints how the pace fares with many gateways, in Markdown.
func Table(w io.Writer) {
	out := tabwriter.NewWriter(w, 0, 0, 1, ' ', 0)
	fmt.Fprint(out, "| gateway counts\t| allows\t| latency\t")
	for _, refusal := range Refusals() {
		fmt.Fprintf(out, "| %s: settled\t| refused\t| s\t", refusal.Name)
	}
	fmt.Fprint(out, "|\n|---\t|---\t|---\t")
	for range Refusals() {
		fmt.Fprint(out, "|---\t|---\t|---\t")
	}
	fmt.Fprintln(out, "|")
	for _, s := range settings() {
		fmt.Fprintf(out, "| %s\t| %d of %g\t| %s\t", s.name, s.limit, s.rate, s.latency)
		for _, refusal := range Refusals() {
			o := s.play(refusal)
			fmt.Fprintf(out, "| %.2f\t| %.1f %%\t| %d\t", o.settled, 100*o.refused, o.seconds)
		}
		fmt.Fprintln(out, "|")
	}
	_ = out.Flush()
}

// Start plays 900 reads against a gateway that lets 60 through in each whole second
// where --rate is 300, begun at 100 places of its second, and gives what share was
// refused and the time over the ideal 15 seconds.
func Start(refusal Refusal, latency time.Duration) (refused, took Spread) {
	const runs, reads, limit = 100, 900, 60
	for i := range runs {
		r := Run{
			Gateway: &fixed{most: limit, ahead: time.Duration(i) * time.Second / runs}, Refusal: refusal, Rate: 300,
			Latency: latency, Reads: reads, Seed: uint64(i),
		}.Play()
		refused = append(refused, r.RefusedShare())
		took = append(took, r.Took.Seconds()/(reads/limit))
	}
	return refused, took
}

// Stray plays five minutes at a rate against an upstream without a limit that
// answers a share of requests with a bare 503, and gives what was sent over what
// the rate allows.
func Stray(rate, share float64) (sent Spread) {
	const minutes = 5 * time.Minute
	for i := range uint64(100) {
		r := Run{
			Gateway: &strays{share, rand.New(rand.NewPCG(i, 2))}, Refusal: Refusal{Bare: true}, Rate: rate,
			Latency: 20 * time.Millisecond, Jitter: jitter, Length: minutes, Seed: i,
		}.Play()
		sent = append(sent, float64(r.Sent)/(rate*minutes.Seconds()))
	}
	return sent
}

// Spread is what some runs came to.
type Spread []float64

// Mean is the middle of all of them.
func (s Spread) Mean() (mean float64) {
	for _, x := range s {
		mean += x / float64(len(s))
	}
	return mean
}

// Above counts those above a bound.
func (s Spread) Above(bound float64) (n int) {
	for _, x := range s {
		if x > bound {
			n++
		}
	}
	return n
}
