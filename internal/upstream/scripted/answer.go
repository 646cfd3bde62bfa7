package scripted

import (
	"fmt"
	"net/http"
	"strings"
)

// Answer is what the upstream does with a command, and how it says so.
type Answer struct {
	Does       bool   // it does what was asked
	Status     int    // HTTP status
	RetryAfter string // header; empty: none

	// Of an answer in the API's own shape.
	Outcome  string    // empty: an empty element
	Words    string    // of the error; empty: there is no such element
	WordsIn  string    // the element that they stand in
	Error    string    // of an element error_code; empty: there is none
	IDs      Whose     // the api_id
	SIMs     Whose     // the ICCID named
	Spelling int       // of names, one of Spellings
	Twice    string    // a second outcome; empty: there is none
	Page     string    // a body that is no such answer, in its place; empty: it is one
	Manner   Manner    // how it is sent
	Kept     int       // per cent of the body that is sent, where Manner cuts it
	More     [2]string // elements beside: a name and a text
}

// Whose says whose api_id or ICCID an answer bears.
type Whose string

// Whose it may be.
const (
	Nobodys Whose = "nobody's"
	Ours    Whose = "ours"
	Others  Whose = "another's"
	Both    Whose = "ours and another's"
)

// Manner is how an answer is sent.
type Manner string

// The manners.
const (
	Whole  Manner = "whole"
	Short  Manner = "short" // a part of it, as if it were all
	Closed Manner = "closed"
	Reset  Manner = "reset" // nothing at all
	Hang   Manner = "hang"  // nothing, until the client gives up
	Huge   Manner = "huge"
)

// Spellings is how many ways there are to spell the names of an answer.
const Spellings = 5

const otherSIM = "8944500999999999990"

// body writes the answer to a request.
func (a Answer) body(q request) string {
	if a.Page != "" {
		return a.Page
	}
	name := spelling(a.Spelling)
	root, attribute := name(q.XMLName.Local+"_response"), ""
	var inside strings.Builder
	element := func(n, text string) { fmt.Fprintf(&inside, "<%s>%s</%s>", name(n), escape(text), name(n)) }
	switch a.IDs {
	case Ours:
		attribute = fmt.Sprintf(` %s="%s"`, name("api_id"), q.APIID)
	case Others:
		attribute = fmt.Sprintf(` %s="%s"`, name("api_id"), q.APIID+"7")
	case Both:
		attribute = fmt.Sprintf(` %s="%s"`, name("api_id"), q.APIID)
		element("api_id", q.APIID+"7")
	}
	element("api_outcome", a.Outcome)
	if a.Twice != "" {
		element("api_outcome", a.Twice)
	}
	if a.Words != "" {
		element(a.WordsIn, a.Words)
	}
	if a.Error != "" {
		element("error_code", a.Error)
	}
	if a.SIMs == Ours || a.SIMs == Both {
		element("iccid", q.ICCID)
	}
	if a.SIMs == Others || a.SIMs == Both {
		element("iccid", otherSIM)
	}
	if a.More[0] != "" {
		element(a.More[0], a.More[1])
	}
	text := inside.String()
	if a.Spelling == 3 {
		text = "<result><!-- of the backend -->" + text + "</result>"
	}
	head := ""
	if a.Spelling == 4 {
		head = "\ufeff<?xml version=\"1.0\" encoding=\"utf-8\"?>\n"
	}
	return head + "<" + root + attribute + ">" + text + "</" + root + ">"
}

// spelling is a way to spell names that a client must understand.
func spelling(n int) func(string) string {
	switch n {
	case 1: // Api-Outcome
		return func(name string) string {
			parts := strings.Split(name, "_")
			for i, part := range parts {
				parts[i] = strings.ToUpper(part[:1]) + part[1:]
			}
			return strings.Join(parts, "-")
		}
	case 2:
		return strings.ToUpper
	}
	return func(name string) string { return name }
}

func escape(text string) string {
	return strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;").Replace(text)
}

// send puts the answer on the wire.
func (a Answer) send(w http.ResponseWriter, r *http.Request, q request) {
	body := a.body(q)
	switch a.Manner {
	case Hang:
		<-r.Context().Done()
		return
	case Reset:
		panic(http.ErrAbortHandler)
	case Short:
		body = body[:len(body)*a.Kept/100]
	case Huge:
		body += strings.Repeat(" ", 2<<20)
	}
	if a.RetryAfter != "" {
		w.Header().Set("Retry-After", a.RetryAfter)
	}
	w.Header().Set("Content-Type", "application/xml")
	w.Header().Set("Content-Length", fmt.Sprint(len(body)))
	w.WriteHeader(a.Status)
	if a.Manner == Closed {
		_, _ = w.Write([]byte(body[:len(body)*a.Kept/100]))
		_ = http.NewResponseController(w).Flush()
		panic(http.ErrAbortHandler)
	}
	_, _ = w.Write([]byte(body))
}
