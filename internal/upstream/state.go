package upstream

import (
	"fmt"
	"strings"
	"time"
	"unicode"

	"bulk/internal/jobs"
	"bulk/internal/upstream/pace"
)

const (
	probeEvery = 3 * time.Second // how often an upstream that is down is tried

	sickSIMs    = 3 // so many SIMs in a row met trouble: the upstream is down, not a SIM
	deafFor     = 5 * time.Second
	deafRefused = 5 // throttled so often, and so long, without one success: hold and probe

	// So many answers in a row that say the same, and nothing of a SIM, end the
	// run: before and after the upstream has let anything in (product.md, Guards).
	alikeAtFirst = 2
	alikeLater   = 10
	// cureless is how long a trouble that waiting does not cure must last.
	cureless = 2 * time.Second
)

// state is what is known of an upstream, and decides what may be sent to it. It
// is arithmetic on times that it is given: it reads no clock and waits for
// nothing. The line's lock guards it.
type state struct {
	upstream  jobs.Upstream
	maxOutage time.Duration
	control   *pace.Controller

	ended     *ending // nothing more is sent, and why
	drained   bool    // nothing new is sent
	inside    int     // attempts under way
	answered  bool    // it has answered at all
	proven    bool    // something has succeeded, or an answer has spoken of a SIM
	succeeded bool    // something has succeeded
	alike     alike

	pause     time.Time // Retry-After: nothing is sent before
	downSince time.Time // zero: up
	probing   bool      // a probe is under way
	nextProbe time.Time
	wokeAt    time.Time // when the machine was found to have slept; zero: a read has succeeded since

	sick      map[jobs.ICCID]struct{} // SIMs that met trouble since the last success
	troubled  time.Time               // when the present series of trouble began
	trouble   string                  // what it was last, in words
	throttled int                     // refusals for the rate since the last success
	bare      pace.Strays             // bare 503s, of which a few are no limit
	uncured   time.Time               // when a connection first failed for what waiting does not cure
}

// ending is why nothing more is sent.
type ending struct {
	ends jobs.Ending
	text string // a clause, without a full stop
}

func (e *ending) Error() string { return e.text }

// errDrained: the run is ending, for a reason that is not the upstream's.
var errDrained = &ending{jobs.EndsNot, "the run is ending"}

// errand is what wants to be sent.
type errand struct {
	fresh   bool // no attempt at its request has been sent yet
	command bool // it is irreversible
}

// admission is the answer to an errand.
type admission struct {
	wait  time.Duration // how long it has to wait before it asks again; forever: until something changes
	paced bool          // it is the pace that has it wait
	probe bool          // it may go, but as a read that finds out whether the upstream is well
	end   *ending       // it can never go
}

const forever time.Duration = -1

func (s *state) down() bool { return !s.downSince.IsZero() }

// admit decides whether an errand may go now. It changes nothing.
func (s *state) admit(now time.Time, e errand) admission {
	switch {
	case s.ended != nil:
		return admission{end: s.ended}
	case s.drained && (e.fresh || s.down() || s.pause.After(now)):
		return admission{end: errDrained}
	case s.down() && now.Sub(s.downSince) >= s.maxOutage:
		return admission{end: s.outage()}
	case s.pause.After(now):
		return admission{wait: s.pause.Sub(now)}
	case s.down() && s.probing:
		return admission{wait: forever}
	case s.down() && s.nextProbe.After(now):
		return admission{wait: s.nextProbe.Sub(now)}
	case s.down():
		return admission{probe: true}
	case !s.proven && s.inside > 0:
		return admission{wait: forever} // one at a time, lest an account be locked
	case e.command && !s.wokeAt.IsZero() && s.probing:
		return admission{wait: forever}
	case e.command && !s.wokeAt.IsZero():
		return admission{probe: true}
	}
	return admission{}
}

// depart notes that what was admitted leaves.
func (s *state) depart(a admission) {
	s.inside++
	s.probing = s.probing || a.probe
}

