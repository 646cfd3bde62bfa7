package pace

import "time"

// halved is the most that one cut takes: what passed may be little because little
// was asked.
const halved = 0.5

const (
	slot  = 100 * time.Millisecond
	slots = 100 // ten seconds

	window  = time.Second  // limits are commonly counted over a second
	longest = slots * slot // over which a slow rate is measured
	enough  = 40           // so many must have passed for a rate to be told
	oneSlot = int64(slot)  // in nanoseconds
)

// meter counts what passed in the last ten seconds.
type meter struct {
	first  time.Time // when it began to count; zero: not yet
	newest int64     // number of the slot counted last
	counts [slots]int
}

func (m *meter) start(now time.Time) { *m = meter{first: now} }

func (m *meter) add(now time.Time) {
	if m.first.IsZero() {
		m.start(now)
	}
	m.forget(now)
	m.counts[m.newest%slots]++
}

// forget clears the slots that have come round again.
func (m *meter) forget(now time.Time) {
	number := now.UnixNano() / oneSlot
	for i := max(m.newest+1, number-slots+1); i <= number; i++ {
		m.counts[i%slots] = 0
	}
	m.newest = max(m.newest, number)
}

// passing estimates how many a second the upstream lets pass, as it refuses one
// at the given rate. Within the first second it is what passed in it, for that
// much a second is allowed; but a short count must not stop everything.
func (m *meter) passing(now time.Time, rate float64) float64 {
	if m.first.IsZero() {
		return rate * halved
	}
	m.forget(now)
	seen := now.Sub(m.first)
	if seen < window {
		return max(float64(m.last(slots))/window.Seconds(), rate*halved)
	}
	span := min(max(time.Duration(enough/rate*float64(time.Second)), 2*window), longest, seen)
	// The slot that is being counted is not over.
	whole := int64(span / slot)
	span = time.Duration(whole-1)*slot + time.Duration(now.UnixNano()%oneSlot)
	return min(float64(m.last(whole))/span.Seconds(), rate)
}

// last counts what passed in the newest slots.
func (m *meter) last(n int64) (total int) {
	for i := range n {
		total += m.counts[(m.newest-i+slots)%slots]
	}
	return total
}
