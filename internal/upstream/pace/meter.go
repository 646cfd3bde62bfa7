package pace

import "time"

const (
	slot  = 100 * time.Millisecond
	slots = 20                     // two seconds
	least = 500 * time.Millisecond // what must have been seen to speak of a rate
)

// meter counts what passed in the last two seconds.
type meter struct {
	first  time.Time // when it began to count
	newest int64     // number of the slot counted last
	counts [slots]int
}

func (m *meter) add(now time.Time) {
	if m.first.IsZero() {
		m.first = now
	}
	m.forget(now)
	m.counts[m.newest%slots]++
}

// forget clears the slots that have come round again.
func (m *meter) forget(now time.Time) {
	number := now.UnixNano() / int64(slot)
	for i := m.newest + 1; i <= number && i <= m.newest+slots; i++ {
		m.counts[i%slots] = 0
	}
	m.newest = max(m.newest, number)
}

// rate is how many passed a second, lately; false while too little was seen.
func (m *meter) rate(now time.Time) (float64, bool) {
	if m.first.IsZero() || now.Sub(m.first) < least {
		return 0, false
	}
	m.forget(now)
	total := 0
	for _, n := range m.counts {
		total += n
	}
	span := min(now.Sub(m.first), slots*slot)
	return float64(total) / span.Seconds(), total > 0
}
