package pace

import "time"

const (
	slot  = 2 * time.Millisecond
	slots = 5000 // ten seconds

	window  = time.Second  // limits are commonly counted over a second
	longest = slots * slot // over which a slow rate is measured
	enough  = 40           // so many must have passed for a rate to be told
	many    = 20           // fewer than so many in a second may be few because little was asked,
	halved  = 0.5          // and take no more than half at once
)

// meter counts what was sent in the last ten seconds and was not refused, by when
// it was sent: so neither latency nor the order of answers matters.
type meter struct {
	newest int64 // number of the newest slot
	counts [slots]int32
}

// add notes that so many more, or fewer, of those sent then have not been refused.
func (m *meter) add(sent time.Time, n int32) {
	number := sent.UnixNano() / int64(slot)
	for i := max(m.newest+1, number-slots+1); i <= number; i++ {
		m.counts[i%slots] = 0 // it has come round again
	}
	m.newest = max(m.newest, number)
	if number > m.newest-slots {
		m.counts[number%slots] += n
	}
}

// passing estimates how many a second the upstream lets pass, as it has refused
// one that was sent then, at the given rate. What passed in the second before
// bounds a limit that is counted over one; a slow rate needs longer to be told. A
// short count, at the beginning or after a silence, must not stop everything: then
// it is half of the rate.
func (m *meter) passing(sent time.Time, rate float64) float64 {
	n := m.between(sent.Add(-window), sent)
	passed := float64(n) / window.Seconds()
	if span := min(time.Duration(enough/rate*float64(time.Second)), longest); span > window {
		passed = max(passed, float64(m.between(sent.Add(-span), sent))/span.Seconds())
	}
	if n < many {
		passed = max(passed, halved*rate)
	}
	return min(passed, rate)
}

// began reports whether sending began in the second before that time, and many have
// passed since.
func (m *meter) began(sent time.Time) bool {
	return m.between(sent.Add(-2*window), sent.Add(-window)) == 0 && m.between(sent.Add(-window), sent) >= many
}

// between counts what passed of that sent after one time and up to another.
func (m *meter) between(after, until time.Time) (total int) {
	from := max(after.UnixNano()/int64(slot)+1, m.newest-slots+1)
	for i := from; i <= min(until.UnixNano()/int64(slot), m.newest); i++ {
		total += int(m.counts[i%slots])
	}
	return total
}
