package sandbox

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"bulk/internal/jobs"
)

// withFakeTime runs a test that waits in no time at all.
func withFakeTime(t *testing.T, test func(*testing.T)) { synctest.Test(t, test) }

func TestParseLatency(t *testing.T) {
	for _, c := range []struct {
		text string
		want Latency
	}{
		{"0s", Latency{}},
		{"20ms", Latency{20 * time.Millisecond, 20 * time.Millisecond}},
		{"20ms-80ms", Latency{20 * time.Millisecond, 80 * time.Millisecond}},
	} {
		got, err := ParseLatency(c.text)
		require.NoError(t, err)
		require.Equal(t, c.want, got)
		require.Equal(t, c.text, got.String())
	}
	for _, wrong := range []string{"", "20", "80ms-20ms", "-20ms", "20ms-", "20ms-30ms-40ms"} {
		_, err := ParseLatency(wrong)
		require.ErrorContains(t, err, "such as 20ms or 20ms-80ms", wrong)
	}
}

func TestLatency(t *testing.T) {
	withFakeTime(t, func(t *testing.T) {
		s := New(Config{Latency: Latency{20 * time.Millisecond, 80 * time.Millisecond}})
		var least, most time.Duration = time.Hour, 0
		for range 200 {
			begin := time.Now()
			require.Equal(t, 200, recordM2M(s, queryStatus, ready, "").status)
			least, most = min(least, time.Since(begin)), max(most, time.Since(begin))
		}
		require.InDelta(t, 20*time.Millisecond, least, float64(3*time.Millisecond))
		require.InDelta(t, 80*time.Millisecond, most, float64(3*time.Millisecond))
		s.SetLatency(Latency{})
		begin := time.Now()
		require.Equal(t, 200, record(s, betatelRequestTo(context.Background(), profilePath+ready)).status)
		require.Zero(t, time.Since(begin))
	})
}

func TestWhoLeavesDuringTheLatencyLeavesTheCommandDone(t *testing.T) {
	withFakeTime(t, func(t *testing.T) {
		s := New(Config{Latency: Latency{time.Minute, time.Minute}})
		ctx, leave := context.WithTimeout(t.Context(), time.Second)
		defer leave()
		r := m2mRequestTo(ctx, "/", body(setAAGroup, ready, "<group>L100</group>"))
		require.PanicsWithValue(t, http.ErrAbortHandler, func() { record(s, r) })
		require.Equal(t, 1, s.Stats().CommandsDone)
	})
}

func TestRateLimit(t *testing.T) {
	for _, c := range []struct {
		style           Kind
		m2m, betatel    int
		retry, m2mWords string
	}{
		{"", 429, 429, "", "Too Many"},
		{"429-retry", 429, 429, "1", "Too Many"},
		{"503", 503, 503, "", "Unavailable"},
		{"503-retry", 503, 503, "1", "Unavailable"},
		{"throttle-200", 200, 429, "", "<error_description>request limit exceeded"},
		{"nonsense", 429, 429, "", "Too Many"},
	} {
		t.Run(string(c.style), func(t *testing.T) {
			withFakeTime(t, func(t *testing.T) {
				s := New(Config{RateLimit: 2, RateStyle: c.style})
				for range 2 {
					require.Contains(t, recordM2M(s, queryStatus, ready, "").spelled(), "success")
					require.Equal(t, 200, record(s, betatelRequestTo(context.Background(), profilePath+ready)).status)
				}
				got := recordM2M(s, setAAGroup, ready, "<group>L100</group>")
				require.Equal(t, c.m2m, got.status)
				require.Equal(t, c.retry, got.header.Get("Retry-After"))
				require.Contains(t, string(got.body), c.m2mWords)
				require.Equal(t, c.betatel, record(s, betatelRequestTo(context.Background(), profilePath+ready)).status)

				stats := s.Stats()
				require.Equal(t, 1, stats.M2M.RefusedForRate)
				require.Equal(t, 1, stats.Betatel.RefusedForRate)
				require.Equal(t, 3, stats.M2M.PeakPerSecond)
				require.Zero(t, stats.CommandsDone)

				<-time.After(time.Second) // the next window
				require.Contains(t, recordM2M(s, queryStatus, ready, "").spelled(), "success")
				s.SetRateLimit(jobs.M2M, 0, "")
				for range 10 {
					require.Contains(t, recordM2M(s, queryStatus, ready, "").spelled(), "success")
				}
			})
		})
	}
}

func TestOutage(t *testing.T) {
	s, running := started(t, Config{Latency: Latency{time.Hour, time.Hour}})
	s.SetOutage(jobs.M2M, Outage503)
	command := body(setAAGroup, ready, "<group>L100</group>")
	require.Equal(t, 503, send(m2mRequestTo(t.Context(), running.M2MURL(), command)).status)
	s.SetOutage("", OutageReset)
	require.Error(t, send(m2mRequestTo(t.Context(), running.M2MURL(), command)).err)
	require.Error(t, send(betatelRequestTo(t.Context(), running.BetatelURL()+"/euicc-profiles/"+ready)).err)
	require.Zero(t, s.Stats().CommandsDone)
	s.SetOutage("", NoOutage)
	s.SetLatency(Latency{})
	require.Equal(t, 200, send(m2mRequestTo(t.Context(), running.M2MURL(), command)).status)
}

