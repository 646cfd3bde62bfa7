package sandbox

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func fault(t *testing.T, text string) []Fault {
	t.Helper()
	f, err := ParseFault(text)
	require.NoError(t, err)
	return []Fault{f}
}

// TestFaultsOfACommand sends one set_aa_group to each kind but those that wait,
// and looks at what a plain client sees and at what was done.
func TestFaultsOfACommand(t *testing.T) {
	const success = "set_aa_group_response api_id=4711 | api_outcome: success"
	const failure = "set_aa_group_response api_id=4711 | api_outcome: failure | error_description: "
	for _, c := range []struct {
		kind   string
		done   int
		status int    // 0: no answer
		retry  string // Retry-After
		want   string // what the body spells, or a part of it
	}{
		{"reset-before", 0, 0, "", ""},
		{"reset-after", 1, 0, "", ""},
		{"500", 0, 500, "", "Internal Server Error"},
		{"500-after", 1, 500, "", "Internal Server Error"},
		{"500-readable", 1, 500, "", success},
		{"503", 0, 503, "", "Service Unavailable"},
		{"503-after", 1, 503, "", "Service Unavailable"},
		{"503-retry", 0, 503, "1", "Service Unavailable"},
		{"429", 0, 429, "", "Too Many Requests"},
		{"429-retry", 0, 429, "1", "Too Many Requests"},
		{"throttle-200", 0, 200, "", failure + "request limit exceeded"},
		{"cut-clean", 1, 200, "", "unreadable"},
		{"wrong-api-id", 1, 200, "", "set_aa_group_response api_id=47117 | api_outcome: success"},
		{"no-api-id", 1, 200, "", "set_aa_group_response | api_outcome: success"},
		{"garbage", 1, 200, "", "unreadable"},
		{"html", 0, 200, "", "<h1>We will be back soon</h1>"},
		{"other-spelling", 1, 200, "", "Answer Api-Id=4711 | API-Outcome: Success"},
		{"403", 0, 403, "", failure + "permission denied"},
		{"401", 0, 401, "", failure + "authentication failed"},
		{"redirect", 0, 307, "", ""},
	} {
		t.Run(c.kind, func(t *testing.T) {
			s, running := started(t, Config{Faults: fault(t, "set_aa_group:"+c.kind+"=1")})
			command := body(setAAGroup, ready, "<group>L100</group>")
			got := send(m2mRequestTo(t.Context(), running.M2MURL(), command))
			require.Equal(t, c.status, got.status)
			if c.status == 0 {
				require.ErrorIs(t, got.err, syscall.ECONNRESET)
			} else {
				require.NoError(t, got.err)
				require.Equal(t, c.retry, got.header.Get("Retry-After"))
				require.Contains(t, string(got.body)+got.spelled(), c.want)
			}
			require.Equal(t, c.done, s.Stats().CommandsDone)
			require.Equal(t, map[Kind]int{Kind(c.kind): 1}, s.Stats().M2M.Faults)

			got = send(m2mRequestTo(t.Context(), running.M2MURL(), command))
			require.Equal(t, success, got.spelled(), "only the first one was hit")
			require.Equal(t, c.done+1, s.Stats().CommandsDone)
		})
	}
}

func TestFaultCut(t *testing.T) {
	s, running := started(t, Config{Faults: fault(t, "cut=all")})
	got := send(m2mRequestTo(t.Context(), running.M2MURL(), body(setAAGroup, ready, "<group>L100</group>")))
	require.Equal(t, 200, got.status)
	require.ErrorIs(t, got.err, io.ErrUnexpectedEOF)
	require.Contains(t, got.spelled(), "unreadable")
	require.Equal(t, 1, s.Stats().CommandsDone)
}

func TestFaultHuge(t *testing.T) {
	_, running := started(t, Config{Faults: fault(t, "huge=all")})
	res, err := plainClient.Do(m2mRequestTo(t.Context(), running.M2MURL(), body(queryStatus, ready, "")))
	require.NoError(t, err)
	defer res.Body.Close()
	n, err := io.Copy(io.Discard, res.Body)
	require.NoError(t, err)
	require.Greater(t, n, int64(hugeSize))
}

func TestFaultSlow(t *testing.T) {
	_, running := started(t, Config{Faults: fault(t, "slow=all")})
	ctx, leave := context.WithCancel(t.Context())
	res, err := plainClient.Do(m2mRequestTo(ctx, running.M2MURL(), body(queryStatus, ready, "")))
	require.NoError(t, err)
	defer res.Body.Close()
	first := make([]byte, 2)
	_, err = io.ReadFull(res.Body, first)
	require.NoError(t, err)
	require.Equal(t, "<?", string(first))
	leave()
	_, err = io.ReadAll(res.Body)
	require.ErrorIs(t, err, context.Canceled)
}

