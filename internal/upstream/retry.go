package upstream

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/cenkalti/backoff/v5"

	"bulk/internal/jobs"
)

// Once is one attempt at a request.
type Once func(ctx context.Context) Attempt

// Read performs a read: attempts it until an answer decides, its retries are
// used up, or the upstream is given up. When ctx ends first the answer's code
// is jobs.Interrupted.
func (l *Line) Read(ctx context.Context, turn jobs.Turn, iccid jobs.ICCID, once Once) jobs.Answer {
	t := l.try(iccid)
	for {
		probe, err := l.admit(ctx, turn, t.attempts == t.probes)
		if err != nil {
			return t.notSent(err)
		}
		if good := l.lastGood(); probe && good != nil {
			t.probe(ctx, good)
			continue
		}
		a := t.send(ctx, once, probe)
		if a.Verdict == jobs.Done {
			l.keepGood(once)
		}
		if !t.again(a, readMayRetry(a), probe) {
			return t.answer(a)
		}
		if err := t.backOff(ctx, a); err != nil {
			return t.notSent(err)
		}
	}
}

// Command performs an irreversible request. It is attempted again only where
// the last attempt was surely not done. probe is a read that tells whether an
// upstream that was down is back: a command never finds that out.
func (l *Line) Command(ctx context.Context, turn jobs.Turn, iccid jobs.ICCID, in jobs.Intent, once, probe Once) jobs.Answer {
	t := l.try(iccid)
	for {
		if err := in.Clear(ctx); err != nil {
			return t.notSent(err)
		}
		probing, err := l.admit(ctx, turn, t.attempts == t.probes)
		if err != nil {
			return t.notSent(err)
		}
		if probing {
			t.probe(ctx, probe)
			continue
		}
		if err := in.Begin(ctx); err != nil {
			l.observe(&Attempt{Code: jobs.Interrupted}, iccid, time.Now(), time.Now(), false)
			return t.unrecorded(err)
		}
		a := t.send(ctx, once, false)
		if a.Verdict != jobs.SurelyNotSent {
			return t.answer(a)
		}
		if err := in.NotSent(); err != nil {
			return t.unrecorded(err)
		}
		if !t.again(a, a.Code != jobs.Interrupted, false) {
			return t.answer(a)
		}
		if err := t.backOff(ctx, a); err != nil {
			return t.notSent(err)
		}
	}
}

// readMayRetry decides for reads, as product.md does under Pace: connection
// errors, time-outs, 5xx, 429 and throttling failures.
func readMayRetry(a *Attempt) bool {
	switch a.Code {
	case jobs.Connection, jobs.Timeout, jobs.Throttled:
		return true
	case jobs.UpstreamError:
		return a.Trouble == Down
	}
	return false
}

// tries is the series of attempts at one request.
type tries struct {
	line     *Line
	iccid    jobs.ICCID
	attempts int   // sent
	probes   int   // of them, those that were not about this row
	used     int   // retries used up
	passes   int64 // what had got through on the line when this was looked at last
	last     Attempt
	delays   *backoff.ExponentialBackOff
}

func (l *Line) try(iccid jobs.ICCID) *tries {
	return &tries{line: l, iccid: iccid, passes: l.passes.Load()}
}

// send makes an attempt. What it came to is good until the next.
func (t *tries) send(ctx context.Context, once Once, probe bool) *Attempt {
	sent := time.Now()
	t.attempts++
	t.last = once(ctx)
	a, now := &t.last, time.Now()
	t.line.observe(a, t.iccid, sent, now, probe)
	if see := t.line.Observe; see != nil {
		trouble := troubleOf(a)
		see(t.line.Upstream, now, now.Sub(sent), trouble == Throttling, trouble == Down || a.Verdict == jobs.MaybeSent)
	}
	return a
}

// probe sends a read that is known to work, to find out whether an upstream
// that is down is back. What it says is not about this row.
func (t *tries) probe(ctx context.Context, read Once) {
	last := t.last
	t.probes++
	t.send(ctx, read, true)
	t.last = last
}

// again tells whether to try again. An attempt counts as a used retry unless
// the upstream as a whole was the reason: no connection was made, the attempt
// was a probe, or this row was throttled while others got through.
func (t *tries) again(a *Attempt, may, probe bool) bool {
	if !may {
		return false
	}
	passes := t.line.passes.Load()
	switch {
	case probe, a.Trouble == Down && a.Verdict == jobs.SurelyNotSent:
	case t.line.held() && troubleOf(a) == Throttling:
	case troubleOf(a) == Throttling && passes > t.passes:
	default:
		t.used++
	}
	t.passes = passes
	return t.used <= t.line.Retries
}

// backOff waits before the next attempt: exponentially longer, with jitter. A
// Retry-After is heeded by the whole line, so it is not waited for here.
func (t *tries) backOff(ctx context.Context, a *Attempt) error {
	if t.delays == nil {
		t.delays = backoff.NewExponentialBackOff()
		t.delays.InitialInterval = 500 * time.Millisecond
		t.delays.MaxInterval = 30 * time.Second
	}
	t.line.retried()
	if t.line.held() || a.RetryAfter > 0 {
		return ctx.Err()
	}
	return sleep(ctx, t.delays.NextBackOff())
}

// answer is what the series came to.
func (t *tries) answer(a *Attempt) jobs.Answer {
	answer := jobs.Answer{
		Verdict: a.Verdict, Code: a.Code, Detail: a.Detail, UpstreamError: a.UpstreamError, Data: a.Data, Picture: a.Picture,
		RequestID: a.RequestID, Attempts: t.attempts, HTTPStatus: a.HTTPStatus,
	}
	if (a.Trouble == BadCredentials || a.Trouble == Forbidden) && t.line.credentialsRefused() {
		answer.Ends = jobs.EndsCredentials
	}
	return answer
}

// notSent is the answer where the next attempt could not be sent; the ones
// before it surely did nothing, or it would not have come to a next.
func (t *tries) notSent(err error) jobs.Answer {
	answer := t.answer(&t.last)
	answer.Verdict, answer.Data, answer.Picture = jobs.SurelyNotSent, nil, nil
	switch {
	case errors.Is(err, errCredentials):
		answer.Code, answer.Ends = jobs.Aborted, jobs.EndsCredentials
		answer.Detail = fmt.Sprintf("%s refused the credentials, so the run was ended", t.line.Upstream)
	case errors.Is(err, errOutage):
		answer.Code, answer.Ends = jobs.Aborted, jobs.EndsOutage
		answer.Detail = fmt.Sprintf("%s was down for %s (--max-outage), so the run was ended", t.line.Upstream, t.line.MaxOutage)
	default:
		answer.Code, answer.Detail = jobs.Interrupted, ""
	}
	return answer
}

// unrecorded is the answer where the ledger failed: nothing (more) was sent.
func (t *tries) unrecorded(err error) jobs.Answer {
	answer := t.answer(&t.last)
	answer.Verdict, answer.Code = jobs.SurelyNotSent, jobs.Aborted
	answer.Detail = err.Error()
	if errors.Is(err, jobs.ErrBarred) {
		answer.Barred = true
		return answer
	}
	if errors.Is(err, context.Canceled) {
		answer.Code, answer.Detail = jobs.Interrupted, ""
		return answer
	}
	answer.Ends = jobs.EndsDisk
	return answer
}
