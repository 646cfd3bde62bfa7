package upstream

import (
	"context"
	"errors"
	"time"

	"bulk/internal/jobs"
)

const (
	probeEvery  = 3 * time.Second // how often an upstream that is down is tried
	sickSIMs    = 3               // so many SIMs in a row met trouble: the upstream is down, not a SIM
	deafFor     = 5 * time.Second // throttled so long without one success: hold and probe
	deafRefused = 5
)

// Why an attempt is not admitted.
var (
	errCredentials = errors.New("the credentials were refused")
	errOutage      = errors.New("the upstream was down for too long")
	errDrained     = errors.New("the run is ending")
)

// health is what a line knows of its upstream's state. The line's lock guards it.
type health struct {
	proven    bool      // an answer came that was no refusal of the credentials
	alone     bool      // an attempt is under way that must go alone
	refused   bool      // the credentials were refused
	succeeded bool      // something succeeded
	pause     time.Time // Retry-After: nothing is sent before
	downSince time.Time // zero: up
	probing   bool
	nextProbe time.Time
	sick      map[jobs.ICCID]struct{} // SIMs that met trouble since the last success
	troubled  time.Time               // when the present series of trouble began
	throttled int                     // refusals for the rate since the last success
	good      Once                    // the read that succeeded last: a probe that no sick SIM spoils
}

// wayClear waits until an attempt may try for a token, and tells what time it
// is then.
func (l *Line) wayClear(ctx context.Context, fresh bool) (now time.Time, probe bool, err error) {
	for waited := false; ; waited = true {
		l.mu.Lock()
		now = time.Now()
		wait, probe, err := l.look(now, fresh)
		if err != nil || wait == 0 {
			if waited {
				l.forgo(now)
			}
			l.mu.Unlock()
			return now, probe, err
		}
		changed := l.change()
		l.mu.Unlock()
		var timer <-chan time.Time
		if wait > 0 {
			t := time.NewTimer(wait)
			defer t.Stop()
			timer = t.C
		}
		select {
		case <-changed:
		case <-timer:
		case <-ctx.Done():
			return now, false, ctx.Err()
		}
	}
}

// look says how long to wait (negative: until something changes), or takes the
// place of the one that goes alone.
func (l *Line) look(now time.Time, fresh bool) (wait time.Duration, probe bool, err error) {
	h := &l.health
	switch {
	case h.refused:
		return 0, false, errCredentials
	case l.drained && (fresh || !h.downSince.IsZero()):
		return 0, false, errDrained
	case !h.downSince.IsZero() && now.Sub(h.downSince) >= l.MaxOutage:
		return 0, false, errOutage
	case h.pause.After(now):
		return h.pause.Sub(now), false, nil
	case !h.downSince.IsZero():
		if h.probing {
			return -1, false, nil
		}
		if h.nextProbe.After(now) {
			return h.nextProbe.Sub(now), false, nil
		}
		h.probing = true
		return 0, true, nil
	case h.proven:
		return 0, false, nil
	case h.alone:
		return -1, false, nil
	}
	h.alone = true
	return 0, false, nil
}

// stillClear looks again after a wait. Unless there is still one to come it
// counts the attempt as under way; where the state has changed (not ok), the
// attempt starts over.
func (l *Line) stillClear(probe, fresh bool) (wait time.Duration, ok bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	now, h := time.Now(), &l.health
	if !probe && (h.refused || l.drained && fresh || !h.downSince.IsZero() || h.pause.After(now)) {
		h.alone = false
		l.tell()
		return 0, false
	}
	if wait := l.window.Wait(now); wait > 0 {
		return wait, false
	}
	l.window.Started(now)
	if l.stats.Requests == 0 {
		l.forgo(now)
	}
	l.inside++
	l.stats.sent(l.inside, now)
	return 0, true
}

// leave gives back the place of an attempt that was not sent.
func (l *Line) leave(probe bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if probe {
		l.health.probing = false
	} else if !l.health.proven {
		l.health.alone = false
	}
	l.tell()
}

// observe takes in what an attempt showed of the upstream. sent is when it
// left; alone whether it held the place of the first.
func (l *Line) observe(a *Attempt, iccid jobs.ICCID, sent, now time.Time, probe bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	h := &l.health
	l.inside--
	l.stats.answered(a)
	if probe {
		h.probing = false
	}
	h.alone = false
	switch trouble := troubleOf(a); {
	case trouble == BadCredentials, trouble == Forbidden && !h.succeeded:
		h.refused = true
	case trouble == Throttling:
		l.slow(a, now, sent)
	case trouble == Down:
		l.sicken(a, iccid, now)
	case a.Code != jobs.Interrupted:
		l.recover(a, now)
	}
	if probe && !h.downSince.IsZero() {
		h.nextProbe = now.Add(probeEvery)
	}
	l.tell()
}

// troubleOf counts a bare 503 as throttling: it slows the whole upstream like
// one with Retry-After. What it means for a command is in the verdict.
func troubleOf(a *Attempt) Trouble {
	if a.Trouble == Down && a.HTTPStatus == 503 {
		return Throttling
	}
	return a.Trouble
}

// recover notes an answer about a SIM: the upstream is there, and lets us in.
func (l *Line) recover(a *Attempt, now time.Time) {
	h := &l.health
	h.proven = true
	h.succeeded = h.succeeded || a.Verdict == jobs.Done
	l.passes.Add(1)
	h.throttled, h.sick, h.troubled = 0, nil, time.Time{}
	if !h.downSince.IsZero() {
		l.stats.held += now.Sub(h.downSince)
		h.downSince = time.Time{}
		l.control.Paused(now)
	}
	l.control.Passed(now)
}

// slow heeds a refusal for the rate: pause for all, a lower rate, and a hold
// where nothing gets through any more.
func (l *Line) slow(a *Attempt, now, sent time.Time) {
	h := &l.health
	l.control.Refused(now, sent)
	if until := now.Add(a.RetryAfter); a.RetryAfter > 0 && until.After(h.pause) {
		h.pause = until
		l.control.Paused(until)
	}
	h.throttled++
	if h.troubled.IsZero() {
		h.troubled = now
	}
	if h.throttled >= deafRefused && now.Sub(h.troubled) >= deafFor {
		l.hold(now)
	}
}

// sicken counts trouble. One SIM that always meets an error must not hold the
// others, so an error that came as an answer counts once a SIM.
func (l *Line) sicken(a *Attempt, iccid jobs.ICCID, now time.Time) {
	h := &l.health
	if h.sick == nil {
		h.sick = map[jobs.ICCID]struct{}{}
	}
	h.sick[iccid] = struct{}{}
	if h.troubled.IsZero() {
		h.troubled = now
	}
	if len(h.sick) >= sickSIMs || a.Verdict == jobs.SurelyNotSent {
		l.hold(now)
	}
}

func (l *Line) hold(now time.Time) {
	if l.health.downSince.IsZero() {
		l.health.downSince, l.health.nextProbe = now, now.Add(probeEvery)
	}
}

// held tells whether the upstream is taken to be down.
func (l *Line) held() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return !l.health.downSince.IsZero()
}

// lastGood is a read that is known to work; nil: none is.
func (l *Line) lastGood() Once {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.health.good
}

func (l *Line) keepGood(read Once) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.health.good = read
}
