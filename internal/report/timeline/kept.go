package timeline

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"bulk/internal/jobs"
)

// kept is a timeline as it is written down: gzip of this as JSON. What it counts may be
// added to another one, which was begun at another time.
type kept struct {
	Start     time.Time      `json:"start"`
	WidthS    int            `json:"width_s"`
	Upstreams []keptUpstream `json:"upstreams"`
}

type keptUpstream struct {
	Name  jobs.Upstream `json:"name"`
	Slots []keptSlot    `json:"slots"`
}

type keptSlot struct {
	At        int   `json:"i"` // in slots from the start
	Requests  int   `json:"n"`
	Throttled int   `json:"t,omitempty"`
	Failed    int   `json:"f,omitempty"`
	Sum       int64 `json:"sum"` // in nanoseconds, like the longest
	Longest   int64 `json:"max"`
	Latencies []int `json:"l"` // place, count, place, count
}

// Keep gives what was collected so far as bytes, to be summed up elsewhere; nil where there
// is nothing.
func (t *Timeline) Keep() ([]byte, error) {
	if t == nil {
		return nil, nil
	}
	k := t.keep()
	if len(k.Upstreams) == 0 {
		return nil, nil
	}
	var buf bytes.Buffer
	out := gzip.NewWriter(&buf)
	if err := json.NewEncoder(out).Encode(k); err != nil {
		return nil, fmt.Errorf("writing a timeline: %w", err)
	}
	if err := out.Close(); err != nil {
		return nil, fmt.Errorf("writing a timeline: %w", err)
	}
	return buf.Bytes(), nil
}

func (t *Timeline) keep() kept {
	t.mu.Lock()
	defer t.mu.Unlock()
	k := kept{Start: t.start, WidthS: int(t.width / time.Second)}
	for _, u := range t.upstreams {
		of := keptUpstream{Name: u.name}
		for i, s := range u.slots {
			if s == nil {
				continue
			}
			ks := keptSlot{At: i, Requests: s.requests, Throttled: s.throttled, Failed: s.failed, Sum: int64(s.sum), Longest: int64(s.longest)}
			for place, n := range s.latencies {
				if n > 0 {
					ks.Latencies = append(ks.Latencies, place, int(n))
				}
			}
			of.Slots = append(of.Slots, ks)
		}
		k.Upstreams = append(k.Upstreams, of)
	}
	return k
}

// Sum is a timeline of all that others collected, as Keep gave it; nil where that is
// nothing. It begins with the earliest of them.
func Sum(all ...[]byte) (*Timeline, error) {
	var parts []kept
	for _, data := range all {
		if len(data) == 0 {
			continue
		}
		k, err := unpack(data)
		if err != nil {
			return nil, fmt.Errorf("reading a timeline: %w", err)
		}
		parts = append(parts, k)
	}
	if parts == nil {
		return nil, nil
	}
	sum := New(slices.MinFunc(parts, func(a, b kept) int { return a.Start.Compare(b.Start) }).Start)
	for _, k := range parts {
		sum.add(k)
	}
	return sum, nil
}

func unpack(data []byte) (k kept, err error) {
	in, err := gzip.NewReader(bytes.NewReader(data))
	if err == nil {
		err = json.NewDecoder(in).Decode(&k)
	}
	if err == nil && k.WidthS <= 0 {
		err = fmt.Errorf("slots of %d seconds", k.WidthS)
	}
	return k, err
}

func (t *Timeline) add(k kept) {
	width := time.Duration(k.WidthS) * time.Second
	for t.width < width {
		t.merge()
	}
	for _, of := range k.Upstreams {
		for _, ks := range of.Slots {
			index := t.index(k.Start.Add(width * time.Duration(ks.At)))
			u := t.upstream(of.Name)
			u.slots[index] = join(u.slots[index], ks.slot())
		}
	}
}

func (k keptSlot) slot() *slot {
	s := &slot{requests: k.Requests, throttled: k.Throttled, failed: k.Failed, sum: time.Duration(k.Sum), longest: time.Duration(k.Longest)}
	for i := 0; i+1 < len(k.Latencies); i += 2 {
		if place := k.Latencies[i]; place >= 0 && place < places {
			s.latencies[place] += uint32(k.Latencies[i+1])
		}
	}
	return s
}
