package m2m

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"bulk/internal/jobs"
	"bulk/internal/upstream"
	"bulk/internal/upstream/wire"
)

// asked is what an answer is held against.
type asked struct{ operation, apiID, iccid string }

// judge says what an answer means. A readable one with the right api_id
// decides, whatever its HTTP status (product.md, Pace); any other is judged by
// its status, and where it is an answer after all but cannot be trusted, the
// request is in doubt.
func (in *inner) judge(reply wire.Reply, q asked, read reader) upstream.Attempt {
	ans, err := parse(reply.Body, reply.Header.Get("Content-Type"))
	said := ans.said()
	switch {
	case errors.Is(err, errCut):
		return in.doubt(reply, "The answer is cut short: its XML has no end.")
	case err != nil:
		return in.byStatus(reply, in.sender.Mask.Body(reply.Body))
	case in.checkAPIID && ans.apiID.disagree:
		return in.doubt(reply, "The answer bears several api_ids that differ.")
	case in.checkAPIID && ans.apiID.said && ans.apiID.text != q.apiID:
		return in.doubt(reply, fmt.Sprintf("The answer bears api_id %s, we sent %s; it is not believed.", ans.apiID.text, q.apiID))
	case ans.iccid.said && !ans.iccid.disagree && !sameSIM(ans.iccid.text, q.iccid):
		return in.doubt(reply, "The answer names another SIM; it is not believed.")
	case !said.said:
		return in.noOutcome(reply, ans)
	case said.disagree:
		return in.doubt(reply, "The answer gives several outcomes that differ.")
	case said.text == foldSuccess:
		return in.success(reply, ans, read)
	case slices.Contains(failureWords, said.text):
		return in.failure(reply, ans, q)
	default:
		return in.unclear(reply, ans, q)
	}
}

// success takes the data out of a success.
func (in *inner) success(reply wire.Reply, ans answer, read reader) upstream.Attempt {
	a := upstream.Attempt{Verdict: jobs.Done, HTTPStatus: reply.Status}
	if read == nil {
		return a
	}
	a.Data = new(jobs.Data)
	if err := read(&ans, a.Data); err != nil {
		return in.doubt(reply, "The answer is a success, but "+err.Error()+".")
	}
	return a
}

// failure says what a readable failure means.
func (in *inner) failure(reply wire.Reply, ans answer, q asked) upstream.Attempt {
	wait, retryAfter := wire.RetryAfter(reply.Header, in.now())
	r := q.rule(ans.words(), reply.Status, retryAfter)
	a := upstream.Attempt{Verdict: r.verdict, Code: r.code, Trouble: r.trouble, Detail: r.detail,
		UpstreamError: in.sender.Mask.Words(ans.words()), HTTPStatus: reply.Status}
	if r.trouble == upstream.Throttling {
		a.RetryAfter = wait
	}
	return a
}

// unclear judges an outcome that is empty or a word we do not know. It is a
// failure where the words beside it say so: any words beside an empty outcome,
// words we know beside another, since "accepted" may have a description too.
// Throttling is the exception, since it would let a command be sent again.
func (in *inner) unclear(reply wire.Reply, ans answer, q asked) upstream.Attempt {
	r := classify(ans.words())
	throttled := r != nil && r.trouble == upstream.Throttling
	if !throttled && (r != nil || ans.said().text == "" && len(ans.errors) > 0) {
		return in.failure(reply, ans, q)
	}
	a := in.doubt(reply, fmt.Sprintf("The answer's outcome is neither success nor a failure: %q.", ans.said().text))
	a.UpstreamError = in.sender.Mask.Words(ans.words())
	if throttled {
		a.Code, a.Trouble = r.code, r.trouble
		a.RetryAfter, _ = wire.RetryAfter(reply.Header, in.now())
	}
	return a
}

// noOutcome judges XML that is no answer of this API: a gateway's, perhaps.
// Failures of authentication are of unknown shape (upstreams.md, 1), so words
// that refuse the credentials end the run even here, lest an account be locked;
// whether the row was done is still for the status to say.
func (in *inner) noOutcome(reply wire.Reply, ans answer) upstream.Attempt {
	words := in.sender.Mask.Words(ans.words())
	if words == "" {
		words = in.sender.Mask.Body(reply.Body)
	}
	a := in.byStatus(reply, words)
	if r := classify(ans.words()); r != nil && r.trouble == upstream.BadCredentials {
		a.Code, a.Trouble, a.Detail = jobs.AuthFailed, r.trouble, r.detail
	}
	return a
}

// byStatus judges by the status alone; words must be masked already.
func (in *inner) byStatus(reply wire.Reply, words string) upstream.Attempt {
	a := wire.ByStatus(reply.Status, reply.Header, in.now())
	a.UpstreamError = words
	return a
}

func (in *inner) doubt(reply wire.Reply, detail string) upstream.Attempt {
	return wire.InDoubt(reply.Status, reply.Header, in.now(), jobs.BadResponse, in.sender.Mask.Words(detail))
}

// sameSIM holds the ICCID that an answer names against the one asked for. The
// documented answers name none, so this is lenient: separators, and a check
// digit or filler on one side only, make no other SIM.
func sameSIM(named, asked string) bool {
	named = strings.Map(func(r rune) rune {
		if r < '0' || r > '9' {
			return -1
		}
		return r
	}, named)
	return named == "" || strings.HasPrefix(named, asked) || strings.HasPrefix(asked, named) && len(named) >= 18
}
