package files

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"bulk/internal/report/human"
	"bulk/internal/report/timeline"
)

// chart is a drawing of a timeline: a unit wide for each point and 100 high,
// stretched by the page to the room there is. Its words stand around it as
// text, so that they are not stretched.
type chart struct {
	Series      int // which of the page's timelines
	Kind        string
	Title, Hint string
	Said        string // for those who cannot see it
	Width       int
	Legend      []legend
	Lines       []string // heights of the rules
	Paths       []path
	X, Y        []string // labels, evenly spread; Y from the top
}

type legend struct{ Class, Text string }

type path struct{ Class, D string }

// rateChart shows requests a second, and how many of them were throttled or
// failed.
func rateChart(i int, s timeline.Series) chart {
	perSecond := func(n int) float64 { return float64(n) / s.Width.Seconds() }
	highest := 0.0
	for _, p := range s.Points {
		highest = max(highest, perSecond(p.Requests))
	}
	top := nice(highest)
	area := func(count func(timeline.Point) int) string {
		return steps(s.Points, func(p timeline.Point) float64 { return 100 - 100*perSecond(count(p))/top })
	}
	c := chart{
		Series: i, Kind: "rate", Title: string(s.Upstream) + ": requests a second", Width: len(s.Points), Lines: []string{"0", "50"},
		Legend: []legend{{"sent", "answered"}},
		Y:      []string{short(top), short(top / 2), "0"}, X: times(s),
		Hint: "Times are UTC; each point is " + human.Duration(s.Width) + " wide.",
		Said: fmt.Sprintf("%s: %s over %s, at most %s a second, %d throttled, %d failed on the way", s.Upstream,
			human.Count(s.Whole.Requests, "request", "requests"), human.Duration(s.Width*time.Duration(len(s.Points))), human.Rate(highest), s.Whole.Throttled, s.Whole.Failed),
	}
	// Each area hides the lower part of the one before it.
	if s.Whole.Failed > 0 {
		c.Paths = append(c.Paths, path{"broken", area(func(p timeline.Point) int { return p.Requests })})
		c.Legend = append(c.Legend, legend{"broken", "failed on the way"})
	}
	if s.Whole.Throttled > 0 {
		c.Paths = append(c.Paths, path{"throttled", area(func(p timeline.Point) int { return p.Requests - p.Failed })})
		c.Legend = append(c.Legend, legend{"throttled", "throttled"})
	}
	c.Paths = append(c.Paths, path{"sent", area(func(p timeline.Point) int { return p.Requests - p.Failed - p.Throttled })})
	return c
}

// latencyChart shows the median and the 99th percentile, on a logarithmic
// scale, since a time-out is a thousand times longer than an answer.
func latencyChart(i int, s timeline.Series) chart {
	low, high := decades(s)
	span := math.Log10(high) - math.Log10(low)
	height := func(d time.Duration) float64 {
		return min(100, 100-100*(math.Log10(max(d.Seconds(), low))-math.Log10(low))/span)
	}
	c := chart{
		Series: i, Kind: "latency", Title: string(s.Upstream) + ": latency, logarithmic", Width: len(s.Points), X: times(s),
		Legend: []legend{{"p50", "median"}, {"p99", "99th percentile"}},
		Paths: []path{
			{"p99", outline(s.Points, func(p timeline.Point) float64 { return height(p.P99) })},
			{"p50", outline(s.Points, func(p timeline.Point) float64 { return height(p.P50) })},
		},
		Hint: "Times are UTC; each point is " + human.Duration(s.Width) + " wide.",
		Said: fmt.Sprintf("%s: half of the answers came within %s, 99 in 100 within %s, the slowest took %s", s.Upstream,
			human.Latency(s.Whole.P50.Seconds()), human.Latency(s.Whole.P99.Seconds()), human.Latency(s.Whole.Max.Seconds())),
	}
	for at := 0.0; at < span-0.5; at++ {
		c.Lines = append(c.Lines, fixed(100*at/span))
	}
	for at := high; at > low*0.99; at /= 10 {
		c.Y = append(c.Y, human.Latency(at))
	}
	return c
}

// decades are the powers of ten around the latencies, in seconds, at least one
// apart.
func decades(s timeline.Series) (low, high float64) {
	shortest, longest := math.Inf(1), 0.0
	for _, p := range s.Points {
		if p.Requests > 0 {
			shortest, longest = min(shortest, p.P50.Seconds()), max(longest, p.P99.Seconds())
		}
	}
	const least = 1e-5 // below what is measured
	low = math.Pow(10, math.Floor(math.Log10(max(shortest, least))))
	high = math.Pow(10, math.Ceil(math.Log10(max(longest, least))))
	if high < low*5 {
		high = low * 10
	}
	return low, high
}

// steps is the outline of an area down to the ground.
func steps(points []timeline.Point, height func(timeline.Point) float64) string {
	var d strings.Builder
	d.WriteString("M0 100")
	last := ""
	for i, p := range points {
		if y := coordinate(height(p)); y != last {
			fmt.Fprintf(&d, "H%dV%s", i, y)
			last = y
		}
	}
	fmt.Fprintf(&d, "H%dV100Z", len(points))
	return d.String()
}

// outline is a line over the points that had requests.
func outline(points []timeline.Point, height func(timeline.Point) float64) string {
	var d strings.Builder
	drawing := false
	for i, p := range points {
		switch {
		case p.Requests == 0:
			drawing = false
			continue
		case drawing:
			fmt.Fprintf(&d, "V%s", coordinate(height(p)))
		default:
			fmt.Fprintf(&d, "M%d %s", i, coordinate(height(p)))
			drawing = true
		}
		fmt.Fprintf(&d, "H%d", i+1)
	}
	return d.String()
}

func coordinate(y float64) string { return strconv.FormatFloat(math.Round(y*10)/10, 'f', -1, 64) }

// nice is the least round number that is not below x.
func nice(x float64) float64 {
	if x <= 0 {
		return 1
	}
	power := math.Pow(10, math.Floor(math.Log10(x)))
	for _, step := range []float64{1, 1.5, 2, 3, 4, 5, 6, 8, 10} {
		if x <= step*power*1.0001 {
			return step * power
		}
	}
	return x
}

func short(x float64) string {
	if x == math.Trunc(x) {
		return human.Number(int(x))
	}
	return strconv.FormatFloat(x, 'g', 4, 64)
}

// times are the labels of the time axis.
func times(s timeline.Series) []string {
	whole := s.Width * time.Duration(len(s.Points))
	format := "15:04:05"
	if whole >= 6*time.Hour {
		format = "15:04"
	}
	if whole >= 24*time.Hour {
		format = "2 Jan 15:04"
	}
	parts := 4
	if whole < 8*time.Second { // shorter than the labels can tell apart
		parts = 1
	}
	var labels []string
	for part := range parts + 1 {
		labels = append(labels, s.Start.Add(whole*time.Duration(part)/time.Duration(parts)).UTC().Format(format))
	}
	return labels
}
