package report

import (
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"github.com/schollz/progressbar/v3"

	"bulk/internal/jobs"
	"bulk/internal/report/words"
)

// The widths the drawn bar may have, brackets not counted.
const (
	barLeast = 10
	barMost  = 40
)

// part is a piece of the bar's line.
type part struct {
	text string
	rank int  // the least goes last where the line is narrow; 0 always stays
	cut  bool // may be shortened, not only left out
}

// barLine draws a run's state on one line of at most width columns: what does
// not fit is left out, the least important first.
func barLine(s Snapshot, width int) string {
	parts := []part{{text: fmt.Sprintf("%s/%s", words.Number(s.Done), words.Number(s.Total))}}
	add := func(rank int, text string) {
		if text != "" {
			parts = append(parts, part{text: words.Flat(text), rank: rank})
		}
	}
	if s.Left > 0 && !s.Draining {
		add(2, words.Span(s.Left)+" left")
	}
	flying := 0
	for _, u := range s.Upstreams {
		flying += u.InFlight
	}
	if s.Draining {
		add(1, fmt.Sprintf("stopping, %d in flight", flying))
		parts[len(parts)-1].cut = true
	}
	for _, u := range s.Upstreams {
		if trouble := u.trouble(); trouble != "" {
			add(1, string(u.Name)+" "+trouble)
			parts[len(parts)-1].cut = true
		}
	}
	add(3, s.Outcomes.text(jobs.Unknown, jobs.Failed, jobs.Invalid, jobs.Rejected, jobs.Drift))
	for _, u := range s.Upstreams {
		add(5, rate(u))
	}
	add(6, s.Outcomes.text(jobs.OK, jobs.Valid, jobs.Planned, jobs.Skipped))

	const percentOnly = 4
	kept, room := fit(parts, width-percentOnly, 4, barLeast+len(" [] "))
	drawn := drawBar(s.Done, s.Total, room)
	return words.Cut(strings.Join(append([]string{drawn}, kept...), "  "), max(width, 0))
}

// rate says how fast an upstream is asked: "m2m 9.8 of 10/s".
func rate(u UpstreamNow) string {
	if u.Allowed > 0 {
		return fmt.Sprintf("%s %s of %s/s", u.Name, words.Pace(u.Rate), words.Pace(u.Allowed))
	}
	return fmt.Sprintf("%s %s/s", u.Name, words.Pace(u.Rate))
}

// fit chooses the parts for a line with so much room, by rank; those of
// reserveRank and beyond leave reserve columns free. It returns their texts
// in order and the room left, which is reserve or more, or nothing useful.
func fit(parts []part, room, reserveRank, reserve int) (texts []string, left int) {
	taken := make([]string, len(parts))
	for rank := 0; rank <= 6; rank++ {
		if rank == reserveRank {
			room -= reserve
		}
		for i, p := range parts {
			need := 2 + utf8.RuneCountInString(p.text)
			switch {
			case p.rank != rank:
				continue
			case rank == 0 || need <= room:
				taken[i] = p.text
			case p.cut && room >= 2+12:
				taken[i] = words.Cut(p.text, room-2)
			default:
				continue
			}
			room -= 2 + utf8.RuneCountInString(taken[i])
		}
	}
	for _, text := range taken {
		if text != "" {
			texts = append(texts, text)
		}
	}
	return texts, room + reserve
}

// drawBar draws the percentage, and a bar where the room (beyond that of the
// percentage) is enough for one.
func drawBar(done, total, room int) string {
	if total <= 0 {
		return "  0%"
	}
	room -= len(" [] ")
	if room < barLeast {
		return fmt.Sprintf("%3d%%", int(float64(min(done, total))/float64(total)*100))
	}
	b := progressbar.NewOptions(total,
		progressbar.OptionSetWriter(io.Discard),
		progressbar.OptionSetWidth(min(room, barMost)),
		progressbar.OptionSetPredictTime(false),
		progressbar.OptionSetElapsedTime(false),
		progressbar.OptionSetTheme(progressbar.ThemeASCII))
	if done > 0 {
		_ = b.Set(min(done, total)) // it fails only beyond the total
	}
	if b.String() == "" { // below one per cent it draws nothing by itself
		_ = b.RenderBlank()
	}
	return strings.TrimRight(strings.TrimPrefix(b.String(), "\r "), " ")
}
