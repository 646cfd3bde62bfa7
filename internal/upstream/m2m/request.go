package m2m

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strings"
	"unicode/utf8"
)

// letterhead is what all requests share: the address, the headers and the
// authentication element with its secrets.
type letterhead struct {
	url            *url.URL
	header         http.Header // shared by all requests, and so never changed
	authentication string
}

func newLetterhead(c Config) (*letterhead, error) {
	for name, text := range map[string]string{"username": c.Username, "password": c.Password.Reveal()} {
		if !sayable(text) {
			return nil, errors.New("the m2m " + name + " holds a character that XML cannot carry")
		}
	}
	return &letterhead{
		url: c.URL,
		header: http.Header{
			"Content-Type": {"application/xml"},
			"Accept":       {"application/xml"},
			"User-Agent":   {"bulk"},
		},
		authentication: element(elemAuthentication,
			element(elemUsername, escape(c.Username))+element(elemPassword, escape(c.Password.Reveal()))),
	}, nil
}

// request writes a request for an operation. value is that of its parameter.
func (l *letterhead) request(op *operation, apiID, iccid, value string) *http.Request {
	var b strings.Builder
	b.Grow(len(l.authentication) + 192)
	b.WriteString("<" + op.name + " " + attrVersion + `="` + apiVersion + `" ` + attrAPIID + `="` + escape(apiID) + `">`)
	b.WriteString(l.authentication)
	b.WriteString(element(elemICCID, escape(iccid)))
	if op.parameter != "" {
		b.WriteString(element(op.parameter, escape(value)))
	}
	b.WriteString("</" + op.name + ">")
	return l.post(b.String())
}

func (l *letterhead) post(body string) *http.Request {
	open := func() (io.ReadCloser, error) { return io.NopCloser(strings.NewReader(body)), nil }
	reader, _ := open()
	return &http.Request{
		Method: http.MethodPost, URL: l.url, Host: l.url.Host, Header: l.header,
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Body: reader, GetBody: open, ContentLength: int64(len(body)),
	}
}

func element(name, escaped string) string { return "<" + name + ">" + escaped + "</" + name + ">" }

func escape(text string) string {
	if !strings.ContainsAny(text, "\"'&<>\t\n\r") {
		return text
	}
	var b bytes.Buffer
	_ = xml.EscapeText(&b, []byte(text)) // a Buffer cannot fail
	return b.String()
}

// sayable reports whether XML 1.0 can carry a text (its section 2.2). An escape
// would not help: it would arrive as another text.
func sayable(text string) bool {
	return utf8.ValidString(text) && strings.IndexFunc(text, func(r rune) bool {
		return r < ' ' && r != '\t' && r != '\n' && r != '\r' || r == 0xFFFE || r == 0xFFFF
	}) < 0
}
