package runner

import "strconv"

const sharesFrom = 50 // rows before a share says anything

// Limit is a number of rows, or a share of those done. The zero value is no
// limit.
type Limit struct {
	Count int
	Share float64 // 0.2 is 20 %; used where above 0
}

// Reached reports whether so many of done rows are too many. A share counts
// from fifty rows on.
func (l Limit) Reached(rows, done int) bool {
	switch {
	case rows == 0:
		return false
	case l.Share > 0:
		return done >= sharesFrom && float64(rows) >= l.Share*float64(done)
	default:
		return l.Count > 0 && rows >= l.Count
	}
}

// String writes a limit as its flag is given: "50%", "20", "none".
func (l Limit) String() string {
	switch {
	case l.Share > 0:
		return strconv.FormatFloat(100*l.Share, 'f', -1, 64) + "%"
	case l.Count > 0:
		return strconv.Itoa(l.Count)
	}
	return "none"
}
