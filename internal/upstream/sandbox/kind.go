package sandbox

import (
	"bytes"
	"net/http"
	"strings"
)

// Kind is a kind of trouble; [Kinds] has them all.
type Kind string

// KindHelp explains a kind to the person who is to choose one.
type KindHelp struct {
	Kind     Kind
	Done     bool   // whether what was asked for is done all the same
	M2MOnly  bool   // does nothing to betatel's requests
	Sentence string // no capital, no full stop
}

// Kinds lists every kind of fault, in the order in which help prints them.
func Kinds() []KindHelp {
	all := make([]KindHelp, len(kindTable))
	for i, e := range kindTable {
		all[i] = KindHelp{e.kind, e.done, e.m2mOnly, e.sentence}
	}
	return all
}

// RateStyles are the kinds that can refuse a request over the rate limit.
func RateStyles() []Kind {
	return []Kind{"429", "429-retry", "503", "503-retry", "throttle-200"}
}

// effect is what a kind does to a request and its answer.
type effect struct {
	kind     Kind
	done     bool
	m2mOnly  bool
	sentence string
	manner   manner                        // in which the true answer is written
	change   func(exchange, answer) answer // of the true answer, which is empty where nothing is done
}

var kindTable = []effect{
	{kind: "timeout-before", sentence: "nothing is done, and no answer comes until the client gives up",
		change: sendBy(hang)},
	{kind: "timeout-after", done: true, sentence: "it is done, and no answer comes until the client gives up",
		change: sendBy(hang)},
	{kind: "reset-before", sentence: "nothing is done, and the connection is reset",
		change: sendBy(reset)},
	{kind: "reset-after", done: true, sentence: "it is done, and the connection is reset without an answer",
		change: sendBy(reset)},
	{kind: "500", sentence: "nothing is done; 500 without a readable answer",
		change: bareStatus(http.StatusInternalServerError, false)},
	{kind: "500-after", done: true, sentence: "it is done; 500 without a readable answer",
		change: bareStatus(http.StatusInternalServerError, false)},
	{kind: "500-readable", done: true, sentence: "it is done; 500, with the true answer as its body",
		change: func(_ exchange, a answer) answer { a.status = http.StatusInternalServerError; return a }},
	{kind: "503", sentence: "nothing is done; 503 without Retry-After",
		change: bareStatus(http.StatusServiceUnavailable, false)},
	{kind: "503-after", done: true, sentence: "it is done; 503 without Retry-After",
		change: bareStatus(http.StatusServiceUnavailable, false)},
	{kind: "503-retry", sentence: "nothing is done; 503 with Retry-After: 1",
		change: bareStatus(http.StatusServiceUnavailable, true)},
	{kind: "429", sentence: "nothing is done; 429 without Retry-After",
		change: bareStatus(http.StatusTooManyRequests, false)},
	{kind: "429-retry", sentence: "nothing is done; 429 with Retry-After: 1",
		change: bareStatus(http.StatusTooManyRequests, true)},
	{kind: "throttle-200", m2mOnly: true, sentence: `nothing is done; 200 with the failure "request limit exceeded"`,
		change: func(x exchange, _ answer) answer { return x.refuse(http.StatusOK, "request limit exceeded") }},
	{kind: "cut", done: true, sentence: "it is done; the answer ends halfway and the connection is closed",
		change: sendBy(cutShort)},
	{kind: "cut-clean", done: true, sentence: "it is done; half of the answer arrives as if it were all of it",
		change: func(_ exchange, a answer) answer { a.body = a.body[:len(a.body)/2]; return a }},
	{kind: "wrong-api-id", done: true, m2mOnly: true, sentence: "it is done; the answer bears the api_id of another request",
		manner: otherID},
	{kind: "no-api-id", done: true, m2mOnly: true, sentence: "it is done; the answer bears no api_id",
		manner: noID},
	{kind: "garbage", done: true, sentence: "it is done; the answer is bytes without meaning",
		change: func(_ exchange, a answer) answer { a.status, a.body = http.StatusOK, garbage; return a }},
	{kind: "grey", done: true, sentence: "it is done; a picture is a small grey square instead of a QR code",
		change: func(_ exchange, a answer) answer {
			if a.contentType == "image/png" {
				a.body = greyPicture()
			}
			return a
		}},
	{kind: "html", sentence: "nothing is done; 200 with a page about maintenance, in HTML",
		change: page(http.StatusOK, maintenancePage)},
	{kind: "huge", done: true, sentence: "it is done; the answer goes on for 64 MiB",
		change: sendBy(pour)},
	{kind: "slow", done: true, sentence: "it is done; the answer dribbles in, a byte each tenth of a second",
		change: sendBy(dribble)},
	{kind: "other-spelling", done: true, sentence: "it is done; the answer spells its names differently, as is allowed for",
		manner: otherSpelling},
	{kind: "403", sentence: "nothing is done; 403, permission denied",
		change: func(x exchange, _ answer) answer { return x.refuse(http.StatusForbidden, "permission denied") }},
	{kind: "401", sentence: "nothing is done; 401, as for wrong credentials",
		change: func(x exchange, _ answer) answer { return x.refuse(http.StatusUnauthorized, "authentication failed") }},
	{kind: "403-page", sentence: "nothing is done; 403 with a gateway's page, as some limit the rate",
		change: page(http.StatusForbidden, blockedPage)},
	{kind: "login", sentence: "nothing is done; 200 with the portal's login page",
		change: page(http.StatusOK, loginPage)},
	{kind: "login-redirect", sentence: "nothing is done; 302 to the portal's login page",
		change: func(exchange, answer) answer {
			return answer{status: http.StatusFound, location: "/Account/Login.aspx?ReturnUrl=%2f"}
		}},
	{kind: "session-200", m2mOnly: true, sentence: `nothing is done; 200 with the failure "session expired"`,
		change: func(x exchange, _ answer) answer { return x.refuse(http.StatusOK, "session expired") }},
	{kind: "408-after", done: true, sentence: "it is done; 408 without a readable answer",
		change: bareStatus(http.StatusRequestTimeout, false)},
	{kind: "499-after", done: true, sentence: "it is done; 499 without a readable answer, as of a gateway that gave up",
		change: bareStatus(499, false)},
	{kind: "time-after", done: true, m2mOnly: true, sentence: `it is done; 200 with the failure "maximum request time exceeded"`,
		change: func(x exchange, _ answer) answer { return x.refuse(http.StatusOK, "maximum request time exceeded") }},
	{kind: "accepted", done: true, m2mOnly: true, sentence: `it is done; 200 with the failure "order accepted; notification throttled"`,
		change: func(x exchange, _ answer) answer {
			return x.refuse(http.StatusOK, "order accepted; notification throttled")
		}},
	{kind: "error-beside", done: true, m2mOnly: true, sentence: "it is done; the answer is a success that names an error",
		change: beside("<error_description>backend error 17</error_description>")},
	{kind: "other-sims", done: true, m2mOnly: true, sentence: "it is done; the answer is a success that names two other SIMs",
		change: beside("<iccid>8944500102030009990</iccid><iccid>8944500102030009982</iccid>")},
	{kind: "hang-up", done: true, sentence: "it is done and answered; the connection is closed after it without a word",
		change: sendBy(hangUp)},
	{kind: "redirect", sentence: "nothing is done; 307 to another address of the sandbox, where followers are counted",
		change: func(exchange, answer) answer {
			return answer{status: http.StatusTemporaryRedirect, location: redirectPath}
		}},
}

