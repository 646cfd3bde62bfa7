package betatel

import (
	"bytes"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"bulk/internal/jobs"
	"bulk/internal/upstream"
	"bulk/internal/upstream/wire"
	"bulk/internal/upstream/words"
)

func judgeProfile(reply wire.Reply, iccid jobs.ICCID) upstream.Attempt {
	o, err := parseObject(reply.Body)
	if err != nil || !success(reply.Status) {
		return failure(reply)
	}
	data, named, err := readProfile(o)
	if err != nil {
		return noProfile(reply, o, err)
	}
	if slices.ContainsFunc(named, func(n string) bool { return !wire.SameSIM(n, iccid) }) {
		return ofSIM(inDoubt(reply, "The answer names another SIM; it is not believed."))
	}
	return upstream.Attempt{Verdict: jobs.Done, HTTPStatus: reply.Status, Data: &data}
}

func judgePicture(reply wire.Reply) upstream.Attempt {
	if !success(reply.Status) {
		return failure(reply)
	}
	err := checkPicture(reply.Body)
	if err == nil {
		return upstream.Attempt{Verdict: jobs.Done, HTTPStatus: reply.Status, Picture: reply.Body}
	}
	if o, notJSON := parseObject(reply.Body); notJSON == nil {
		return noProfile(reply, o, err)
	}
	if asks := wire.Foreign(reply); asks.About == upstream.AboutAccount || asks.Trouble != upstream.NoTrouble {
		return asks
	}
	return inDoubt(reply, "The answer is a success, but "+err.Error()+".")
}

// noProfile judges a success that holds no profile: an error body perhaps,
// whose statusCode then counts.
func noProfile(reply wire.Reply, o object, err error) upstream.Attempt {
	if status, ok := errorStatus(o); ok {
		return byStatus(reply, status, o)
	}
	a := inDoubt(reply, "The answer is a success, but "+err.Error()+".")
	a.UpstreamError = errorWords(o)
	if words.SpeakOfAccount(a.UpstreamError) {
		a.About = upstream.AboutAccount
	}
	return a
}

// failure judges an answer that is no success: by its status, with the words of
// its body. Broken JSON inside a success, if it is no page, is not quoted: it may
// be a profile, with its activation code.
func failure(reply wire.Reply) upstream.Attempt {
	if o, err := parseObject(reply.Body); err == nil {
		return byStatus(reply, reply.Status, o)
	}
	a := wire.Foreign(reply)
	if success(reply.Status) && bytes.ContainsAny(reply.Body, "{[") && !bytes.HasPrefix(bytes.TrimSpace(reply.Body), []byte("<")) {
		a.UpstreamError = ""
	}
	return a
}

// byStatus judges an error of the API's own shape: by the status that is given,
// which its body may have named. 400 and 404 speak of the SIM asked for.
func byStatus(reply wire.Reply, status int, o object) upstream.Attempt {
	a := wire.ByStatus(status, reply)
	if status != reply.Status {
		a.Detail = fmt.Sprintf("%s, inside HTTP %d.", strings.TrimSuffix(a.Detail, "."), reply.Status)
	}
	a.UpstreamError = errorWords(o)
	_, coded := errorStatus(o)
	switch own := coded || a.UpstreamError != ""; {
	case status == http.StatusForbidden && words.TooFastIn(a.UpstreamError):
		a.Code, a.Trouble = jobs.Throttled, upstream.Throttling
		a.RetryAfter, _ = reply.RetryAfter()
	case own && (status == http.StatusBadRequest || status == http.StatusNotFound):
		a.About = upstream.AboutSIM
	case !own:
		a.Foreign = true
	case words.SpeakOfAccount(a.UpstreamError):
		a.About = upstream.AboutAccount
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

func success(status int) bool { return status >= 200 && status <= 299 }
