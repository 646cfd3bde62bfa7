package upstream

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"bulk/internal/jobs"
	"bulk/internal/upstream/pace"
)

var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

func after(d time.Duration) time.Time { return noon.Add(d) }

// TestAdmit: who may go, as a table. A state not said otherwise is that of an
// upstream that is up and has let something in.
func TestAdmit(t *testing.T) {
	gone := &ending{jobs.EndsCredentials, "gone"}
	retry, first := errand{}, errand{fresh: true}
	command, firstCommand := errand{command: true}, errand{fresh: true, command: true}
	for name, c := range map[string]struct {
		state state
		e     errand
		want  admission
	}{
		"nothing is in the way":                              {state{}, first, admission{}},
		"a command either":                                   {state{}, firstCommand, admission{}},
		"others are under way":                               {state{inside: 900}, firstCommand, admission{}},
		"the run has been ended":                             {state{ended: gone}, retry, admission{end: gone}},
		"ended, before everything else":                      {state{ended: gone, drained: true, pause: after(time.Hour), downSince: noon}, first, admission{end: gone}},
		"nothing new is sent":                                {state{drained: true}, first, admission{end: errDrained}},
		"what was tried before may come to its end":          {state{drained: true}, retry, admission{}},
		"unless the upstream asked for a pause":              {state{drained: true, pause: after(time.Minute)}, retry, admission{end: errDrained}},
		"unless the upstream is down":                        {state{drained: true, downSince: after(-time.Second)}, retry, admission{end: errDrained}},
		"a Retry-After":                                      {state{pause: after(7 * time.Second)}, first, admission{wait: 7 * time.Second}},
		"a Retry-After, for a retry of a command":            {state{pause: after(7 * time.Second)}, command, admission{wait: 7 * time.Second}},
		"a Retry-After that is over":                         {state{pause: noon}, first, admission{}},
		"down, and it is not time to try":                    {state{downSince: after(-time.Second), nextProbe: after(2 * time.Second)}, first, admission{wait: 2 * time.Second}},
		"down, and it is time to try":                        {state{downSince: after(-time.Minute), nextProbe: noon}, first, admission{probe: true}},
		"down, and somebody tries":                           {state{downSince: after(-time.Minute), nextProbe: noon, probing: true}, first, admission{wait: forever}},
		"down, and a Retry-After lasts":                      {state{downSince: after(-time.Minute), nextProbe: noon, pause: after(time.Second)}, first, admission{wait: time.Second}},
		"the first of all":                                   {state{inside: 0, proven: false, alike: alike{said: "unproven"}}, first, admission{}},
		"one at a time until something is let in":            {state{inside: 1, alike: alike{said: "unproven"}}, first, admission{wait: forever}},
		"a command after the machine has slept":              {state{wokeAt: after(-time.Second)}, firstCommand, admission{probe: true}},
		"a command's retry after it has slept":               {state{wokeAt: after(-time.Second)}, command, admission{probe: true}},
		"a command while a read tries, after it has slept":   {state{wokeAt: after(-time.Second), probing: true}, command, admission{wait: forever}},
		"a read after it has slept":                          {state{wokeAt: after(-time.Second)}, first, admission{}},
		"a command after it has slept, the upstream is down": {state{wokeAt: after(-time.Second), downSince: after(-time.Minute), nextProbe: after(time.Second)}, command, admission{wait: time.Second}},
	} {
		t.Run(name, func(t *testing.T) {
			s := c.state
			s.proven = s.alike.said != "unproven"
			s.maxOutage = 15 * time.Minute
			require.Equal(t, c.want, s.admit(noon, c.e))
			// A command that was admitted looks again once its record is written.
			if c.e.command || c.want.end != nil || !s.pause.IsZero() || s.down() {
				goes := c.want == admission{}
				require.Equal(t, goes, s.clear(noon, c.e))
			}
		})
	}
}

func TestDownForTooLong(t *testing.T) {
	s := state{upstream: jobs.M2M, proven: true, maxOutage: time.Minute, downSince: after(-time.Minute), trouble: "The upstream answered HTTP 502 (Bad Gateway)."}
	a := s.admit(noon, errand{})
	require.Equal(t, &ending{jobs.EndsOutage, "m2m was down for 1m0s (--max-outage), so the run was ended: The upstream answered HTTP 502 (Bad Gateway)"}, a.end)
	require.Nil(t, s.admit(after(-time.Millisecond), errand{}).end)
}