func TestFaultTimeout(t *testing.T) {
	for _, c := range []struct {
		kind string
		done int
	}{{"timeout-before", 0}, {"timeout-after", 1}} {
		t.Run(c.kind, func(t *testing.T) {
			s, running := started(t, Config{Faults: fault(t, c.kind+"=all")})
			hanging := func(ctx context.Context) chan error {
				left := make(chan error, 1)
				go func() {
					left <- send(m2mRequestTo(ctx, running.M2MURL(), body(setAAGroup, ready, "<group>L100</group>"))).err
				}()
				return left
			}
			hits := func(n int) func() bool {
				return func() bool { return s.Stats().M2M.Faults[Kind(c.kind)] == n }
			}
			ctx, leave := context.WithCancel(t.Context())
			left := hanging(ctx)
			require.Eventually(t, hits(1), time.Minute, time.Millisecond)
			require.Equal(t, 1, s.Stats().M2M.InFlight)
			require.Equal(t, c.done, s.Stats().CommandsDone)
			leave()
			require.ErrorIs(t, <-left, context.Canceled)
			require.Eventually(t, func() bool { return s.Stats().M2M.InFlight == 0 }, time.Minute, time.Millisecond,
				"the handler ends when the client leaves")

			left = hanging(t.Context())
			require.Eventually(t, hits(2), time.Minute, time.Millisecond)
			running.Close()
			require.Error(t, <-left, "and when the sandbox closes")
		})
	}
}

func TestFaultRedirectIsCountedWhenFollowed(t *testing.T) {
	s, running := started(t, Config{Faults: fault(t, "redirect=all")})
	res, err := http.DefaultClient.Do(m2mRequestTo(t.Context(), running.M2MURL(), body(queryStatus, ready, "")))
	require.NoError(t, err)
	require.NoError(t, res.Body.Close())
	require.Equal(t, 404, res.StatusCode)
	require.Equal(t, 1, s.Stats().RedirectsFollowed)
}

func TestFaultsOfBetatel(t *testing.T) {
	for _, c := range []struct {
		kind   string
		status int
		want   string
	}{
		{"500", 500, `{"message":"Internal Server Error","statusCode":500}`},
		{"503-retry", 503, `{"message":"Service Unavailable","statusCode":503}`},
		{"429", 429, `{"message":"Too Many Requests","statusCode":429}`},
		{"401", 401, `{"message":"authentication failed","statusCode":401}`},
		{"html", 200, "<!DOCTYPE html>"},
		{"other-spelling", 200, `{"profile":{"iccid":"8944500102030001010","imsi":234500100000101,"state":"AVAILABLE","last_operation_date":1782066600000,`},
		{"cut-clean", 200, `{"iccid":"8944500102030001010"`},
		{"wrong-api-id", 200, `{"iccid":"8944500102030001010","imsi":"234500100000101",`},
	} {
		t.Run(c.kind, func(t *testing.T) {
			_, running := started(t, Config{Faults: fault(t, c.kind+"=all")})
			got := send(betatelRequestTo(t.Context(), running.BetatelURL()+"/euicc-profiles/"+ready))
			require.NoError(t, got.err)
			require.Equal(t, c.status, got.status)
			require.Contains(t, string(got.body), c.want)
			if c.kind == "cut-clean" {
				require.False(t, json.Valid(got.body))
			}
		})
	}
}

func TestOwnFaultsOfTheBuiltInFleet(t *testing.T) {
	s, running := started(t, Config{})
	ask := func(operation, iccid string) reply {
		return send(m2mRequestTo(t.Context(), running.M2MURL(), body(operation, iccid, "<group>L100</group>")))
	}
	const cutOne, failsOnce, throttledOnce, profileLate = "8944500102030009013", "8944500102030009039", "8944500102030009047", "8944500102030009054"
	for range 2 {
		require.ErrorIs(t, ask(setAAGroup, cutOne).err, io.ErrUnexpectedEOF)
		require.Contains(t, ask(queryStatus, cutOne).spelled(), "status: active")
	}
	require.Equal(t, []string{cutOne}, s.Stats().CommandedTwice)
	require.Equal(t, 500, ask(queryStatus, failsOnce).status)
	require.Contains(t, ask(queryStatus, failsOnce).spelled(), "status: active")
	require.Equal(t, 429, ask(setAAGroup, throttledOnce).status)
	require.Contains(t, ask(setAAGroup, throttledOnce).spelled(), "success")
	for _, status := range []int{500, 500, 200} {
		require.Equal(t, status, send(betatelRequestTo(t.Context(), running.BetatelURL()+"/euicc-profiles/"+profileLate)).status)
	}
}

func TestFaultsWithoutAConnectionAbort(t *testing.T) {
	s := New(Config{Faults: fault(t, "reset-after=all")})
	require.PanicsWithValue(t, http.ErrAbortHandler, func() { recordM2M(s, setAAGroup, ready, "<group>L100</group>") })
	require.Equal(t, map[int]int{0: 1}, s.Stats().M2M.Statuses)
	require.Zero(t, s.Stats().M2M.InFlight)
}

func TestSlowAnswerArrivesWhole(t *testing.T) {
	withFakeTime(t, func(t *testing.T) {
		s := New(Config{Faults: fault(t, "slow=all")})
		begin := time.Now()
		got := recordM2M(s, queryStatus, ready, "")
		require.True(t, strings.HasSuffix(got.spelled(), "status: active"))
		require.Equal(t, time.Duration(len(got.body))*dribblePause, time.Since(begin))
	})
}
