package settings

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestUntil(t *testing.T) {
	berlin, err := time.LoadLocation("Europe/Berlin")
	require.NoError(t, err)
	local := time.Local
	time.Local = berlin
	defer func() { time.Local = local }()
	at := func(text string) time.Time {
		when, err := time.Parse(time.RFC3339, text)
		require.NoError(t, err)
		return when
	}
	for _, c := range []struct{ until, now, want string }{
		{"05:00", "2026-11-26T23:10:00+01:00", "2026-11-27T05:00:00+01:00"},
		{"05:00", "2026-11-27T04:59:59+01:00", "2026-11-27T05:00:00+01:00"},
		{"05:00", "2026-11-27T05:00:00+01:00", "2026-11-28T05:00:00+01:00"},
		{"05:00Z", "2026-11-27T05:30:00+01:00", "2026-11-27T06:00:00+01:00"},
		{"00:00", "2026-12-31T12:00:00+01:00", "2027-01-01T00:00:00+01:00"},
		{"05:00", "2026-03-28T23:00:00+01:00", "2026-03-29T05:00:00+02:00"}, // summer time begins: five hours, not six
		{"02:30", "2026-03-29T00:30:00+01:00", "2026-03-29T03:30:00+02:00"}, // there is no 02:30
	} {
		s := &Options{until: c.until}
		s.Checked.Until, err = s.untilWhen()
		require.NoError(t, err)
		got, flag, set := s.Deadline(at(c.now))
		require.True(t, set)
		require.Equal(t, "--until "+c.until, flag)
		require.Equal(t, at(c.want).UTC(), got.UTC(), "%s from %s", c.until, c.now)
	}
	for _, wrong := range []string{"5", "25:00", "05:60", "05:00 CET", "tomorrow", "5am"} {
		_, err := (&Options{until: wrong}).untilWhen()
		require.ErrorContains(t, err, "05:00Z", wrong)
	}
	s := &Options{MaxDuration: time.Hour}
	_, _, set := (&Options{}).Deadline(time.Now())
	require.False(t, set)
	s.Checked.Until = func(now time.Time) time.Time { return now.Add(2 * time.Hour) }
	now := time.Now()
	got, flag, _ := s.Deadline(now)
	require.Equal(t, now.Add(time.Hour), got, "the earlier one")
	require.Equal(t, "--max-duration 1h", flag)
	s.MaxDuration = 3 * time.Hour
	got, _, _ = s.Deadline(now)
	require.Equal(t, now.Add(2*time.Hour), got)
}
