package wire

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptrace"
	"strings"
	"sync/atomic"
	"time"

	"bulk/internal/jobs"
	"bulk/internal/upstream"
	"bulk/internal/upstream/mask"
)

// Sender sends requests one at a time, each once, and reads the whole answer.
// It is safe for concurrent use.
//
// It is the door through which everything passes that an upstream said: what a
// judge makes of a [Reply] leaves [Sender.Do] with every secret hidden.
type Sender struct {
	Client  *http.Client  // its Transport is used; without one: http.DefaultTransport
	Timeout time.Duration // of one attempt, from the dial to the last byte of the body; 0: 30 s
	Mask    mask.Mask
	Now     func() time.Time // for Retry-After dates; nil: time.Now
}

// Reply is a whole answer.
type Reply struct {
	Status int
	Header http.Header
	Body   []byte
	At     time.Time // when it came
	mask   mask.Mask
}

// Do performs one attempt: one request, one answer, one verdict. judge says
// what a whole answer of at most limit bytes means; it may put words of the
// upstream into UpstreamError and Detail as they are. Without such an answer:
//   - no connection was ever made (address, dial, proxy, TLS): surely not sent,
//     connection;
//   - ctx ended: interrupted; otherwise the time was up: timeout; otherwise the
//     connection broke, or the body was cut short: connection; the body is over
//     the limit: bad_response. All of these may have been sent, unless ctx
//     ended before there was a connection.
//
// A request reaches the wire at most once, whatever net/http would do by itself;
// see once.
//
// The Transport is used without the Client around it: that would follow, or
// fail on, a redirect, and here a redirect is an answer like any other.
func (s *Sender) Do(ctx context.Context, req *http.Request, limit int64, judge func(Reply) upstream.Attempt) upstream.Attempt {
	reply, a, ok := s.send(ctx, req, limit)
	if ok {
		a = judge(reply)
	}
	return s.hide(a)
}

// hide takes every secret out of an attempt: words are masked, and data that
// hold a whole one are left out.
func (s *Sender) hide(a upstream.Attempt) upstream.Attempt {
	if a.Data != nil {
		if column, found := s.secretIn(a.Data); found {
			a = upstream.Attempt{
				Verdict: jobs.MaybeSent, Code: jobs.BadResponse, HTTPStatus: a.HTTPStatus, About: upstream.AboutSIM,
				Detail: fmt.Sprintf("The answer holds a secret of yours in its %s, so its data were left out.", column),
			}
		}
	}
	a.Detail, a.UpstreamError = s.Mask.Line(a.Detail), s.Mask.Words(a.UpstreamError)
	return a
}

func (s *Sender) secretIn(d *jobs.Data) (jobs.Column, bool) {
	for column, text := range d.All() {
		if s.Mask.Holds(text) {
			return column, true
		}
	}
	return 0, false
}

// once makes a request that net/http sends at most once. By itself it would
// send one again whose kept connection proves dead (Transport,
// shouldRetryRequest): any with a body that GetBody gives anew where not one
// byte was written, which is no second request on the wire and is left to it;
// and one that is replayable, such as a GET or one with an idempotency key, even
// where it was written, if its body can be given anew or there is none. So only a
// plain POST keeps its GetBody, and one without a body is given an empty one. That
// is announced as of identity encoding, so that net/http does not try for what it
// holds; on the wire there is nothing of it.
func once(ctx context.Context, req *http.Request) *http.Request {
	req = req.WithContext(ctx)
	if req.Method != http.MethodPost || req.Header.Get("Idempotency-Key") != "" || req.Header.Get("X-Idempotency-Key") != "" {
		req.GetBody = nil
	}
	if req.Body == nil || req.Body == http.NoBody {
		req.Body, req.ContentLength = io.NopCloser(strings.NewReader("")), 0
		req.TransferEncoding = []string{"identity"}
	}
	return req
}

// progress is how far an attempt came.
type progress struct {
	connected, kept, answered atomic.Bool // a connection; one from before; a first byte of the answer
}

func (p *progress) trace() *httptrace.ClientTrace {
	return &httptrace.ClientTrace{
		GotConn:              func(got httptrace.GotConnInfo) { p.connected.Store(true); p.kept.Store(got.Reused) },
		GotFirstResponseByte: func() { p.answered.Store(true) },
	}
}

