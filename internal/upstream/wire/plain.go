package wire

import (
	"bytes"
	"html"
	"regexp"
	"strings"
)

// maxPlain is how many bytes of a body are looked at for words to quote.
const maxPlain = 16 << 10

var (
	title   = regexp.MustCompile(`(?is)<title[^>]*>(.*?)</title`)
	unseen  = regexp.MustCompile(`(?is)<(script|style)\b.*?(</(script|style)>|$)|<!--.*?(-->|$)`)
	anyTags = regexp.MustCompile(`(?s)<[^>]*(>|$)`)
)

// Body returns what a person would read in a body that is not the API's, fit to
// be shown as [Mask.Words] makes it: the title of a web page, else the text
// without tags. A picture or other binary content has none.
func (m Mask) Body(body []byte) string {
	if bytes.HasPrefix(body, []byte("\x89PNG")) {
		return ""
	}
	// Secrets go before the tags do: one with a < in it would lose its end and
	// no longer be known. Twice the length, so that none is halved by the cut.
	text := m.hide(string(body[:min(len(body), 2*maxPlain)]))
	text = text[:min(len(text), maxPlain)]
	if strings.IndexByte(text, 0) >= 0 {
		return ""
	}
	if t := title.FindStringSubmatch(text); t != nil {
		text = t[1]
	}
	text = anyTags.ReplaceAllString(unseen.ReplaceAllString(text, " "), " ")
	return m.Words(html.UnescapeString(text))
}
