package sandbox

import (
	"bytes"
	"context"
	"encoding/xml"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

const (
	ready        = "8944500102030001010" // pending, no contract, QR status 1
	ready20      = "89445001020300001144"
	closedOne    = "8944500102030001515"
	liveOne      = "8944500102030002018"
	inContract   = "8944500102030002034" // live, type 1, 11 months
	noProfile    = "8944500102030004212"
	betatelOnly  = "8944500102030004311"
	noQR         = noProfile
	unknownICCID = "8944500102039999999"
)

// started is a sandbox with a server, both closed with the test.
func started(t testing.TB, config Config) (*Sandbox, *Running) {
	s := New(config)
	r, err := s.Start("127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(r.Close)
	return s, r
}

func body(operation, iccid, more string) string {
	return fmt.Sprintf(`<?xml version="1.0"?><%[1]s version="1" api_id="4711">`+
		`<authentication><username>%[2]s</username><password>%[3]s</password></authentication>`+
		`<iccid>%[4]s</iccid>%[5]s</%[1]s>`, operation, DemoUsername, DemoPassword, iccid, more)
}

func m2mRequestTo(ctx context.Context, url, text string) *http.Request {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, url, strings.NewReader(text))
	if err != nil {
		panic(err)
	}
	r.Header.Set("Content-Type", "application/xml")
	return r
}

func betatelRequestTo(ctx context.Context, url string) *http.Request {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		panic(err)
	}
	r.Header.Set("x-api-key", DemoAPIKey)
	r.Header.Set("x-user-id", DemoUserID)
	return r
}

// reply is an answer as a plain client sees it.
type reply struct {
	status int
	header http.Header
	body   []byte
	err    error // of the request, or of reading its body
}

var plainClient = &http.Client{
	CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	Timeout:       time.Minute,
}

func send(r *http.Request) reply {
	res, err := plainClient.Do(r)
	if err != nil {
		return reply{err: err}
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	return reply{res.StatusCode, res.Header, b, err}
}

// record asks the handler without a connection.
func record(s *Sandbox, r *http.Request) reply {
	w := httptest.NewRecorder()
	s.Handler().ServeHTTP(w, r)
	return reply{status: w.Code, header: w.Header(), body: w.Body.Bytes()}
}

func recordM2M(s *Sandbox, operation, iccid, more string) reply {
	return record(s, m2mRequestTo(context.Background(), "/", body(operation, iccid, more)))
}

// answered is a well-formed m2m answer: its root, its attributes and its
// children, in order.
type answered struct {
	XMLName  xml.Name
	Attrs    []xml.Attr `xml:",any,attr"`
	Children []struct {
		XMLName xml.Name
		Value   string `xml:",chardata"`
	} `xml:",any"`
}

func (a answered) String() string {
	var b strings.Builder
	b.WriteString(a.XMLName.Local)
	for _, at := range a.Attrs {
		fmt.Fprintf(&b, " %s=%s", at.Name.Local, at.Value)
	}
	for _, c := range a.Children {
		fmt.Fprintf(&b, " | %s: %s", c.XMLName.Local, c.Value)
	}
	return b.String()
}

// spelled is the answer in one line, or why it is none.
func (r reply) spelled() string {
	var a answered
	d := xml.NewDecoder(bytes.NewReader(r.body))
	if err := d.Decode(&a); err != nil {
		return "unreadable: " + err.Error()
	}
	return a.String()
}
