package pace

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

var began = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

func at(seconds float64) time.Time {
	return began.Add(time.Duration(seconds * float64(time.Second)))
}

// pass has so many requests pass evenly, each second from one time to another.
func pass(c *Controller, from, to, perSecond float64) {
	for s := from; s < to; s += 1 / perSecond {
		c.Started(at(s))
	}
}

func TestRate(t *testing.T) {
	for name, c := range map[string]struct {
		most    float64
		history func(*Controller)
		now     float64
		want    float64
	}{
		"untouched, it is --rate":                            {100, func(*Controller) {}, 10, 100},
		"untouched and unlimited, it is unlimited":           {0, func(*Controller) {}, 10, 0},
		"refused, it is a little less than what passed":      {60, func(c *Controller) { pass(c, 0, 10, 40); c.Refused(at(10), at(9.9), 0) }, 10, 38.8},
		"what passed never counts for more than the rate":    {30, func(c *Controller) { pass(c, 0, 10, 40); c.Refused(at(10), at(9.9), 0) }, 10, 29.1},
		"one refusal never takes more than half":             {100, func(c *Controller) { pass(c, 0, 10, 2); c.Refused(at(10), at(9.9), 0) }, 10, 48.5},
		"refused at once, it is halved":                      {100, func(c *Controller) { c.Refused(at(0.1), at(0), 0) }, 0.1, 48.5},
		"refused in the first second, what passed is it all": {100, func(c *Controller) { pass(c, 0, 0.5, 140); c.Refused(at(0.6), at(0.5), 0) }, 0.6, 67.9},
		"it stays for ten seconds":                           {60, func(c *Controller) { pass(c, 0, 10, 40); c.Refused(at(10), at(9.9), 0) }, 19.9, 38.8},
		"it is back where it was refused after thirty":       {60, func(c *Controller) { pass(c, 0, 10, 40); c.Refused(at(10), at(9.9), 0) }, 40, 40},
		"it rises fast once it is above that":                {60, func(c *Controller) { pass(c, 0, 10, 40); c.Refused(at(10), at(9.9), 0) }, 100, 60},
		"it never rises above --rate":                        {60, func(c *Controller) { pass(c, 0, 10, 40); c.Refused(at(10), at(9.9), 0) }, 9000, 60},
		"an echo does not cut again": {60, func(c *Controller) {
			pass(c, 0, 10, 40)
			c.Refused(at(10), at(9.9), 0)
			c.Refused(at(10.5), at(10.2), 0)
		}, 11, 38.8},
		"a second refusal, later, does": {60, func(c *Controller) {
			pass(c, 0, 10, 40)
			c.Refused(at(10), at(9.9), 0)
			pass(c, 10, 20, 38.8)
			c.Refused(at(20), at(19.9), 0)
		}, 20, 37.636},
		"after a pause the plateau begins anew": {60, func(c *Controller) {
			pass(c, 0, 10, 40)
			c.Refused(at(10), at(9.9), 0)
			c.Paused(at(70))
		}, 79, 38.8},
		"it never falls to nothing": {1, func(c *Controller) {
			for s := range 100 {
				c.Refused(at(float64(10*s)), at(float64(10*s)), 0)
			}
		}, 1000, 0.1},
	} {
		t.Run(name, func(t *testing.T) {
			control := New(c.most)
			c.history(control)
			require.InDelta(t, c.want, control.Rate(at(c.now)), 0.03*c.want+1e-9)
		})
	}
}

func TestSlowed(t *testing.T) {
	c := New(100)
	require.False(t, c.Slowed(at(0)))
	c.Refused(at(1), at(0), 0)
	require.True(t, c.Slowed(at(1)))
	require.False(t, c.Slowed(at(1000)))
}

