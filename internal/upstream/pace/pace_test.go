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
		c.Passed(at(s))
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
		"refused, it is a little less than what passed":      {60, func(c *Controller) { pass(c, 0, 10, 40); c.Refused(at(10), at(9.9)) }, 10, 38.8},
		"what passed never counts for more than the rate":    {30, func(c *Controller) { pass(c, 0, 10, 40); c.Refused(at(10), at(9.9)) }, 10, 29.1},
		"one refusal never takes more than half":             {100, func(c *Controller) { pass(c, 0, 10, 2); c.Refused(at(10), at(9.9)) }, 10, 48.5},
		"refused at once, it is halved":                      {100, func(c *Controller) { c.Refused(at(0.1), at(0)) }, 0.1, 48.5},
		"refused in the first second, what passed is it all": {100, func(c *Controller) { pass(c, 0, 0.5, 140); c.Refused(at(0.6), at(0.5)) }, 0.6, 67.9},
		"it stays for ten seconds":                           {60, func(c *Controller) { pass(c, 0, 10, 40); c.Refused(at(10), at(9.9)) }, 19.9, 38.8},
		"it is back where it was refused after thirty":       {60, func(c *Controller) { pass(c, 0, 10, 40); c.Refused(at(10), at(9.9)) }, 40, 40},
		"it rises fast once it is above that":                {60, func(c *Controller) { pass(c, 0, 10, 40); c.Refused(at(10), at(9.9)) }, 100, 60},
		"it never rises above --rate":                        {60, func(c *Controller) { pass(c, 0, 10, 40); c.Refused(at(10), at(9.9)) }, 9000, 60},
		"an echo does not cut again": {60, func(c *Controller) {
			pass(c, 0, 10, 40)
			c.Refused(at(10), at(9.9))
			c.Refused(at(10.5), at(10.2))
		}, 11, 38.8},
		"a second refusal, later, does": {60, func(c *Controller) {
			pass(c, 0, 10, 40)
			c.Refused(at(10), at(9.9))
			pass(c, 10, 20, 38.8)
			c.Refused(at(20), at(19.9))
		}, 20, 37.636},
		"after a pause the plateau begins anew": {60, func(c *Controller) {
			pass(c, 0, 10, 40)
			c.Refused(at(10), at(9.9))
			c.Paused(at(70))
		}, 79, 38.8},
		"it never falls to nothing": {1, func(c *Controller) {
			for s := range 100 {
				c.Refused(at(float64(10*s)), at(float64(10*s)))
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
	require.True(t, c.Refused(at(1), at(0)), "the first refusal cuts")
	require.False(t, c.Refused(at(1.1), at(0.9)), "what was on its way does not")
	require.True(t, c.Slowed(at(1)))
	require.False(t, c.Slowed(at(1000)))
}

func TestMeterForgets(t *testing.T) {
	var m meter
	for s := 0.0; s < 5; s += 0.01 {
		m.add(at(s))
	}
	require.InDelta(t, 100, m.passing(at(5), 1000), 6)
	require.Zero(t, m.passing(at(60), 1000), "after a silence nothing passes")
}
