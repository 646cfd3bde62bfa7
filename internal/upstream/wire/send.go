package wire

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptrace"
	"sync/atomic"
	"time"

	"bulk/internal/jobs"
	"bulk/internal/upstream"
)

// Sender sends requests one at a time, each once, and reads the whole answer.
// It is safe for concurrent use.
type Sender struct {
	Client  *http.Client  // its Transport is used; without one: http.DefaultTransport
	Timeout time.Duration // of one attempt, from the dial to the last byte of the body; 0: 30 s
	Mask    Mask
	Now     func() time.Time // for Retry-After dates; nil: time.Now
}

// Reply is a whole answer.
type Reply struct {
	Status int
	Header http.Header
	Body   []byte
}

// Send performs one attempt. It reports false, with the attempt's verdict, where
// no whole answer of at most limit bytes came:
//   - no connection was ever made (address, dial, proxy, TLS): surely not sent,
//     connection;
//   - ctx ended: interrupted; otherwise the time was up: timeout; otherwise the
//     connection broke, or the body was cut short: connection; the body is over
//     the limit: bad_response. All of these may have been sent, unless ctx
//     ended before there was a connection.
//
// The request must have ContentLength and GetBody set if it has a body. Then
// net/http itself takes another connection where the one it had kept alive
// proves to be dead, but for a POST only if not one byte was written to that
// (Transport.shouldRetryRequest: nothingWrittenError), so a command still
// leaves at most once. A POST that was written, even in part, is never sent
// again by net/http while it bears no Idempotency-Key, and ours do not.
//
// The Transport is used without the Client around it: that would follow, or
// fail on, a redirect, and here a redirect is an answer like any other.
func (s *Sender) Send(ctx context.Context, req *http.Request, limit int64) (Reply, upstream.Attempt, bool) {
	timed, cancel := context.WithTimeout(ctx, s.timeout())
	defer cancel()
	var connected atomic.Bool
	trace := &httptrace.ClientTrace{GotConn: func(httptrace.GotConnInfo) { connected.Store(true) }}

	resp, err := s.transport().RoundTrip(req.WithContext(httptrace.WithClientTrace(timed, trace)))
	if err != nil {
		return Reply{}, s.noAnswer(ctx, timed, connected.Load(), err), false
	}
	defer resp.Body.Close()
	reply := Reply{Status: resp.StatusCode, Header: resp.Header}
	reply.Body, err = readBody(resp, limit)
	if err != nil {
		return reply, s.noBody(ctx, timed, reply, err), false
	}
	return reply, upstream.Attempt{}, true
}

// noAnswer judges an attempt that ended before a status line came.
func (s *Sender) noAnswer(ctx, timed context.Context, connected bool, err error) upstream.Attempt {
	a := upstream.Attempt{Verdict: jobs.SurelyNotSent}
	if connected {
		a.Verdict = jobs.MaybeSent
	}
	switch {
	case ctx.Err() != nil:
		a.Code, a.Detail = jobs.Interrupted, "The request was interrupted before an answer came."
	case !connected:
		a.Code, a.Trouble = jobs.Connection, upstream.Down
		a.Detail = s.Mask.Words("No connection could be made: " + err.Error() + ".")
	case timed.Err() != nil:
		a.Code, a.Trouble = jobs.Timeout, upstream.Down
		a.Detail = fmt.Sprintf("No answer came within %s.", s.timeout())
	default:
		a.Code, a.Trouble = jobs.Connection, upstream.Down
		a.Detail = s.Mask.Words("The connection was lost before an answer came: " + err.Error() + ".")
	}
	return a
}

// noBody judges an attempt whose status line came but not its whole body.
func (s *Sender) noBody(ctx, timed context.Context, reply Reply, err error) upstream.Attempt {
	in := func(code jobs.Code, detail string) upstream.Attempt {
		a := InDoubt(reply.Status, reply.Header, s.now(), code, detail)
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
		return in(jobs.Connection, s.Mask.Words("The answer was cut short: "+err.Error()+"."))
	}
}

// errUpgrade: the body of a 101 is the bare connection, and a read from it
// would outlast every context.
var errUpgrade = errors.New("switching protocols")

// maxAhead is how much memory an announced length is given before it is there.
const maxAhead = 64 << 10

type tooLargeError struct{ limit int64 }

func (e *tooLargeError) Error() string { return fmt.Sprintf("more than %d bytes", e.limit) }

// readBody reads a whole body of at most limit bytes.
func readBody(resp *http.Response, limit int64) ([]byte, error) {
	n := resp.ContentLength
	switch {
	case resp.StatusCode == http.StatusSwitchingProtocols:
		return nil, errUpgrade
	case n > limit:
		return nil, &tooLargeError{limit}
	case n >= 0 && n <= maxAhead:
		// The spare byte lets the last read see the end, which frees the connection.
		body := make([]byte, n+1)
		got, err := io.ReadFull(resp.Body, body)
		if int64(got) == n && (errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF)) {
			return body[:n], nil
		}
		return nil, err
	}
	body, err := io.ReadAll(io.LimitReader(resp.Body, limit+1))
	if err == nil && int64(len(body)) > limit {
		return nil, &tooLargeError{limit}
	}
	return body, err
}

func (s *Sender) transport() http.RoundTripper {
	if s.Client == nil || s.Client.Transport == nil {
		return http.DefaultTransport
	}
	return s.Client.Transport
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