// scripted feeds attempts to a state, a second apart, each about a SIM of its own.
func scripted(s *state, attempts ...Attempt) (last *ending) {
	for i, a := range attempts {
		s.inside++
		now := after(time.Duration(i) * time.Second)
		_, last = s.observe(seen{Attempt: &a, iccid: jobs.ICCID(fmt.Sprint("sim ", i)), sent: now, now: now, read: true})
	}
	return last
}

func newState() *state {
	return &state{upstream: jobs.M2M, maxOutage: 15 * time.Minute, control: pace.New(10)}
}

func said(status int, words string, about About) Attempt {
	return Attempt{Verdict: jobs.Refused, Code: jobs.UpstreamError, HTTPStatus: status, Detail: "The upstream reported a failure.", UpstreamError: words, About: about}
}

func times(n int, a Attempt) (all []Attempt) {
	for range n {
		all = append(all, a)
	}
	return all
}

func join(all ...[]Attempt) (one []Attempt) {
	for _, a := range all {
		one = append(one, a...)
	}
	return one
}

// TestAlikeRefusals: two answers that say the same and nothing of a SIM end the
// run at its beginning, ten later.
func TestAlikeRefusals(t *testing.T) {
	nope, account := said(200, "no can do", AboutNothing), said(200, "unknown user", AboutAccount)
	sim := said(200, "invalid iccid", AboutSIM)
	for name, c := range map[string]struct {
		attempts []Attempt
		ends     jobs.Ending
	}{
		"one":                                  {times(1, nope), ""},
		"two":                                  {times(2, nope), jobs.EndsOutage},
		"two of an account":                    {times(2, account), jobs.EndsCredentials},
		"two that differ":                      {[]Attempt{nope, account}, ""},
		"two that differ, in turn":             {[]Attempt{nope, account, nope, account, nope}, ""},
		"but for numbers":                      {[]Attempt{said(200, "error 1045 at 12:01", AboutNothing), said(200, "error 7 at 12:02", AboutNothing)}, jobs.EndsOutage},
		"bare codes":                           {[]Attempt{said(200, "1045", AboutNothing), said(200, "1046", AboutNothing)}, jobs.EndsOutage},
		"with HTTP 400":                        {times(2, said(400, "no", AboutNothing)), jobs.EndsOutage},
		"with HTTP 407":                        {times(2, said(407, "", AboutAccount)), jobs.EndsCredentials},
		"with different statuses":              {[]Attempt{said(400, "no", AboutNothing), said(404, "no", AboutNothing)}, ""},
		"two of SIMs":                          {times(20, sim), ""},
		"a success between":                    {[]Attempt{nope, fine, nope}, ""},
		"a SIM between":                        {[]Attempt{nope, sim, nope}, ""},
		"an outage between":                    {[]Attempt{nope, err500, nope}, jobs.EndsOutage},
		"a refusal for the rate between":       {[]Attempt{nope, tooFast, nope}, jobs.EndsOutage},
		"errors of 500":                        {times(20, said(500, "no", AboutNothing)), ""},
		"that it was a bad time":               {times(20, said(408, "no", AboutNothing)), ""},
		"later, nine":                          {join(times(1, fine), times(9, nope)), ""},
		"later, ten":                           {join(times(1, fine), times(10, nope)), jobs.EndsOutage},
		"later, ten of an account":             {join(times(1, sim), times(10, account)), jobs.EndsCredentials},
		"later, a success among them":          {join(times(1, fine), times(9, nope), times(1, fine), times(9, nope)), ""},
		"interrupted requests say nothing":     {times(5, Attempt{Code: jobs.Interrupted, Verdict: jobs.MaybeSent}), ""},
		"nor do those cut off in mid-answer":   {times(5, Attempt{Code: jobs.Interrupted, Verdict: jobs.MaybeSent, HTTPStatus: 200}), ""},
		"what was not sent says nothing":       {times(5, Attempt{Code: jobs.BadRequest, Verdict: jobs.Refused}), ""},
		"a kept connection lost, says nothing": {times(30, Attempt{Code: jobs.Connection, Verdict: jobs.MaybeSent, Trouble: Stale}), ""},
	} {
		t.Run(name, func(t *testing.T) {
			s := newState()
			end := scripted(s, c.attempts...)
			if c.ends == "" {
				require.Nil(t, s.ended)
				return
			}
			require.Equal(t, c.ends, s.ended.ends)
			require.Equal(t, s.ended, end, "whoever ends the run says so")
			require.Contains(t, end.text, "m2m gave the same answer")
		})
	}
	s := newState()
	require.Equal(t, `m2m gave the same answer 2 times in a row and spoke of no SIM (HTTP 200, "unknown user"), so the run was ended`,
		scripted(s, account, account).text)
}