// clear reports whether a command that was admitted may still leave, once its
// intent is on disk: that may have taken a while.
func (s *state) clear(now time.Time, e errand) bool {
	return s.ended == nil && !(s.drained && e.fresh) && !s.down() && !s.pause.After(now) && s.wokeAt.IsZero()
}

// gate is what waiting errands look at.
type gate struct {
	ended, drained, down, probing, proven, alone, woke bool
	pause                                              time.Time
}

func (s *state) gate() gate {
	return gate{s.ended != nil, s.drained, s.down(), s.probing, s.proven, !s.proven && s.inside > 0, !s.wokeAt.IsZero(), s.pause}
}

// seen is what an attempt came to.
type seen struct {
	*Attempt
	iccid     jobs.ICCID
	sent, now time.Time
	read      bool // it was a read
	probe     bool // it held the place of the probe
}

// observe takes in what an attempt showed of the upstream. It returns what its
// trouble was taken for, and, where that ends the run, why.
func (s *state) observe(o seen) (Trouble, *ending) {
	s.inside--
	if o.probe {
		s.probing = false
	}
	if o.HTTPStatus != 0 {
		s.answered, s.uncured = true, time.Time{}
	}
	before := s.ended
	trouble := s.takenFor(o.Attempt)
	switch trouble {
	case BadCredentials, Forbidden:
		s.refuse(o.Attempt)
		before = nil // whoever is refused says so
	case Throttling:
		s.slow(o)
	case Down:
		s.control.Lost(o.sent)
		s.countTrouble(o)
	case NoTrouble:
		if o.Code != jobs.Interrupted && o.HTTPStatus != 0 {
			s.heard(o)
		}
	}
	if o.probe && s.down() {
		s.nextProbe = o.now.Add(probeEvery)
	}
	if before == nil {
		return trouble, s.ended
	}
	return trouble, nil
}

// takenFor is what the trouble of an attempt is taken for, given what came
// before it.
func (s *state) takenFor(a *Attempt) Trouble {
	switch {
	case a.Trouble == Forbidden && a.Foreign && s.succeeded:
		// Others get through: a gateway that does not like the rate.
		a.Code = jobs.Throttled
		return Throttling
	case a.Trouble == Forbidden && s.succeeded:
		return NoTrouble // it is about the SIM
	case a.Trouble == Down && a.HTTPStatus == 503 && (!s.proven || !s.bare.Refused()):
		return Throttling
	}
	return a.Trouble
}

// end stops everything; the first reason stands.
func (s *state) end(ends jobs.Ending, format string, args ...any) {
	if s.ended == nil {
		s.ended = &ending{ends, fmt.Sprintf(format, args...)}
	}
}

func (s *state) refuse(a *Attempt) {
	s.end(jobs.EndsCredentials, "%s refused the credentials%s, so the run was ended", s.upstream, quoted(a))
}

// heard notes an answer of an upstream that is up.
func (s *state) heard(o seen) {
	s.recover(o.now)
	s.control.Passed(o.sent)
	letsIn := o.Verdict == jobs.Done || o.About == AboutSIM
	if letsIn && o.read && !o.sent.Before(s.wokeAt) {
		s.wokeAt = time.Time{}
	}
	if letsIn {
		s.proven, s.succeeded, s.alike = true, s.succeeded || o.Verdict == jobs.Done, alike{}
		return
	}
	most := alikeAtFirst
	if s.proven {
		most = alikeLater
	}
	if !saysSomething(o.HTTPStatus) {
		return
	}
	if n := s.alike.count(o.Attempt); n >= most {
		ends := jobs.EndsOutage
		if o.About == AboutAccount {
			ends = jobs.EndsCredentials
		}
		s.end(ends, "%s gave the same answer %d times in a row and spoke of no SIM%s, so the run was ended", s.upstream, n, quoted(o.Attempt))
	}
}

// recover notes that the upstream is up.
func (s *state) recover(now time.Time) {
	s.throttled, s.sick, s.troubled = 0, nil, time.Time{}
	if s.down() {
		s.downSince = time.Time{}
		s.control.Paused(now)
	}
	s.bare.Passed()
}

