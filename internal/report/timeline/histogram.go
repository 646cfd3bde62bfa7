package timeline

import (
	"math"
	"math/bits"
	"time"
)

// A histogram counts latencies, in units of 16 µs: exactly below 16 units, and
// above in eight places for each doubling, so none is wider than an eighth of
// its latency. The last place, from nine minutes up, takes all that is longer.
type histogram [places]uint32

const (
	unit   = 16 * time.Microsecond
	places = 192
)

// place finds where a latency is counted.
func place(latency time.Duration) int {
	units := uint64(latency / unit)
	if units < 8 {
		return int(units)
	}
	shift := bits.Len64(units) - 4
	return min(shift*8+int(units>>shift), places-1)
}

// begins is the shortest latency counted at a place.
func begins(place int) time.Duration {
	if place < 8 {
		return time.Duration(place) * unit
	}
	shift := place/8 - 1
	return time.Duration(8+place%8) << shift * unit
}

// quantile estimates the latency that a share q of count latencies does not
// exceed, spreading those of one place evenly over it.
func (h *histogram) quantile(q float64, count int) time.Duration {
	if count == 0 {
		return 0
	}
	rank := int(math.Ceil(q * float64(count)))
	for i, n := range h {
		if rank <= int(n) {
			from, to := begins(i), begins(i+1)
			return from + time.Duration(float64(to-from)*float64(rank)/float64(n))
		}
		rank -= int(n)
	}
	return begins(places)
}
