package runner

import (
	"fmt"
	"time"
)

// inDoubt keeps the promise of --max-in-doubt: never are more irreversible
// requests of a run unanswered or unknown together than that.
//
// A row takes a place before it waits for its turn, so that no turn is spent on
// a row that may not go; from its durable intent on the place counts as in
// doubt, until the outcome is on disk. What became unknown keeps its place. The
// run ends when half of all places are lost so: the other half is then still
// enough for what is on its way.
type inDoubt struct {
	most    int          // 0: no bound
	places  map[int]bool // rows that hold a place, by Seq; true: the intent is on disk
	begun   int          // of places, those whose intent is on disk
	unknown int          // rows of this run that became unknown

	since time.Time     // when the bound began to set the speed; zero: it does not
	bound time.Duration // for how long it has, before since
}

// take gives a row a place, or reports that there is none.
func (d *inDoubt) take(seq int) bool {
	if _, has := d.places[seq]; has {
		return true
	}
	if !d.free() {
		return false
	}
	d.places[seq] = false
	return true
}

func (d *inDoubt) free() bool { return d.most == 0 || len(d.places)+d.unknown < d.most }

// begin notes that a row's intent is on disk.
func (d *inDoubt) begin(seq int) {
	if !d.places[seq] {
		d.places[seq] = true
		d.begun++
	}
}

// leave takes a row's place back, where it has one, and reports whether its
// intent was on disk.
func (d *inDoubt) leave(seq int) (begun bool) {
	if begun = d.places[seq]; begun {
		d.begun--
	}
	delete(d.places, seq)
	return begun
}

// lost says why the run must end: half of the places are lost to rows that are
// unknown. Empty: it need not.
func (d *inDoubt) lost() string {
	if d.most == 0 || d.unknown < (d.most+1)/2 {
		return ""
	}
	return fmt.Sprintf("%s of this run %s unknown, half of --max-in-doubt %d", rowsOf(d.unknown, "irreversible row"), be(d.unknown), d.most)
}

// clock measures for how long the bound, and not the rate, has set the speed:
// rows wait for a place, and none is held by a row that still waits for its turn.
func (d *inDoubt) clock(waited bool, now time.Time) {
	bound := waited && d.begun+d.unknown >= d.most
	switch {
	case bound && d.since.IsZero():
		d.since = now
	case !bound && !d.since.IsZero():
		d.bound += now.Sub(d.since)
		d.since = time.Time{}
	}
}

// boundFor is for how long the bound has set the speed, until now.
func (d *inDoubt) boundFor(now time.Time) time.Duration {
	if d.since.IsZero() {
		return d.bound
	}
	return d.bound + now.Sub(d.since)
}

func rowsOf(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

func be(n int) string {
	if n == 1 {
		return "is"
	}
	return "are"
}