// TestRefused: what a refusal does, after 60 of 300 a second have passed in the
// first fifth of a second and the next was refused.
func TestRefused(t *testing.T) {
	storm := func(c *Controller) {
		pass(c, 0, 0.21, 300)
		c.Refused(at(0.21), at(0.2), 0)
		refuse(c, 3, 0.215, 0.205)
	}
	for name, c := range map[string]struct {
		history func(*Controller)
		now     float64
		rate    float64
		held    time.Duration
	}{
		"the rate is what passed, however many were on their way": {storm, 0.21, 58.2, 990 * time.Millisecond},
		"and nothing is sent until the second is over":            {storm, 1.199, 58.2, 0},
		"then half of what passed goes fast":                      {storm, 1.3, 2.8 * 58.2, 0},
		"what may have passed in another second slowly":           {storm, 1.4, 0.5 * 58.2, 0},
		"but is tried":                             {storm, 1.8, 0.7 * 58.2, 0},
		"and after a second all goes evenly":       {storm, 2.3, 58.2, 0},
		"as at once where a whole second is known": {func(c *Controller) { pass(c, 0, 1.5, 100); c.Refused(at(1.5), at(1.499), 0) }, 2.6, 0.97 * 100, 0},
		"nor once there has been a cut":            {func(c *Controller) { storm(c); c.Paused(at(3)); pass(c, 3, 3.6, 58); c.Refused(at(3.6), at(3.599), 0) }, 4.7, 0.97 * 34, 0},
		"or nothing is":                            {func(c *Controller) { pass(c, 0, 0.05, 300); c.Refused(at(0.06), at(0.05), 0) }, 1.1, 145.5, 0},
		"never faster than --rate":                 {func(c *Controller) { pass(c, 0, 0.5, 300); c.Refused(at(0.5), at(0.499), 0) }, 1.5, 300, 0},
		"a cut meanwhile is made of the even rate": {func(c *Controller) { storm(c); pass(c, 1.21, 1.6, 300); c.Refused(at(1.7), at(1.6), 0) }, 1.7, 0.97 * 58.2, 60 * time.Millisecond},
		"refused again within it, a little longer": {func(c *Controller) { storm(c); c.Refused(at(1.201), at(1.199), 0) }, 1.201, 58.2, 50 * time.Millisecond},
		"and again, twice as long": {func(c *Controller) {
			storm(c)
			c.Refused(at(1.1), at(1.099), 0)
			c.Refused(at(1.15), at(1.149), 0)
			c.Refused(at(1.2), at(1.199), 0)
		}, 1.2, 58.2, 200 * time.Millisecond},
		"later it is a limit of its own":                    {func(c *Controller) { storm(c); pass(c, 1.3, 3, 50); c.Refused(at(3), at(2.999), 0) }, 3, 48.5, 157 * time.Millisecond},
		"refused a little above what passes, for as little": {func(c *Controller) { pass(c, 0, 10, 290); c.Refused(at(10), at(9.999), 0) }, 10, 281.3, 61 * time.Millisecond},
		"the way there and back is part of it":              {func(c *Controller) { pass(c, 0, 0.2, 300); c.Refused(at(0.6), at(0.2), 0) }, 0.6, 58.2, 600 * time.Millisecond},
		"one that was longer on its way tells nothing":      {func(c *Controller) { pass(c, 0, 0.2, 300); c.Refused(at(2.6), at(0.2), 0) }, 2.6, 58.2, time.Second},
		"those refused that were sent before it count":      {func(c *Controller) { pass(c, 0, 0.24, 300); c.Refused(at(0.5), at(0.24), 0); refuse(c, 12, 0.51, 0.22) }, 0.6, 58.2, 640 * time.Millisecond},
		"those sent after it were no part of it":            {func(c *Controller) { pass(c, 0, 0.3, 300); c.Refused(at(0.5), at(0.2), 0); refuse(c, 30, 0.51, 0.25) }, 0.6, 58.2, 600 * time.Millisecond},
		"refused soon after a pause it asked for, more is cut": {func(c *Controller) {
			storm(c)
			c.Paused(at(2))
			pass(c, 2, 3.1, 58)
			c.Refused(at(3.1), at(3.099), time.Second)
		}, 3.1, 0.9 * 58, 100 * time.Millisecond},
		"later, no more than else": {func(c *Controller) {
			storm(c)
			c.Paused(at(2))
			pass(c, 2, 5, 58)
			c.Refused(at(5), at(4.999), time.Second)
		}, 5, 0.97 * 58, 50 * time.Millisecond},
		"what was lost did not pass": {func(c *Controller) {
			pass(c, 0, 10, 60)
			for s := 9.01; s < 10; s += 0.1 {
				c.Lost(at(s))
			}
			c.Refused(at(10), at(9.999), 0)
		}, 10, 0.97 * 50, time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			control := New(300)
			c.history(control)
			require.InDelta(t, c.rate, control.Rate(at(c.now)), 0.04*c.rate)
			require.InDelta(t, c.held, control.Held(at(c.now)), float64(35*time.Millisecond))
		})
	}
	require.Zero(t, New(300).Held(at(0)), "not refused yet")
}

