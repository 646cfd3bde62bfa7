package betatel

import (
	"bytes"
	"fmt"
	"strings"

	"bulk/internal/jobs"
	"bulk/internal/upstream"
	"bulk/internal/upstream/wire"
)

func (in *inner) judgeProfile(reply wire.Reply, iccid string) upstream.Attempt {
	o, err := parseObject(reply.Body)
	if err != nil || !success(reply.Status) {
		return in.byStatus(reply, reply.Status)
	}
	data, named, err := readProfile(o)
	if err != nil {
		return in.noProfile(reply, o, err)
	}
	if named != "" && named != iccid {
		return in.doubt(reply, "The answer names another SIM; it is not believed.")
	}
	return upstream.Attempt{Verdict: jobs.Done, HTTPStatus: reply.Status, Data: &data}
}

// noProfile judges a success that holds no profile: an error body perhaps,
// whose statusCode then counts.
func (in *inner) noProfile(reply wire.Reply, o object, err error) upstream.Attempt {
	if status, ok := errorStatus(o); ok {
		return in.byStatus(reply, status)
	}
	a := in.doubt(reply, "The answer is a success, but "+err.Error()+".")
	a.UpstreamError = in.sender.Mask.Words(errorWords(o))
	return a
}

func (in *inner) judgePicture(reply wire.Reply) upstream.Attempt {
	if !success(reply.Status) {
		return in.byStatus(reply, reply.Status)
	}
	err := checkPicture(reply.Body)
	if err == nil {
		return upstream.Attempt{Verdict: jobs.Done, HTTPStatus: reply.Status, Picture: reply.Body}
	}
	if o, notJSON := parseObject(reply.Body); notJSON == nil {
		return in.noProfile(reply, o, err)
	}
	return in.doubt(reply, "The answer is a success, but "+err.Error()+".")
}

// byStatus judges an error: by the status that is given, which its body may
// have named, with the words of its body.
func (in *inner) byStatus(reply wire.Reply, status int) upstream.Attempt {
	a := wire.ByStatus(status, reply.Header, in.now())
	a.HTTPStatus = reply.Status
	if status != reply.Status {
		a.Detail = fmt.Sprintf("%s, inside HTTP %d.", strings.TrimSuffix(a.Detail, "."), reply.Status)
	}
	a.UpstreamError = in.words(reply)
	return a
}

// words are the upstream's own words in a body that is no profile. Broken JSON
// inside a success is not quoted: it may be a profile, with its activation code.
func (in *inner) words(reply wire.Reply) string {
	if o, err := parseObject(reply.Body); err == nil {
		return in.sender.Mask.Words(errorWords(o))
	}
	if success(reply.Status) && bytes.ContainsAny(reply.Body, "{[") {
		return ""
	}
	return in.sender.Mask.Body(reply.Body)
}

func (in *inner) doubt(reply wire.Reply, detail string) upstream.Attempt {
	return wire.InDoubt(reply.Status, reply.Header, in.now(), jobs.BadResponse, in.sender.Mask.Words(detail))
}

func success(status int) bool { return status >= 200 && status <= 299 }
