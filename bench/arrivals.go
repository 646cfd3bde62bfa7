package main

import (
	"sort"
	"time"
)

// arrivals are the times at which requests came, in order.
type arrivals []time.Duration

// perSecond is the rate between the first and the last.
func (a arrivals) perSecond() float64 {
	if len(a) < 2 {
		return 0
	}
	return float64(len(a)-1) / (a[len(a)-1] - a[0]).Seconds()
}

// longest is the longest time between two that came one after the other.
func (a arrivals) longest() (most time.Duration) {
	for i := 1; i < len(a); i++ {
		most = max(most, a[i]-a[i-1])
	}
	return most
}

// span is the time from the first to the last.
func (a arrivals) span() time.Duration {
	if len(a) == 0 {
		return 0
	}
	return a[len(a)-1] - a[0]
}

// densest is the most that came in any sliding second.
func (a arrivals) densest() int {
	most, from := 0, 0
	for i, at := range a {
		for at-a[from] >= time.Second {
			from++
		}
		most = max(most, i-from+1)
	}
	return most
}

// within counts those that came in the first so long.
func (a arrivals) within(span time.Duration) int {
	if len(a) == 0 {
		return 0
	}
	return sort.Search(len(a), func(i int) bool { return a[i]-a[0] >= span })
}
