package main

import (
	"cmp"
	"fmt"
	"io"
	"os"
	"slices"
	"text/tabwriter"
)

// line is one thing that was measured, and what it is held against.
type line struct {
	what     string
	measured string
	bound    string // empty: told for what it is worth
	held     bool
}

type table []line

// add notes a line; it is shown as soon as it is known.
func (t *table) add(l line) {
	*t = append(*t, l)
	fmt.Fprintf(os.Stderr, "        %s: %s (%s) %s\n", l.what, l.measured, l.bound, l.verdict())
}

// atLeast and atMost hold a number against a bound; detail may say where the
// number comes from.
func (t *table) atLeast(what string, got, bound float64, detail string) {
	t.add(line{what, shown(got) + detail, "≥ " + shown(bound), got >= bound})
}

func (t *table) atMost(what string, got, bound float64, detail string) {
	t.add(line{what, shown(got) + detail, "≤ " + shown(bound), got <= bound})
}

func (l line) verdict() string {
	switch {
	case l.bound == "":
		return ""
	case l.held:
		return "yes"
	}
	return "NO"
}

// shown writes a number with as many digits as say something.
func shown(n float64) string {
	switch {
	case n >= 100:
		return fmt.Sprintf("%.0f", n)
	case n >= 10:
		return fmt.Sprintf("%.1f", n)
	}
	return fmt.Sprintf("%.3f", n)
}

// print writes the table in Markdown, aligned.
func (t table) print(w io.Writer) {
	out := tabwriter.NewWriter(w, 0, 0, 1, ' ', 0)
	fmt.Fprintln(out, "| what\t| measured\t| bound\t| held\t|")
	fmt.Fprintln(out, "|---\t|---\t|---\t|---\t|")
	for _, l := range t {
		fmt.Fprintf(out, "| %s\t| %s\t| %s\t| %s\t|\n", l.what, l.measured, l.bound, l.verdict())
	}
	_ = out.Flush()
}

// median is the middle one.
func median[T cmp.Ordered](all []T) T {
	sorted := slices.Sorted(slices.Values(all))
	return sorted[len(sorted)/2]
}

// passed notes something that either went well or did not.
func (t *table) passed(what string, failure error) {
	l := line{what: what, measured: "yes", bound: "yes", held: failure == nil}
	if failure != nil {
		l.measured = "no"
		fmt.Fprintln(os.Stderr, failure)
	}
	t.add(l)
}