func TestOneAtATimeUntilSomethingIsLetIn(t *testing.T) {
	for name, c := range map[string]struct {
		attempt Attempt
		proven  bool
	}{
		"a success":               {fine, true},
		"a refusal of a SIM":      {no, true},
		"a refusal of who knows":  {said(200, "no", AboutNothing), false},
		"an error of 500":         {err500, false},
		"a refusal for the rate":  {tooFast, false},
		"a 403":                   {forbid, false},
		"a connection lost":       {Attempt{Code: jobs.Connection, Trouble: Stale}, false},
		"a SIM's name in a doubt": {Attempt{Verdict: jobs.MaybeSent, Code: jobs.BadResponse, HTTPStatus: 200, About: AboutSIM}, true},
	} {
		s := newState()
		scripted(s, c.attempt)
		require.Equal(t, c.proven, s.proven, name)
	}
}

func TestForbidden(t *testing.T) {
	page := forbid
	page.Foreign = true
	s := newState()
	require.Equal(t, jobs.EndsCredentials, scripted(s, forbid).ends, "at first")
	s = newState()
	require.Equal(t, jobs.EndsCredentials, scripted(s, no, page).ends, "before anything has succeeded")

	s = newState()
	require.Nil(t, scripted(s, fine, forbid), "later it is about the SIM")
	require.Zero(t, s.throttled)
	require.False(t, s.control.Slowed(after(time.Minute)))

	s = newState()
	scripted(s, fine)
	a := page
	trouble, end := s.observe(seen{Attempt: &a, iccid: "1", sent: noon, now: noon})
	require.Equal(t, Throttling, trouble, "a gateway's page while others succeed")
	require.Nil(t, end)
	require.Equal(t, jobs.Throttled, a.Code)
	require.Equal(t, jobs.Refused, a.Verdict, "a command is not sent again for it")
	require.True(t, s.control.Slowed(noon))
}

func TestRetryAfterBeyondTheOutage(t *testing.T) {
	wait := func(d time.Duration) Attempt { a := tooFast; a.RetryAfter = d; return a }
	s := newState()
	require.Nil(t, scripted(s, wait(15*time.Minute)), "as long as an outage may be")
	require.Equal(t, after(15*time.Minute), s.pause)

	s = newState()
	end := scripted(s, fine, wait(15*time.Minute+1))
	require.Equal(t, jobs.EndsOutage, end.ends)
	require.Equal(t, "m2m asks to wait until 2026-03-01 12:15:01 UTC (Retry-After, 15m0s), longer than what is left of --max-outage 15m0s, so the run was ended", end.text)

	s = newState()
	require.NotNil(t, scripted(s, tooFast, wait(15*time.Minute)), "a second of it is over")
	s = newState()
	require.Nil(t, scripted(s, tooFast, fine, wait(15*time.Minute)), "a success begins it anew")
}

// busy is a 503 that says no more.
var busy = Attempt{Verdict: jobs.MaybeSent, Code: jobs.UpstreamError, HTTPStatus: 503, Trouble: Down, Detail: "HTTP 503."}

