package temporal

import (
	"context"
	"errors"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	sdk "go.temporal.io/sdk/temporal"

	"bulk/cmd/bulk/batch"
	"bulk/internal/jobs/ledger"
)

// page is what a ledger says of a run.
type page struct {
	absent, notHanded bool
	handover          ledger.Handover
	want              string
	err               error
}

func (p *page) Run(context.Context, int64) (ledger.RunInfo, bool, error) {
	return ledger.RunInfo{}, !p.absent, p.err
}

func (p *page) HandoverOf(context.Context, int64) (ledger.Handover, bool, error) {
	return p.handover, !p.notHanded, nil
}

func (p *page) Wanted(context.Context, int64) (ledger.Control, bool, error) {
	return ledger.Control{Want: p.want}, p.want != "", nil
}

func TestStanding(t *testing.T) {
	for name, c := range map[string]struct {
		page page
		want Standing
	}{
		"handed over":                {page{}, Ready},
		"waits for an approval":      {page{handover: ledger.Handover{Waits: true}}, Waits},
		"approved":                   {page{handover: ledger.Handover{Waits: true, Approved: true}}, Ready},
		"paused":                     {page{want: batch.WantPause}, Waits},
		"continued":                  {page{want: batch.WantRun}, Ready},
		"cancelled while it waits":   {page{want: batch.WantCancel, handover: ledger.Handover{Waits: true}}, Ready},
		"handed back":                {page{handover: ledger.Handover{Over: time.Now()}}, Over},
		"never handed over":          {page{notHanded: true}, Over},
		"of another ledger, or none": {page{absent: true}, Over},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := (&hands{db: &c.page}).look(t.Context(), 12)
			require.NoError(t, err)
			require.Equal(t, c.want, got)
		})
	}
}

// What goes wrong here is said here: the server keeps what it is told.
func TestServerIsNotToldWhatWentWrong(t *testing.T) {
	var said []any
	h := &hands{db: &page{err: errors.New("no rights on acts of m2m:acme@host")}, turns: &turns{}, warn: func(_ string, args ...any) { said = append(said, args...) },
		do: func(context.Context, int64) (batch.Next, error) {
			return batch.Later, errors.New("8944500102030001010 is wrong")
		}}
	_, err := h.look(t.Context(), 12)
	require.ErrorContains(t, err, "the worker's log says why")
	require.NotContains(t, err.Error(), "acme")
	var broke *sdk.ApplicationError
	require.ErrorAs(t, h.stay(t.Context(), 12), &broke)
	require.Equal(t, afterFail, broke.NextRetryDelay())
	require.False(t, broke.NonRetryable())
	require.NotContains(t, broke.Error(), "8944")
	require.NoError(t, broke.Unwrap())
	h.do = func(context.Context, int64) (batch.Next, error) { panic("8944500102030001010") }
	require.ErrorAs(t, h.stay(t.Context(), 12), &broke)
	require.NotContains(t, broke.Error(), "8944")
	require.Len(t, said, 9)
}

// A run that another process has, or whose account another run has, is tried again
// after a pause, until it is to be looked at.
func TestStays(t *testing.T) {
	for name, c := range map[string]struct {
		nexts []batch.Next
		page  page
		legs  int
		took  time.Duration
	}{
		"busy, then done":  {[]batch.Next{batch.Later, batch.Later, batch.Over}, page{}, 3, 2 * afterNone},
		"handed on":        {[]batch.Next{batch.Again}, page{}, 1, 0},
		"paused":           {[]batch.Next{batch.Later}, page{want: batch.WantPause}, 1, 0},
		"over meanwhile":   {[]batch.Next{batch.Later}, page{handover: ledger.Handover{Over: time.Now()}}, 1, 0},
		"no ledger to ask": {[]batch.Next{batch.Later}, page{err: errors.New("away")}, 1, 0},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				legs, began := 0, time.Now()
				h := &hands{db: &c.page, turns: &turns{}, do: func(context.Context, int64) (batch.Next, error) {
					legs++
					return c.nexts[legs-1], nil
				}}
				require.NoError(t, h.stay(t.Context(), 12))
				require.Equal(t, c.legs, legs)
				require.Equal(t, c.took, time.Since(began))
			})
		})
	}
}

// A worker that is to end leaves what it waits for to others.
func TestStaysUntilTheWorkerEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, end := context.WithTimeout(t.Context(), 7*time.Second)
		defer end()
		began := time.Now()
		h := &hands{db: &page{}, turns: &turns{}, do: func(context.Context, int64) (batch.Next, error) { return batch.Later, nil }}
		require.NoError(t, h.stay(ctx, 12))
		require.Equal(t, 7*time.Second, time.Since(began))
	})
}

func TestOneLegAnAccount(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var mu sync.Mutex
		at, most := map[string]int{}, 0
		shared := &turns{}
		on := func(accounts ...string) *hands {
			return &hands{db: &page{}, turns: shared, accounts: accounts, do: func(context.Context, int64) (batch.Next, error) {
				mu.Lock()
				for _, a := range accounts {
					at[a]++
					most = max(most, at[a])
				}
				mu.Unlock()
				time.Sleep(time.Minute)
				mu.Lock()
				for _, a := range accounts {
					at[a]--
				}
				mu.Unlock()
				return batch.Over, nil
			}}
		}
		began := time.Now()
		var all sync.WaitGroup
		for run, h := range []*hands{on("m2m:a"), on("betatel:b"), on("m2m:a", "betatel:b"), on()} {
			all.Go(func() { _ = h.stay(t.Context(), int64(run)) })
		}
		all.Wait()
		require.Equal(t, 1, most)
		require.InDelta(t, 2*time.Minute, time.Since(began), float64(time.Second), "those of different accounts go on side by side")
	})
}

// Only somebody's word ends a leg that goes on; that the server is away, or has given
// it up, does not.
func TestAskedToEnd(t *testing.T) {
	for name, c := range map[string]struct {
		cause error
		want  bool
	}{
		"cancelled":            {sdk.NewCanceledError(), true},
		"the server is away":   {errors.New("unavailable"), false},
		"the worker is to end": {context.Canceled, false},
	} {
		t.Run(name, func(t *testing.T) {
			ctx, cancel := context.WithCancelCause(t.Context())
			require.False(t, asked(ctx))
			cancel(c.cause)
			require.Equal(t, c.want, asked(ctx))
		})
	}
}

// Runs under way are known by these.
func TestNames(t *testing.T) {
	require.Equal(t, "bulk-run-7f-12", workflowID("7f", 12))
	require.Equal(t, queue("7f", []string{"m2m:a", "betatel:b"}), queue("7f", []string{"betatel:b", "m2m:a"}))
	require.Equal(t, "bulk:362b14d83bbb6ecb7d5e9932b3e96992", queue("7f", []string{"m2m:a"}))
	require.NotEqual(t, queue("7f", []string{"m2m:a"}), queue("80", []string{"m2m:a"}), "another ledger's run 12 is another run")
	require.NotEqual(t, queue("7f", nil), queue("7f", []string{"m2m:a"}))
	require.ElementsMatch(t, [][]string{nil, {"a"}, {"b"}, {"a", "b"}}, subsets([]string{"a", "b"}))
}
