package scripted

import (
	"slices"
	"strings"

	"pgregory.net/rapid"
)

// Statuses, by what they say alone (product.md, Pace).
var (
	saysFailed  = []int{400, 401, 403, 404, 405, 413, 415, 422}
	saysNothing = []int{
		200, 201, 202, 206, 300, 301, 302, 307, 402, 406, 407, 408, 409, 410, 418, 421, 423, 424, 425, 426, 428, 431, 451, 499,
		500, 501, 502, 503, 504, 505, 507, 508, 511, 520, 522, 524, 599,
	}
	anyStatus = slices.Concat(saysFailed, saysNothing, []int{429})
)

// What words are made of.
var (
	things = []string{"request", "order", "backend", "operation", "transaction", "provisioning", "the HLR", "the command", "core network", "notification"}

	// tooLate says that the work ran past a time, or was taken on. The thing
	// stands for %.
	tooLate = []string{
		"Maximum % time exceeded", "Max % processing time reached", "Allowed % duration exceeded", "% duration exceeded the maximum",
		"% timed out", "% timeout", "% time-out", "Timed out waiting for %", "%Timeout", "% exceeded its time limit", "time limit for % reached",
		"% did not answer within the request limit", "% did not respond in time", "no response from %", "no answer from % within 30 seconds",
		"% deadline exceeded", "% took too long", "% is taking longer than expected", "connection to % was lost", "result of the request is unknown",
		"% accepted", "% has been accepted", "% is being processed", "% in progress", "% has been queued", "request already submitted to %",
		"still processing %", "request received; % will be executed later", "% partially completed",
	}
	// tooFast says in so many words that the rate of requests was too high.
	tooFast = []string{
		"rate limit exceeded", "Rate-limited", "RATE_LIMIT", "too many requests", "Too many API calls", "request throttled", "throttling in effect",
		"daily quota exceeded", "API quota reached", "limit of 10 requests per second", "only 5 requests are allowed per minute", "request limit exceeded",
	}
	// beside may stand beside anything and change nothing.
	beside = []string{"try again in 60 seconds", "error 17", "please try again later", "see the log", "code E1045", "contact support", "ref 8f3a"}
	// refusing names the SIM, group or content as wrong, or refuses whoever asks.
	refusing = []string{
		"invalid iccid", "Invalid ICCID.", "INVALID_ICCID", "unknown identifier", "invalid group", "group not found", "invalid content",
		"invalid username or password", "authentication failed", "permission denied", "operation not allowed", "access denied",
	}
	// otherwise says no in words that nobody knows.
	otherwise = []string{
		"", "no can do", "internal error", "SIM data quota exceeded", "contract in force", "credit limit exceeded", "the group is full", "value not accepted",
		"Maximum request length exceeded", "9", "session expired", "E1045", "missing parameter", "System under maintenance",
	}
	stops    = []string{"; ", ", ", ". ", ": ", " - ", " (", "\n", " / "}
	outcomes = []string{"failure", "FAILED", "error", "rejected", "unsuccessful", "denied"}
	unclear  = []string{"", "accepted", "pending", "success_pending", "queued", "partial success", "processing", "completed", "OK", "done", "timeout"}
	elements = []string{"error_description", "error", "reason", "message", "Error_Text", "failure_reason"}
	pages    = []string{
		"<html><head><title>502 Bad Gateway</title></head></html>", "<!DOCTYPE html><title>Runtime Error</title>", "Too many requests", "rate limit exceeded", "timed out",
		"<title>Maintenance</title>", "<form><input type=\"password\"></form>", `{"message":"rate limit exceeded"}`, `{"status":"ok"}`, "\x00\xff\xfe<<&", " ", "accepted",
		"<fault><reason>rate limit exceeded</reason></fault>", "<soap><body/></soap>", "<api_outcome>success", "success",
	}
)

func one[T any](t *rapid.T, of []T, label string) T { return rapid.SampledFrom(of).Draw(t, label) }

// spoken puts words together: the parts in any order, in one case or another.
func spoken(t *rapid.T, parts ...string) string {
	parts = rapid.Permutation(parts).Draw(t, "order")
	text := parts[0]
	for _, part := range parts[1:] {
		text += one(t, stops, "stop") + part
	}
	switch rapid.IntRange(0, 5).Draw(t, "case") {
	case 0:
		return strings.ToUpper(text)
	case 1:
		return strings.ToLower(text)
	case 2:
		return strings.ToUpper(strings.ReplaceAll(text, " ", "_"))
	}
	return text
}

func lateWords(t *rapid.T) string {
	parts := []string{strings.ReplaceAll(one(t, tooLate, "late"), "%", one(t, things, "thing"))}
	for range rapid.IntRange(0, 2).Draw(t, "more") {
		parts = append(parts, one(t, slices.Concat(tooFast, beside, tooLate[:3]), "beside"))
	}
	for i := range parts {
		parts[i] = strings.ReplaceAll(parts[i], "%", "request")
	}
	return spoken(t, parts...)
}

// readable is an answer in the API's own shape.
func readable(t *rapid.T, outcome, words string) Answer {
	return Answer{
		Status: one(t, anyStatus, "status"), RetryAfter: one(t, []string{"", "", "0.01"}, "Retry-After"),
		Outcome: outcome, Words: words, WordsIn: one(t, elements, "element"),
		IDs: one(t, []Whose{Ours, Ours, Nobodys}, "api_id"), SIMs: one(t, []Whose{Nobodys, Nobodys, Ours}, "ICCID"),
		Spelling: rapid.IntRange(0, Spellings-1).Draw(t, "spelling"), Manner: Whole, Kept: 100,
	}
}