var effects = func() map[Kind]effect {
	byKind := map[Kind]effect{}
	for _, e := range kindTable {
		byKind[e.kind] = e
	}
	return byKind
}()

const (
	blockedPage = "<!DOCTYPE html>\n<html><head><title>403 Forbidden</title></head>" +
		"<body><h1>Request blocked</h1><p>The gateway does not let this request through.</p></body></html>\n"
	loginPage = "<!DOCTYPE html>\n<html><head><title>Log in</title></head><body><form method=\"post\">" +
		"<input name=\"user\"><input type=\"password\" name=\"password\"><button>Log in</button></form></body></html>\n"
)

const maintenancePage = "<!DOCTYPE html>\n<html><head><title>Maintenance</title></head>" +
	"<body><h1>We will be back soon</h1><p>The service is being maintained.</p></body></html>\n"

var garbage = []byte(strings.Repeat("\x00\xff\xfe\x89<<&\x1b]", 16))

func sendBy(send sender) func(exchange, answer) answer {
	return func(_ exchange, a answer) answer { a.send = send; return a }
}

func page(status int, html string) func(exchange, answer) answer {
	return func(exchange, answer) answer {
		return answer{status: status, contentType: "text/html; charset=utf-8", body: []byte(html)}
	}
}

// beside puts more elements beside the outcome of a true answer.
func beside(elements string) func(exchange, answer) answer {
	return func(_ exchange, a answer) answer {
		a.body = bytes.Replace(a.body, []byte("</api_outcome>"), []byte("</api_outcome>"+elements), 1)
		return a
	}
}

func bareStatus(status int, retryAfter bool) func(exchange, answer) answer {
	return func(x exchange, _ answer) answer {
		a := x.bare(status)
		a.retryAfter = retryAfter
		return a
	}
}