// TestAFewBareStatus503: among successes they lower no rate; where there are
// more they do.
func TestAFewBareStatus503(t *testing.T) {
	withRetry := Attempt{Verdict: jobs.SurelyNotSent, Code: jobs.Throttled, HTTPStatus: 503, Trouble: Throttling}
	close6 := join(times(2, busy), times(1, fine), times(2, busy), times(1, fine), times(2, busy), times(1, fine))
	for name, c := range map[string]struct {
		attempts []Attempt
		slowed   bool
	}{
		"at first":                       {times(1, busy), true},
		"once something was let in":      {join(times(1, fine), times(1, busy)), false},
		"two in a row":                   {join(times(1, fine), times(2, busy)), false},
		"three in a row":                 {join(times(200, fine), times(3, busy)), true},
		"six close together":             {join(times(1, fine), close6), false},
		"seven close together":           {join(times(1, fine), close6, times(1, busy)), true},
		"seven after many":               {join(times(200, fine), close6, times(1, busy)), true},
		"again after many":               {join(times(1, fine), close6, times(20, fine), times(1, busy)), false},
		"again after a few":              {join(times(1, fine), close6, times(12, fine), times(2, busy)), true},
		"after a refusal for the rate":   {join(times(20, fine), times(1, tooFast), times(5, fine), times(1, busy)), true},
		"a 500 never lowers it":          {join(times(1, fine), times(2, err500)), false},
		"with Retry-After, a refusal":    {join(times(20, fine), times(1, withRetry)), true},
		"refusals of SIMs are successes": {join(times(1, no), times(2, busy), times(1, no), times(2, busy)), false},
	} {
		s := newState()
		scripted(s, c.attempts...)
		require.Equal(t, c.slowed, s.control.Slowed(after(time.Duration(len(c.attempts))*time.Second)), name)
	}
}

// TestWhatWaitingDoesNotCure ends the run within seconds, but only where the
// upstream has not answered yet.
func TestWhatWaitingDoesNotCure(t *testing.T) {
	bad := refused
	bad.Incurable, bad.Detail = true, "No connection could be made: x509: certificate signed by unknown authority."
	for name, c := range map[string]struct {
		attempts []Attempt
		ends     bool
	}{
		"once":                          {times(1, bad), false},
		"for a second":                  {times(2, bad), false},
		"for two seconds":               {times(3, bad), true},
		"what may be cured":             {times(9, refused), false},
		"between what may be cured":     {[]Attempt{bad, refused, refused, bad}, true},
		"after an answer":               {join(times(1, fine), times(9, bad)), false},
		"after an answer of any kind":   {join(times(1, err500), times(9, bad)), false},
		"after an answer, the same way": {join(times(1, bad), times(1, err500), times(9, bad)), false},
	} {
		s := newState()
		scripted(s, c.attempts...)
		require.Equal(t, c.ends, s.ended != nil, name)
		if c.ends {
			require.Equal(t, &ending{jobs.EndsOutage,
				"m2m cannot be reached, and waiting does not cure it, so the run was ended: No connection could be made: x509: certificate signed by unknown authority"}, s.ended)
		}
	}
}

// TestHolds: what makes an upstream count as down.
func TestHolds(t *testing.T) {
	for name, c := range map[string]struct {
		attempts []Attempt
		down     bool
	}{
		"two SIMs in trouble":                         {times(2, err500), false},
		"three SIMs in trouble":                       {times(3, err500), true},
		"a success between":                           {[]Attempt{err500, err500, fine, err500, err500}, false},
		"no connection at all":                        {times(1, refused), true},
		"nothing but refusals for the rate, 5 s":      {times(6, tooFast), true},
		"nothing but refusals for the rate, 4 s":      {times(5, tooFast), false},
		"refusals for the rate, and one gets through": {join(times(5, tooFast), times(1, fine), times(5, tooFast)), false},
		"a few bare 503s, each of a SIM of its own":   {join(times(1, fine), times(4, busy)), false},
		"nothing but bare 503s, 5 s":                  {join(times(1, fine), times(6, busy)), true},
		"kept connections that are lost":              {times(9, Attempt{Verdict: jobs.MaybeSent, Code: jobs.Connection, Trouble: Stale}), false},
	} {
		s := newState()
		scripted(s, c.attempts...)
		require.Equal(t, c.down, s.down(), name)
	}
	s := newState()
	for range 9 { // one SIM that always meets an error
		s.observe(seen{Attempt: &Attempt{Verdict: jobs.MaybeSent, Code: jobs.UpstreamError, HTTPStatus: 500, Trouble: Down}, iccid: "1", sent: noon, now: noon})
	}
	require.False(t, s.down())
}

