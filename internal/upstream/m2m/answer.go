package m2m

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
)

// value is what an answer says under one name.
type value struct {
	text     string
	said     bool // there is such an element, empty perhaps
	disagree bool // there are several, and they differ
}

func (v *value) add(text string) {
	if v.said && v.text != text {
		v.disagree = true
	}
	v.text, v.said = text, true
}

// answer is what of an XML document matters to us. Elements count wherever they
// stand, the text of an element only where it holds no other element.
type answer struct {
	root                 string // folded
	apiID                value
	outcome, outcome2    value    // folded
	iccids               []string // every one named
	status, kind, months value
	qrCode, qrStatus     value
	errors               []string // the error texts, in order, none twice
	saysError            bool     // something whose name contains "error" says that there is one
}

// at is where the text under a folded name belongs; nil: nowhere.
func (a *answer) at(name string) *value {
	switch name {
	case foldAPIID:
		return &a.apiID
	case foldStatus:
		return &a.status
	case foldType:
		return &a.kind
	case foldMonths:
		return &a.months
	case foldQRCode:
		return &a.qrCode
	case foldQRStatus:
		return &a.qrStatus
	default:
		return nil
	}
}

// names notes an ICCID that the answer names, in an element or an attribute.
func (a *answer) names(iccid string) {
	if len(a.iccids) < maxICCIDs && !slices.Contains(a.iccids, iccid) {
		a.iccids = append(a.iccids, iccid)
	}
}

// said is the answer's outcome.
func (a *answer) said() value {
	if a.outcome.said {
		return a.outcome
	}
	return a.outcome2
}

// words are the upstream's own words about an error.
func (a *answer) words() string { return strings.Join(a.errors, "; ") }

// errCut: the document ended in the middle.
var errCut = errors.New("the XML is cut short")

// How many error texts and different ICCIDs of an answer are kept.
const (
	maxErrors = 8
	maxICCIDs = 8
)

// parser collects an answer while the tokens go by.
type parser struct {
	answer answer
	path   []string // folded names of the open elements
	text   []byte   // of the innermost element
	leaf   bool     // the innermost element has had no child
}

// parse reads an answer. It fails on what is not one whole XML document
// without a document type; errors.Is(err, errCut) where an answer has begun
// and its end is missing.
func parse(body []byte, contentType string) (answer, error) {
	d := xml.NewDecoder(bytes.NewReader(toUTF8(body, contentType)))
	d.CharsetReader = charsetReader
	var p parser
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err == nil {
			err = p.take(token)
		}
		if err != nil {
			return p.answer, p.explain(err)
		}
	}
	if p.answer.root == "" {
		return p.answer, errors.New("there is no XML in it")
	}
	return p.answer, nil
}

// explain tells a cut document apart from a wrong one.
func (p *parser) explain(err error) error {
	var syntax *xml.SyntaxError
	if errors.As(err, &syntax) && syntax.Msg == "unexpected EOF" && p.answer.root != "" && p.answer.root != foldHTML {
		return errCut
	}
	return fmt.Errorf("reading XML: %w", err)
}

func (p *parser) take(token xml.Token) error {
	switch t := token.(type) {
	case xml.StartElement:
		return p.open(t)
	case xml.CharData:
		if len(p.path) > 0 {
			p.text = append(p.text, t...)
		} else if len(bytes.TrimSpace(t)) > 0 {
			return errors.New("text outside of the root element")
		}
	case xml.EndElement:
		p.close()
	case xml.Directive:
		return errors.New("a document type, which no answer has")
	}
	return nil
}

func (p *parser) open(t xml.StartElement) error {
	p.noteError()
	name := fold(t.Name.Local)
	if len(p.path) == 0 {
		if p.answer.root != "" {
			return errors.New("a second root element")
		}
		p.answer.root = name
	}
	p.path = append(p.path, name)
	p.text, p.leaf = p.text[:0], true
	for _, a := range t.Attr {
		name, text := fold(a.Name.Local), strings.TrimSpace(a.Value)
		switch {
		case name == foldAPIID && text != "":
			p.answer.apiID.add(text)
		case name == foldICCID && text != "":
			p.answer.names(text)
		}
		p.answer.saysError = p.answer.saysError || strings.Contains(name, foldError) && isError(text)
	}
	return nil
}

// noteError looks at text before it is kept or, beside other elements, dropped.
func (p *parser) noteError() {
	if len(p.path) > 1 && !p.answer.saysError && isError(string(bytes.TrimSpace(p.text))) {
		p.answer.saysError = slices.ContainsFunc(p.path[1:], func(name string) bool { return strings.Contains(name, foldError) })
	}
}

func (p *parser) close() {
	p.noteError()
	if p.leaf {
		p.keep(string(bytes.TrimSpace(p.text)))
	}
	p.path, p.text, p.leaf = p.path[:len(p.path)-1], p.text[:0], false
}

// keep files the text of the element that is about to close.
func (p *parser) keep(text string) {
	a, name := &p.answer, p.path[len(p.path)-1]
	switch {
	case len(p.path) == 1: // the root is no child, whatever its name
	case name == foldOutcome:
		a.outcome.add(fold(text))
	case name == foldOutcome2:
		a.outcome2.add(fold(text))
	case name == foldICCID:
		a.names(text)
	case a.at(name) != nil:
		if name != foldAPIID || text != "" { // an empty api_id bears no number
			a.at(name).add(text)
		}
	case text != "" && slices.ContainsFunc(p.path[1:], isErrorName) &&
		len(a.errors) < maxErrors && !slices.Contains(a.errors, text):
		a.errors = append(a.errors, text)
	}
}

// isError reports whether the text of an element about an error says that there
// is one (product.md, Pace).
func isError(text string) bool {
	switch strings.TrimLeft(fold(text), "0") {
	case "", "none", foldSuccess:
		return false
	}
	return true
}

func isErrorName(name string) bool {
	return slices.ContainsFunc(errorNames, func(part string) bool { return strings.Contains(name, part) })
}