func TestHold(t *testing.T) {
	withFakeTime(t, func(t *testing.T) {
		s := New(Config{})
		s.Hold(setAAGroup)
		answers := make(chan reply, 3)
		for range 2 {
			go func() { answers <- recordM2M(s, setAAGroup, ready, "<group>L100</group>") }()
		}
		synctest.Wait()
		require.Equal(t, 2, s.Stats().Held)
		require.Zero(t, s.Stats().CommandsDone)
		require.Contains(t, recordM2M(s, queryStatus, ready, "").spelled(), "success", "reads pass")

		ctx, leave := context.WithTimeout(t.Context(), time.Second)
		defer leave()
		impatient := m2mRequestTo(ctx, "/", body(setAAGroup, ready, "<group>L100</group>"))
		require.Panics(t, func() { record(s, impatient) })

		s.Release()
		for range 2 {
			require.Contains(t, (<-answers).spelled(), "success")
		}
		require.Equal(t, 2, s.Stats().CommandsDone, "the one that left was dropped")
		require.Zero(t, s.Stats().Held)
	})
}

func TestCloseEndsWhatHangs(t *testing.T) {
	for _, c := range []struct {
		name   string
		config Config
		hold   bool
	}{
		{"a fault", Config{Faults: []Fault{{Kind: "timeout-before"}}}, false},
		{"latency", Config{Latency: Latency{time.Hour, time.Hour}}, false},
		{"a gate", Config{}, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			withFakeTime(t, func(t *testing.T) {
				s := New(c.config)
				if c.hold {
					s.Hold("")
				}
				time.AfterFunc(time.Second, s.Close)
				require.Panics(t, func() { recordM2M(s, queryStatus, ready, "") })
				s.Close()
			})
		})
	}
}

func TestControl(t *testing.T) {
	s, running := started(t, Config{})
	control := func(text string) reply {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, running.M2MURL()+"/_sandbox/control", strings.NewReader(text))
		require.NoError(t, err)
		return send(r)
	}
	status := func() int {
		got := send(m2mRequestTo(t.Context(), running.M2MURL(), body(queryStatus, ready, "")))
		require.NoError(t, got.err)
		return got.status
	}
	require.Equal(t, 204, control(`{"faults":["query_status:403=1"]}`).status)
	require.Equal(t, 403, status())
	require.Equal(t, 200, status())
	require.Equal(t, 204, control(`{"upstream":"m2m","outage":"503","faults":[]}`).status)
	require.Equal(t, 503, status())
	require.Equal(t, 204, control(`{"outage":"none","rate_limit":0.0001,"rate_style":"503-retry"}`).status)
	require.Equal(t, 200, status())
	require.Equal(t, 503, status())
	require.Equal(t, 204, control(`{"rate_limit":0,"latency":"1ms-2ms"}`).status)
	require.Equal(t, 200, status())
	require.Equal(t, 204, control(`{"hold":"set_aa_group"}`).status)
	require.Equal(t, 200, status())
	require.Equal(t, 204, control(`{"release":true}`).status)
	require.Equal(t, 1, s.Stats().M2M.RefusedForRate)

	for _, c := range []struct{ text, want string }{
		{`{`, "unexpected EOF"},
		{`{"faulst":[]}`, `unknown field "faulst"`},
		{`{"upstream":"gsma"}`, `upstream "gsma"`},
		{`{"rate_limit":-1}`, "rate limit -1"},
		{`{"rate_style":"500"}`, `rate style "500"`},
		{`{"latency":"soon"}`, `latency "soon"`},
		{`{"outage":"503","faults":["cut"]}`, "does not say how often"},
		{`{"outage":"fire"}`, `outage "fire"`},
		{`{"hold":"nobody"}`, `"nobody" is neither`},
	} {
		got := control(c.text)
		require.Equal(t, 400, got.status, c.text)
		require.Contains(t, string(got.body), c.want)
		require.Equal(t, 200, status(), "nothing was changed by %s", c.text)
	}
}

func TestLookingIn(t *testing.T) {
	_, running := started(t, Config{})
	get := func(path string) reply {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, running.M2MURL()+path, nil)
		require.NoError(t, err)
		return send(r)
	}
	for _, iccid := range []string{ready20, ready, ready, liveOne} {
		send(m2mRequestTo(t.Context(), running.M2MURL(), body(setAAGroup, iccid, "<group>L200</group>")))
	}
	require.Equal(t, ready+" 2\n"+ready20+" 1\n", string(get("/_sandbox/commands").body))

	var sm SIM
	require.NoError(t, json.Unmarshal(get("/_sandbox/sim/"+ready20).body, &sm))
	require.Equal(t, SIM{ICCID: ready20, Status: "active", Group: "P100", AAGroup: "L200", CommandsDone: 1,
		HasQRCode: true, QRStatus: 1, ProfileState: "RELEASED"}, sm)
	require.Equal(t, 404, get("/_sandbox/sim/"+unknownICCID).status)
	require.Equal(t, 404, get("/robots.txt").status)

	var stats Stats
	require.NoError(t, json.Unmarshal(get("/_sandbox/stats").body, &stats))
	require.Equal(t, []string{ready}, stats.CommandedTwice)
	require.Equal(t, 4, stats.CommandsReceived)
	require.Equal(t, 3, stats.CommandsDone)
	require.Equal(t, 1, stats.Stray)
	require.Equal(t, map[string]int{setAAGroup: 4}, stats.M2M.Operations)
	require.Equal(t, map[int]int{200: 4}, stats.M2M.Statuses)
	require.Equal(t, 1, stats.M2M.MaxInFlight)
	require.GreaterOrEqual(t, stats.Connections, 1)
	require.GreaterOrEqual(t, stats.OpenConnections, 1)
	require.NotContains(t, string(get("/_sandbox/sim/"+ready).body), "LPA:")
}