// refuse has so many refused that were sent together.
func refuse(c *Controller, n int, now, sent float64) {
	for range n {
		c.Refused(at(now), at(sent), 0)
	}
}

// TestMeter: what is taken for passing where one is refused that was sent in the
// tenth second, by what was sent.
func TestMeter(t *testing.T) {
	type stretch struct {
		from, to, perSecond float64
	}
	for name, c := range map[string]struct {
		sent []stretch
		rate float64
		want float64
	}{
		"what passed in a second":                      {[]stretch{{5, 10, 100}}, 1000, 100},
		"not what came before":                         {[]stretch{{5, 9, 1000}, {9, 10, 100}}, 1000, 100},
		"nor what comes after":                         {[]stretch{{5, 10, 100}, {10.01, 11, 1000}}, 1000, 100},
		"a burst is as much as a second's":             {[]stretch{{9.8, 10, 300}}, 300, 60},
		"it is never more than the rate":               {[]stretch{{5, 10, 100}}, 90, 90},
		"little in a second, half the rate":            {[]stretch{{9.9, 10, 150}}, 300, 150},
		"after a silence, half the rate":               {[]stretch{{0, 5, 100}}, 100, 50},
		"a slow rate is measured over longer":          {[]stretch{{0, 9.2, 5.5}}, 6, 4.84},
		"but where a second says more, it is a second": {[]stretch{{9, 10, 6}}, 6, 6},
		"ten seconds at most":                          {[]stretch{{-50, 0, 5}, {0.1, 10, 1}}, 1.5, 1},
	} {
		var m meter
		for _, s := range c.sent {
			for now := s.from; now < s.to; now += 1 / s.perSecond {
				m.add(at(now), 1)
			}
		}
		require.InDelta(t, c.want, m.passing(at(10), c.rate), 0.03*c.want, name)
	}
	var m meter
	m.add(at(100), 1)
	m.add(at(100-longest.Seconds()), 1)
	require.Equal(t, 1, m.between(at(0), at(200)), "what is long ago is not counted in another's place")
	m.add(at(100+longest.Seconds()), 1)
	require.Equal(t, 1, m.between(at(101), at(200)), "nor with what takes its place")
}

// TestRefusedAll: cuts that are made while nothing passes lower the rate to its floor and
// never below, for as long as that lasts, and the first request to pass takes all back
// but the first.
func TestRefusedAll(t *testing.T) {
	for _, most := range []float64{1, 10, 100, 300} {
		for _, every := range []float64{1.5, 3} {
			for _, pause := range []time.Duration{0, time.Second} {
				c := New(most)
				pass(c, 0, 10, most)
				now := 10.0
				for range 40 {
					c.Started(at(now))
					c.Refused(at(now+0.02), at(now), pause)
					now += every
				}
				for _, later := range []float64{0, 5, 29, 31, 60, 600} {
					require.GreaterOrEqual(t, c.Rate(at(now+later)), floor, "%g, each %g s, %s, after %g s", most, every, pause, later)
				}
				c.Passed(at(9))
				require.Less(t, c.Rate(at(now)), 0.6*most, "it was sent before the last cut")
				c.Started(at(now))
				c.Passed(at(now))
				require.InDelta(t, 0.92*most, c.Rate(at(now)), 0.06*most, "%g, each %g s, %s", most, every, pause)
				c.Refused(at(now+2), at(now+1.9), 0)
				lower := c.Rate(at(now + 2))
				require.Less(t, lower, 0.97*most)
				c.Passed(at(now + 2.1))
				require.Equal(t, lower, c.Rate(at(now+2.2)), "a cut between what passes stands")
			}
		}
	}
}
