package sandbox

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"slices"
	"strings"

	"bulk/internal/jobs"
)

// maxRequest is the largest body that is read, in bytes.
const maxRequest = 64 << 10

// m2mRequest is the body of a request, in the spelling of upstreams.md, 1. Only
// that spelling is understood: what a client gets wrong should show here.
type m2mRequest struct {
	XMLName  xml.Name
	Version  string  `xml:"version,attr"`
	APIID    string  `xml:"api_id,attr"`
	Username string  `xml:"authentication>username"`
	Password string  `xml:"authentication>password"`
	ICCID    *string `xml:"iccid"`
	Group    *string `xml:"group"`
	QRStatus *string `xml:"qr_status"`
	Status   *string `xml:"status"`
}

// m2mExchange is a request that could be read.
type m2mExchange struct {
	sandbox *Sandbox
	req     m2mRequest
	wrong   string // what is wrong with the request as such; empty: nothing
	status  int    // the HTTP status that goes with wrong
}

func (s *Sandbox) serveM2M(w http.ResponseWriter, r *http.Request) {
	x := &m2mExchange{sandbox: s}
	var err error
	kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	x.req, err = readM2M(http.MaxBytesReader(w, r.Body, maxRequest))
	switch {
	case err != nil:
		x.wrong, x.status = "invalid xml", http.StatusBadRequest
	case kind != "application/xml":
		x.wrong, x.status = "content type is not application/xml", http.StatusUnsupportedMediaType
	default:
		x.wrong, x.status = x.req.fault(), http.StatusOK
	}
	s.serve(w, r, x)
}

func readM2M(body io.Reader) (m2mRequest, error) {
	var req m2mRequest
	text, err := io.ReadAll(body) // to its end, or the server cannot see the client leave
	if err != nil {
		return m2mRequest{}, fmt.Errorf("reading the body: %w", err)
	}
	d := xml.NewDecoder(bytes.NewReader(text))
	if err := d.Decode(&req); err != nil {
		return m2mRequest{}, fmt.Errorf("reading the request: %w", err)
	}
	for {
		more, err := d.Token()
		if errors.Is(err, io.EOF) {
			return req, nil
		}
		if err != nil {
			return m2mRequest{}, fmt.Errorf("reading what follows the request: %w", err)
		}
		if text, isText := more.(xml.CharData); !isText || len(bytes.TrimSpace(text)) > 0 {
			return m2mRequest{}, errors.New("something follows the request")
		}
	}
}

// fault is what the request lacks; empty: nothing.
func (req *m2mRequest) fault() string {
	switch {
	case !slices.Contains(m2mOperations, req.XMLName.Local):
		return "unknown operation"
	case req.Version != "1":
		return "invalid version"
	case req.APIID == "":
		return "missing parameter api_id"
	case req.ICCID == nil:
		return "missing parameter iccid"
	case req.Group == nil && (req.XMLName.Local == setAAGroup || req.XMLName.Local == setGroup):
		return "missing parameter group"
	case req.QRStatus == nil && req.XMLName.Local == setQRStatus:
		return "missing parameter qr_status"
	case req.Status == nil && req.XMLName.Local == setStatus:
		return "missing parameter status"
	}
	return ""
}

func (x *m2mExchange) call() call {
	c := call{upstream: jobs.M2M, operation: unknownOperation}
	if slices.Contains(m2mOperations, x.req.XMLName.Local) {
		c.operation = x.req.XMLName.Local
	}
	if x.req.ICCID != nil {
		c.iccid = *x.req.ICCID
	}
	right := x.sandbox.config.Credentials
	c.trusted = x.status == http.StatusBadRequest || // nobody can tell whose it is: it gets as far as "invalid xml"
		x.req.Username == right.Username && x.req.Password == right.Password
	return c
}

func (x *m2mExchange) perform(m manner) answer {
	if x.wrong != "" {
		return x.write(x.status, m2mResult{failure: x.wrong}, m)
	}
	return x.write(http.StatusOK, x.sandbox.doM2M(&x.req), m)
}

func (x *m2mExchange) refuse(status int, message string) answer {
	return x.write(status, m2mResult{failure: message}, plain)
}

func (x *m2mExchange) bare(status int) answer {
	return answer{status: status, contentType: "text/plain; charset=utf-8", body: []byte(http.StatusText(status) + "\n")}
}

// m2mResult is what an operation comes to.
type m2mResult struct {
	failure string // empty: success
	fields  []m2mField
}

type m2mField struct{ name, value string }

// write spells a result: root, api_id, outcome, then the data or the error.
func (x *m2mExchange) write(status int, result m2mResult, m manner) answer {
	root, id, fields := x.req.XMLName.Local+"_response", x.req.APIID, result.fields
	outcome := m2mField{"api_outcome", "success"}
	if result.failure != "" {
		outcome.value, fields = "failure", []m2mField{{"error_description", result.failure}}
	}
	idName := "api_id"
	if x.call().operation == unknownOperation {
		root = "error_response"
	}
	switch m {
	case otherID:
		id += "7"
	case noID:
		idName = ""
	case otherSpelling:
		root, idName = "Answer", "Api-Id"
		outcome = m2mField{"API-Outcome", strings.ToUpper(outcome.value[:1]) + outcome.value[1:]}
		fields = slices.Clone(fields)
		for i, f := range fields {
			fields[i].name = camel(f.name)
		}
	}
	b := bytes.NewBuffer(make([]byte, 0, 256))
	b.WriteString(xml.Header)
	b.WriteString("<" + root)
	if idName != "" {
		b.WriteString(" " + idName + `="`)
		_ = xml.EscapeText(b, []byte(id)) // a buffer takes everything
		b.WriteString(`"`)
	}
	b.WriteString(">")
	for _, f := range append([]m2mField{outcome}, fields...) {
		b.WriteString("<" + f.name + ">")
		_ = xml.EscapeText(b, []byte(f.value))
		b.WriteString("</" + f.name + ">")
	}
	b.WriteString("</" + root + ">\n")
	return answer{status: status, contentType: "application/xml", body: b.Bytes()}
}

// camel turns months_remaining into MonthsRemaining.
func camel(name string) string {
	var b strings.Builder
	for part := range strings.SplitSeq(name, "_") {
		b.WriteString(strings.ToUpper(part[:1]) + part[1:])
	}
	return b.String()
}