// Answers generates what an upstream may do with a command, and say about it.
func Answers() *rapid.Generator[Answer] {
	return rapid.Custom(func(t *rapid.T) Answer {
		if rapid.Bool().Draw(t, "does it") {
			a := one(t, doing, "kind of answer")(t)
			a.Does = true
			return a
		}
		return one(t, slices.Concat(refusals, doubtful), "kind of answer")(t)
	})
}

// doing are the kinds of answers of an upstream that did it.
var doing = slices.Concat([]func(*rapid.T) Answer{honest, honest}, doubtful)

// honest says that it was done.
func honest(t *rapid.T) Answer {
	a := readable(t, one(t, []string{"success", "SUCCESS", " Suc-cess "}, "outcome"), "")
	a.Error = one(t, []string{"", "", "0", "none", "000"}, "error code")
	return a
}

// doubtful are kinds of answers from which nobody can know.
var doubtful = []func(*rapid.T) Answer{tooLateAnswer, tooLateAnswer, spoiltSuccess, unclearOutcome, anothers, noAnswer, cutShort, lost}

func tooLateAnswer(t *rapid.T) Answer { return readable(t, one(t, outcomes, "outcome"), lateWords(t)) }

// spoiltSuccess is a success that must not be believed.
func spoiltSuccess(t *rapid.T) Answer {
	a := readable(t, "success", "")
	switch rapid.IntRange(0, 5).Draw(t, "spoilt by") {
	case 0:
		a.Words, a.WordsIn = spoken(t, one(t, slices.Concat(tooFast, refusing, otherwise[1:]), "words")), "error_description"
	case 1:
		a.Error = one(t, []string{"17", "E1045", "true", "-1"}, "error code")
	case 2:
		a.SIMs = one(t, []Whose{Others, Both}, "ICCID")
	case 3:
		a.IDs = one(t, []Whose{Others, Both}, "api_id")
	case 4:
		a.Twice = one(t, []string{"failure", "pending", ""}, "second outcome") + "x"
	case 5:
		a.More = [2]string{one(t, []string{"last_error", "backend_error", "errors"}, "element"), one(t, []string{"boom", "rate limit exceeded", "9"}, "text")}
	}
	return a
}

func unclearOutcome(t *rapid.T) Answer {
	return readable(t, one(t, unclear, "outcome"), one(t, []string{"", spoken(t, one(t, tooFast, "fast")), lateWords(t), "order 17 placed"}, "words"))
}

// anothers is an answer to another request, whatever it says.
func anothers(t *rapid.T) Answer {
	a := readable(t, one(t, slices.Concat(outcomes, unclear, []string{"success"}), "outcome"), one(t, slices.Concat(refusing, tooFast, otherwise), "words"))
	a.IDs = one(t, []Whose{Others, Both}, "api_id")
	return a
}

// noAnswer is a page, or bytes, where an answer should be.
func noAnswer(t *rapid.T) Answer {
	a := Answer{Status: one(t, saysNothing, "status"), Page: one(t, pages, "page"), Manner: Whole, Kept: 100}
	if a.Status != 503 {
		a.RetryAfter = one(t, []string{"", "0.01"}, "Retry-After")
	}
	return a
}

// cutShort is an answer whose end is missing, and seems not to.
func cutShort(t *rapid.T) Answer {
	a := readable(t, one(t, slices.Concat(outcomes, []string{"success"}), "outcome"), one(t, slices.Concat(refusing, tooFast, otherwise), "words"))
	a.Status, a.RetryAfter = one(t, saysNothing, "status"), ""
	a.Manner, a.Kept = Short, rapid.IntRange(0, 95).Draw(t, "per cent")
	return a
}

// lost is an answer that does not arrive, or not to its end.
func lost(t *rapid.T) Answer {
	a := readable(t, one(t, slices.Concat(outcomes, []string{"success"}), "outcome"), one(t, slices.Concat(refusing, tooFast, otherwise), "words"))
	a.Manner = one(t, []Manner{Closed, Closed, Reset, Huge, Hang}, "manner")
	a.Kept = rapid.IntRange(0, 95).Draw(t, "per cent")
	return a
}

// refusals are kinds of answers of an upstream that did nothing.
var refusals = []func(*rapid.T) Answer{
	func(t *rapid.T) Answer {
		return readable(t, one(t, outcomes, "outcome"), spoken(t, one(t, slices.Concat(refusing, otherwise), "words"), one(t, beside, "beside")))
	},
	limits,
	limits,
	func(t *rapid.T) Answer {
		return Answer{Status: one(t, saysFailed, "status"), Page: one(t, pages, "page"), Manner: Whole, Kept: 100}
	},
}

// limits is a refusal for the rate. It asks to wait for a moment, so that a
// test is not kept waiting longer.
func limits(t *rapid.T) Answer {
	a := readable(t, one(t, outcomes, "outcome"), spoken(t, one(t, tooFast, "fast"), one(t, beside, "beside")))
	if rapid.Bool().Draw(t, "by its status") {
		a.Status, a.Page = one(t, []int{429, 503}, "status"), one(t, []string{"busy", "<title>429</title>", "{}"}, "page")
	}
	a.RetryAfter = "0.01"
	return a
}
