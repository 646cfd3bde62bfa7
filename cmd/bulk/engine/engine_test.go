package engine

import (
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"bulk/cmd/bulk/batch"
)

// One run an account goes on here at a time, many accounts side by side; what could
// not be done is left alone for a while.
func TestOneRunAnAccount(t *testing.T) {
	warned := 0
	e := &Ledger{Warn: func(string, ...any) { warned++ }, going: map[int64][]string{}, until: map[int64]time.Time{}}
	require.True(t, e.take(1, []string{"m2m:a"}))
	require.False(t, e.take(1, []string{"m2m:a"}), "it goes on")
	require.False(t, e.take(2, []string{"betatel:a", "m2m:a"}))
	require.True(t, e.take(3, []string{"betatel:a"}))
	e.leave(1, func() (batch.Next, error) { return batch.Again, nil })
	require.True(t, e.take(1, []string{"m2m:a"}), "a leg that was ended is gone on with at once")
	e.leave(1, func() (batch.Next, error) { return batch.Later, nil })
	require.False(t, e.take(1, []string{"m2m:a"}))
	require.True(t, e.take(4, []string{"m2m:a"}), "the account is free")
	e.leave(4, func() (batch.Next, error) { return batch.Later, errors.New("no route") })
	require.Equal(t, 1, warned)
	require.Greater(t, time.Until(e.until[4]), afterNone)
	require.True(t, subset(nil, nil) && subset([]string{"a"}, []string{"b", "a"}))
	require.False(t, subset([]string{"a", "c"}, []string{"b", "a"}))
}