// TestWhyItIsDown: what was wrong is said where the run is ended for it.
func TestWhyItIsDown(t *testing.T) {
	s := newState()
	down := refused
	down.Detail = "The upstream cannot be reached."
	scripted(s, down)
	require.Contains(t, s.admit(after(s.maxOutage), errand{}).end.Error(), ": The upstream cannot be reached")
}

// TestFewRefusalsOverALongTime: five hold an upstream that lets nothing else
// through for so long, and four do not.
func TestFewRefusalsOverALongTime(t *testing.T) {
	s := newState()
	scripted(s, times(deafRefused-2, tooFast)...)
	for n, held := range []bool{false, true} {
		s.inside++
		s.observe(seen{Attempt: &tooFast, iccid: "9", sent: after(time.Minute), now: after(time.Minute), read: true})
		require.Equal(t, held, s.down(), "%d refusals", deafRefused-1+n)
	}
}

// TestProbesKeepTheirTime: only a probe that finds the upstream down puts the next one
// off, and not what was under way before.
func TestProbesKeepTheirTime(t *testing.T) {
	s := newState()
	s.hold(noon)
	require.Equal(t, after(probeEvery), s.nextProbe)
	s.inside = 2
	s.observe(seen{Attempt: &refused, iccid: "1", sent: noon, now: after(time.Second), read: true})
	require.Equal(t, after(probeEvery), s.nextProbe)
	s.observe(seen{Attempt: &refused, iccid: "1", sent: after(probeEvery), now: after(2 * probeEvery), read: true, probe: true})
	require.Equal(t, after(3*probeEvery), s.nextProbe)
}

// TestAfterASleep: a read that was sent after it, and was let in, frees commands.
func TestAfterASleep(t *testing.T) {
	for name, c := range map[string]struct {
		o    seen
		free bool
	}{
		"a read":                        {seen{Attempt: &fine, sent: noon, read: true}, true},
		"a read of a SIM it denies":     {seen{Attempt: &no, sent: noon, read: true}, true},
		"a read sent before":            {seen{Attempt: &fine, sent: after(-1), read: true}, false},
		"a command sent before":         {seen{Attempt: &fine, sent: noon}, false},
		"a read that fails":             {seen{Attempt: &err500, sent: noon, read: true}, false},
		"a read that meets a page":      {seen{Attempt: &garbage, sent: noon, read: true}, false},
		"a read refused for the rate":   {seen{Attempt: &tooFast, sent: noon, read: true}, false},
		"a read on a dead connection":   {seen{Attempt: &Attempt{Trouble: Stale, Code: jobs.Connection}, sent: noon, read: true}, false},
		"a read interrupted on its way": {seen{Attempt: &Attempt{Code: jobs.Interrupted}, sent: noon, read: true}, false},
	} {
		s := newState()
		s.wokeAt, s.inside = noon, 1
		c.o.iccid, c.o.now = "1", after(time.Second)
		s.observe(c.o)
		require.Equal(t, c.free, s.wokeAt.IsZero(), name)
	}
}

func TestSleepWatch(t *testing.T) {
	const minute = time.Minute
	for name, c := range map[string]struct {
		own, wall time.Duration // since the last look
		due       time.Duration // when the caller was to be woken; 0: it was not
		want      bool
	}{
		"awake":                         {minute, minute, 0, false},
		"asleep for ten minutes":        {minute, 11 * minute, 0, true},
		"just asleep":                   {minute, minute + 5*time.Second, 0, true},
		"the clock was set":             {minute, minute + 4*time.Second, 0, false},
		"the clock was set back":        {minute, -time.Hour, 0, false},
		"woken in time":                 {minute, minute, minute, false},
		"woken late":                    {minute, minute, minute - 9*time.Second, false},
		"stopped, and its clock ran on": {minute, minute, minute - 10*time.Second, true},
		"woken early":                   {minute, minute, time.Hour, false},
	} {
		w := newSleepWatch(noon, noon.Add(time.Hour))
		require.False(t, w.slept(noon, noon.Add(time.Hour), time.Time{}), "whatever the clocks say")
		due := time.Time{}
		if c.due != 0 {
			due = after(c.due)
		}
		require.Equal(t, c.want, w.slept(after(c.own), noon.Add(time.Hour+c.wall), due), name)
		require.False(t, w.slept(after(c.own+minute), noon.Add(time.Hour+c.wall+minute), time.Time{}), "once is said once")
	}
}