// slow heeds a refusal for the rate: pause for all, a lower rate, and a hold
// where nothing gets through any more.
func (s *state) slow(o seen) {
	s.control.Refused(o.now, o.sent, o.RetryAfter)
	s.note(o)
	if o.RetryAfter > s.left(o.now) {
		s.end(jobs.EndsOutage, "%s asks to wait until %s (Retry-After, %s), longer than what is left of --max-outage %s, so the run was ended",
			s.upstream, o.now.Add(o.RetryAfter).UTC().Format(time.DateTime+" UTC"), o.RetryAfter.Round(time.Second), s.maxOutage)
		return
	}
	if until := o.now.Add(o.RetryAfter); o.RetryAfter > 0 && until.After(s.pause) {
		s.pause = until
		s.control.Paused(until)
	}
	s.countRefusal(o.now)
}

// countRefusal holds an upstream that has let nothing else through for a while.
func (s *state) countRefusal(now time.Time) {
	s.throttled++
	if s.throttled >= deafRefused && now.Sub(s.troubled) >= deafFor {
		s.hold(now)
	}
}

// countTrouble counts trouble. One SIM that always meets an error must not hold the
// others, so an error that came as an answer counts once a SIM.
func (s *state) countTrouble(o seen) {
	s.note(o)
	if o.HTTPStatus == 503 { // a stray one; more of them are a limit
		s.countRefusal(o.now)
		return
	}
	if s.sick == nil {
		s.sick = map[jobs.ICCID]struct{}{}
	}
	s.sick[o.iccid] = struct{}{}
	switch {
	case !o.Incurable || s.answered:
	case s.uncured.IsZero():
		s.uncured = o.now
	case o.now.Sub(s.uncured) >= cureless:
		s.end(jobs.EndsOutage, "%s cannot be reached, and waiting does not cure it, so the run was ended: %s", s.upstream, clause(o.Detail))
	}
	if len(s.sick) >= sickSIMs || o.Verdict == jobs.SurelyNotSent {
		s.hold(o.now)
	}
}

// note keeps what the trouble is, and when the series of it began.
func (s *state) note(o seen) {
	s.trouble = o.Detail
	if s.troubled.IsZero() {
		s.troubled = o.now
	}
}

func (s *state) hold(now time.Time) {
	if !s.down() {
		s.downSince, s.nextProbe = now, now.Add(probeEvery)
	}
}

// left is what is left of --max-outage in the present series of trouble.
func (s *state) left(now time.Time) time.Duration {
	if s.troubled.IsZero() {
		return s.maxOutage
	}
	return s.maxOutage - now.Sub(s.troubled)
}

func (s *state) outage() *ending {
	reason := ""
	if s.trouble != "" {
		reason = ": " + clause(s.trouble)
	}
	return &ending{jobs.EndsOutage, fmt.Sprintf("%s was down for %s (--max-outage), so the run was ended%s", s.upstream, s.maxOutage, reason)}
}

// alike counts answers in a row that say the same but for numbers.
type alike struct {
	said string
	n    int
}

// saysSomething reports whether an answer with this status says something about
// what was asked, and not just that it was a bad time.
func saysSomething(status int) bool {
	switch status {
	case 408, 421, 425, 429, 499:
		return false
	}
	return status < 500
}

func (k *alike) count(a *Attempt) int {
	said := a.UpstreamError
	if said == "" {
		said = a.Detail
	}
	said = fmt.Sprint(a.HTTPStatus, " ", strings.Join(strings.FieldsFunc(strings.ToLower(said), func(r rune) bool { return !unicode.IsLetter(r) }), " "))
	if k.said != said {
		*k = alike{said: said}
	}
	k.n++
	return k.n
}

// quoted are the upstream's own words, to be put into a clause.
func quoted(a *Attempt) string {
	if a.UpstreamError == "" {
		return fmt.Sprintf(" (HTTP %d)", a.HTTPStatus)
	}
	return fmt.Sprintf(" (HTTP %d, %q)", a.HTTPStatus, a.UpstreamError)
}

// clause is a sentence without its full stop.
func clause(sentence string) string { return strings.TrimSuffix(sentence, ".") }
