package upstream

import (
	"context"
	"errors"
	"time"

	"github.com/cenkalti/backoff/v5"

	"bulk/internal/jobs"
)

// Once is one attempt at a request.
type Once func(ctx context.Context) Attempt

// Read performs a read: attempts it until an answer decides, its retries are
// used up, or the upstream is given up. turn is the row's place in the queue;
// nil: it has none. When ctx ends first the answer's code is jobs.Interrupted.
func (l *Line) Read(ctx context.Context, turn jobs.Turn, iccid jobs.ICCID, once Once) jobs.Answer {
	t := &tries{line: l, iccid: iccid}
	for {
		leave, err := l.admit(ctx, turn, errand{fresh: t.own == 0})
		if err != nil {
			return t.notSent(err)
		}
		if leave.probe {
			if good := l.lastGood(); good != nil {
				t.probe(ctx, good)
				continue
			}
		}
		a := t.send(ctx, once, sending{read: true, probe: leave.probe})
		if !t.again(t.mayReadAgain()) {
			return t.answer(a)
		}
		if err := t.backOff(ctx, a); err != nil {
			return t.notSent(err)
		}
	}
}

// Command performs an irreversible request. It is attempted again only where
// the last attempt was surely not done. Whether an upstream that was down, or a
// machine that slept, is back, a command never finds out: probe is a read that
// does, where none is known to work yet.
func (l *Line) Command(ctx context.Context, turn jobs.Turn, iccid jobs.ICCID, in jobs.Intent, once, probe Once) jobs.Answer {
	t := &tries{line: l, iccid: iccid}
	for {
		if err := in.Clear(ctx); err != nil {
			return t.barred(err)
		}
		e := errand{fresh: t.own == 0, command: true}
		leave, err := l.admit(ctx, turn, e)
		if err != nil {
			return t.notSent(err)
		}
		if leave.probe {
			if good := l.lastGood(); good != nil {
				probe = good
			}
			t.probe(ctx, probe)
			continue
		}
		if err := in.Begin(ctx); err != nil {
			l.withdraw()
			return t.unrecorded(err)
		}
		if !l.stillClear(e) {
			if err := in.NotSent(); err != nil {
				return t.unrecorded(err)
			}
			continue
		}
		a := t.send(ctx, once, sending{})
		if a.Verdict != jobs.SurelyNotSent {
			return t.answer(a)
		}
		if err := in.NotSent(); err != nil {
			return t.unrecorded(err)
		}
		if !t.again(a.Code != jobs.Interrupted) {
			return t.answer(a)
		}
		if err := t.backOff(ctx, a); err != nil {
			return t.notSent(err)
		}
	}
}

// lastGood is a read that is known to work; nil: none is.
func (l *Line) lastGood() Once {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.good
}

// limitSpan is over what rates are commonly limited: a row that was refused for
// the rate lets others go first for so long, since its attempts are numbered.
const limitSpan = time.Second

// tries is the series of attempts at one request.
type tries struct {
	line     *Line
	iccid    jobs.ICCID
	attempts int // sent at this request, those that were a probe as well included
	own      int // of them, those that were no probe
	delays   *backoff.ExponentialBackOff

	last    Attempt // what the last one about this request came to
	trouble Trouble // what its trouble was taken for
	ends    *ending // it ended the run
}

// sending is what kind of attempt is made.
type sending struct{ read, probe bool }

// send makes an attempt. What it came to is good until the next.
func (t *tries) send(ctx context.Context, once Once, how sending) *Attempt {
	l, sent := t.line, time.Now()
	t.attempts++
	if !how.probe {
		t.own++
	}
	t.last = once(ctx)
	a, now := &t.last, time.Now()
	if a.Trouble == BadCredentials && l.renewed(sent) {
		a.Trouble = Stale // the credentials of before
	}
	t.trouble, t.ends = l.observe(seen{Attempt: a, iccid: t.iccid, sent: sent, now: now, read: how.read, probe: how.probe}, once)
	if l.Observe != nil {
		l.Observe(l.Upstream, now, now.Sub(sent), t.trouble == Throttling, t.trouble == Down || a.Verdict == jobs.MaybeSent)
	}
	return a
}

// probe sends a read that is known to work, to find out whether an upstream
// that is down is back. What it says is not about this row.
func (t *tries) probe(ctx context.Context, read Once) {
	before := *t
	t.send(ctx, read, sending{read: true, probe: true})
	t.last, t.trouble, t.ends, t.attempts = before.last, before.trouble, before.ends, before.attempts
}

// mayReadAgain decides for reads, as product.md does under Pace: connection
// errors, time-outs, 408, 421, 425, 499, 5xx, 429 and throttling failures; and
// where the credentials have changed meanwhile.
func (t *tries) mayReadAgain() bool {
	switch t.last.Code {
	case jobs.Connection, jobs.Timeout, jobs.Throttled:
		return true
	}
	return t.trouble == Down || t.trouble == Throttling || t.trouble == Stale
}

// again reports whether to try again, given that what the last attempt came to
// allows it. A probe is no attempt at the row's own request: an upstream that is
// down does not use up what is meant for the row.
func (t *tries) again(may bool) bool { return may && t.own <= t.line.Retries }

// backOff waits before the next attempt: exponentially longer, with jitter. What
// the whole line waits for is not waited for here, and where a connection kept
// from before was lost there is nothing to wait for: the next one is a new one.
func (t *tries) backOff(ctx context.Context, a *Attempt) error {
	if t.delays == nil {
		t.delays = backoff.NewExponentialBackOff()
		t.delays.InitialInterval = 500 * time.Millisecond
		t.delays.MaxInterval = 30 * time.Second
	}
	t.line.retried()
	if t.trouble == Stale || t.line.down() || t.trouble == Throttling && a.RetryAfter > 0 {
		return ctx.Err()
	}
	wait := t.delays.NextBackOff()
	if t.trouble == Throttling {
		wait += limitSpan
	}
	return t.line.rest(ctx, wait)
}

// answer is what the series came to.
func (t *tries) answer(a *Attempt) jobs.Answer {
	answer := jobs.Answer{
		Verdict: a.Verdict, Code: a.Code, Detail: a.Detail, UpstreamError: a.UpstreamError, Data: a.Data, Picture: a.Picture,
		RequestID: a.RequestID, Attempts: t.attempts, HTTPStatus: a.HTTPStatus,
	}
	if t.ends != nil {
		answer.Ends = t.ends.ends
		if a.Trouble == NoTrouble { // what the answer says does not explain it
			answer.Detail += " " + jobs.Sentence(t.ends.text)
		}
	}
	return answer
}

// notSent is the answer where the next attempt could not be sent; the ones
// before it surely did nothing, or it would not have come to a next.
func (t *tries) notSent(err error) jobs.Answer {
	answer := t.answer(&t.last)
	answer.Verdict, answer.Data, answer.Picture = jobs.SurelyNotSent, nil, nil
	var end *ending
	if errors.As(err, &end) && end.ends != jobs.EndsNot {
		answer.Code, answer.Ends, answer.Detail = jobs.Aborted, end.ends, jobs.Sentence(end.text)
		return answer
	}
	answer.Code, answer.Detail = jobs.Interrupted, ""
	return answer
}

// barred is the answer where the row may not set out.
func (t *tries) barred(err error) jobs.Answer {
	answer := t.notSent(err)
	answer.Barred = errors.Is(err, jobs.ErrBarred)
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