// send reports false, with the attempt's verdict, where no whole answer came.
func (s *Sender) send(ctx context.Context, req *http.Request, limit int64) (Reply, upstream.Attempt, bool) {
	timed, cancel := context.WithTimeout(ctx, s.timeout())
	defer cancel()
	var p progress
	resp, err := s.transport().RoundTrip(once(httptrace.WithClientTrace(timed, p.trace()), req))
	if err != nil {
		return Reply{}, s.noAnswer(ctx, timed, &p, err), false
	}
	defer resp.Body.Close()
	reply := Reply{Status: resp.StatusCode, Header: resp.Header, At: s.now(), mask: s.Mask}
	reply.Body, err = readBody(resp, limit)
	if err != nil {
		return reply, s.noBody(ctx, timed, reply, err), false
	}
	return reply, upstream.Attempt{}, true
}

// noAnswer judges an attempt that ended before a status line came.
func (s *Sender) noAnswer(ctx, timed context.Context, p *progress, err error) upstream.Attempt {
	a := upstream.Attempt{Verdict: jobs.SurelyNotSent, Trouble: upstream.Down}
	if p.connected.Load() {
		a.Verdict = jobs.MaybeSent
	}
	switch {
	case ctx.Err() != nil:
		a.Code, a.Trouble, a.Detail = jobs.Interrupted, upstream.NoTrouble, "The request was interrupted before an answer came."
	case !p.connected.Load():
		a.Code, a.Detail = jobs.Connection, "No connection could be made: "+err.Error()+"."
		if unknown := new(x509.UnknownAuthorityError); errors.As(err, unknown) {
			a.Detail += " BULK_CA_FILE names a file of certificates to be trusted beside the system's."
		}
		a.Incurable = incurable(err)
	case timed.Err() != nil:
		a.Code, a.Detail = jobs.Timeout, fmt.Sprintf("No answer came within %s.", s.timeout())
	case p.kept.Load() && !p.answered.Load():
		// The others that were kept are no better.
		s.closeIdle()
		a.Code, a.Trouble = jobs.Connection, upstream.Stale
		a.Detail = "A connection kept open from before was lost: " + err.Error() + "."
	default:
		a.Code, a.Detail = jobs.Connection, "The connection was lost before an answer came: "+err.Error()+"."
	}
	return a
}

// noBody judges an attempt whose status line came but not its whole body.
func (s *Sender) noBody(ctx, timed context.Context, reply Reply, err error) upstream.Attempt {
	in := func(code jobs.Code, detail string) upstream.Attempt {
		a := InDoubt(reply, code, detail)
		if a.Trouble == upstream.NoTrouble && (code == jobs.Timeout || code == jobs.Connection) {
			a.Trouble = upstream.Down
		}
		return a
	}
	var large *tooLargeError
	switch {
	case errors.As(err, &large):
		return in(jobs.BadResponse, fmt.Sprintf("The answer is larger than %d bytes and was not read.", large.limit))
	case errors.Is(err, errUpgrade):
		return in(jobs.BadResponse, "The answer asks to change the protocol.")
	case ctx.Err() != nil:
		return in(jobs.Interrupted, "The request was interrupted while its answer was read.")
	case timed.Err() != nil:
		return in(jobs.Timeout, fmt.Sprintf("The answer was not complete within %s.", s.timeout()))
	default:
		return in(jobs.Connection, "The answer was cut short: "+err.Error()+".")
	}
}

func (s *Sender) transport() http.RoundTripper {
	if s.Client == nil || s.Client.Transport == nil {
		return http.DefaultTransport
	}
	return s.Client.Transport
}

func (s *Sender) closeIdle() {
	if t, ok := s.transport().(interface{ CloseIdleConnections() }); ok {
		t.CloseIdleConnections()
	}
}

func (s *Sender) timeout() time.Duration {
	if s.Timeout <= 0 {
		return DefaultTimeout
	}
	return s.Timeout
}

func (s *Sender) now() time.Time {
	if s.Now == nil {
		return time.Now()
	}
	return s.Now()
}
