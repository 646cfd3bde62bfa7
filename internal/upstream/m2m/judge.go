package m2m

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"bulk/internal/jobs"
	"bulk/internal/upstream"
	"bulk/internal/upstream/wire"
	"bulk/internal/upstream/words"
)

// judge says what an answer means. A readable one with the right api_id
// decides, whatever its HTTP status (product.md, Pace); any other is judged by
// its status, and where it is an answer after all but cannot be trusted, the
// request is in doubt.
func (in *inner) judge(reply wire.Reply, q asked) upstream.Attempt {
	ans, err := parse(reply.Body, reply.Header.Get("Content-Type"))
	said := ans.said()
	switch {
	case errors.Is(err, errCut):
		return inDoubt(reply, "The answer is cut short: its XML has no end.")
	case err != nil:
		return wire.Foreign(reply)
	case in.checkAPIID && ans.apiID.disagree:
		return inDoubt(reply, "The answer bears several api_ids that differ.")
	case in.checkAPIID && ans.apiID.said && ans.apiID.text != q.apiID:
		return inDoubt(reply, fmt.Sprintf("The answer bears api_id %s, we sent %s; it is not believed.", ans.apiID.text, q.apiID))
	case slices.ContainsFunc(ans.iccids, func(named string) bool { return !wire.SameSIM(named, jobs.ICCID(q.iccid)) }):
		return ofSIM(inDoubt(reply, "The answer names another SIM; it is not believed."))
	case !said.said:
		return judgeNoOutcome(reply, ans)
	case said.disagree:
		return inDoubt(reply, "The answer gives several outcomes that differ.")
	case said.text == foldSuccess && ans.saysError:
		a := ofSIM(inDoubt(reply, "The answer is a success and names an error; it is not believed."))
		a.UpstreamError = ans.words()
		return a
	case said.text == foldSuccess:
		return judgeSuccess(reply, ans, q.op.read)
	case slices.Contains(failureWords, said.text):
		return judgeFailure(reply, ans, q)
	default:
		return judgeUnclear(reply, ans, q)
	}
}

// judgeSuccess takes the data out of a success.
func judgeSuccess(reply wire.Reply, ans answer, read reader) upstream.Attempt {
	a := upstream.Attempt{Verdict: jobs.Done, HTTPStatus: reply.Status}
	if read == nil {
		return a
	}
	a.Data = new(jobs.Data)
	if err := read(&ans, a.Data); err != nil {
		return ofSIM(inDoubt(reply, "The answer is a success, but "+err.Error()+"."))
	}
	return a
}

// judgeFailure says what a readable failure means.
func judgeFailure(reply wire.Reply, ans answer, q asked) upstream.Attempt {
	if strings.Trim(fold(ans.words()), ".!") == foldSuccess {
		a := ofSIM(inDoubt(reply, "The answer is a failure in the words of a success; it is not believed."))
		a.UpstreamError = ans.words()
		return a
	}
	wait, retryAfter := reply.RetryAfter()
	r := q.rule(ans.words(), reply.Status, retryAfter)
	a := upstream.Attempt{Verdict: r.verdict, Code: r.code, Trouble: r.trouble, Detail: r.detail,
		UpstreamError: ans.words(), HTTPStatus: reply.Status, About: about(ans.words(), reply.Status)}
	if r.trouble == upstream.Throttling {
		a.RetryAfter = wait
	}
	return a
}

// judgeUnclear judges an outcome that is empty or a word we do not know. It is a no
// only where the words beside it plainly refuse the SIM, the request or the
// account, and the outcome is none that may stand for something done:
// "accepted" may have a description too.
func judgeUnclear(reply wire.Reply, ans answer, q asked) upstream.Attempt {
	outcome := ans.said().text
	affirms := outcome == "ok" || slices.ContainsFunc(affirmations, func(part string) bool { return strings.Contains(outcome, part) })
	switch words.Of(ans.words()) {
	case words.SIM, words.Group, words.Content, words.Credentials, words.Permission, words.Parameter:
		if !affirms {
			return judgeFailure(reply, ans, q)
		}
	}
	a := inDoubt(reply, fmt.Sprintf("The answer's outcome is neither success nor a failure: %q.", outcome))
	a.UpstreamError, a.About = ans.words(), about(ans.words(), reply.Status)
	if words.TooFastIn(ans.words()) {
		a.Code, a.Trouble = jobs.Throttled, upstream.Throttling
		a.RetryAfter, _ = reply.RetryAfter()
	}
	return a
}

// judgeNoOutcome judges XML that is no answer of this API: a gateway's, perhaps.
// Failures of authentication are of unknown shape (upstreams.md, 1), so words
// that refuse the credentials end the run even here, lest an account be locked;
// whether the row was done is still for the status to say.
func judgeNoOutcome(reply wire.Reply, ans answer) upstream.Attempt {
	a := wire.Foreign(reply)
	if text := ans.words(); text != "" {
		a.UpstreamError = text
	}
	if words.Of(ans.words()) == words.Credentials {
		r := reasons[words.Credentials]
		a.Code, a.Trouble, a.Detail, a.About = r.code, r.trouble, r.detail, upstream.AboutAccount
	}
	return a
}

func inDoubt(reply wire.Reply, detail string) upstream.Attempt {
	return wire.InDoubt(reply, jobs.BadResponse, detail)
}

// ofSIM notes that an answer in doubt spoke of a SIM all the same, so that the
// upstream has let us in.
func ofSIM(a upstream.Attempt) upstream.Attempt {
	a.About = upstream.AboutSIM
	return a
}
