package wire

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"html"
	"net/url"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

// maxWords is how many runes of an upstream's own words are kept.
const maxWords = 300

// lpa finds activation codes: LPA:1$host$matching, with or without its prefix,
// plain or as it looks in a URL or in JSON.
var lpa = regexp.MustCompile(`(?i)(lpa(:|%3a)\s*)?\b1(\$|%24|\\u0024)[^\s"'<>]+` +
	`|lpa(:|%3a)[^\s"'<>]+` +
	`|\b[\w-]+(\.[\w-]+)+(\$|%24|\\u0024)[^\s"'<>]+`)

// userinfo finds the user and password of a URL, as a proxy's may hold them.
var userinfo = regexp.MustCompile(`//[^/\s"'@]*@`)

// Mask makes texts that came from outside fit to be shown and kept.
// The zero Mask knows no secrets.
type Mask struct{ secrets *strings.Replacer }

// NewMask returns a Mask that hides these secrets, also where they are escaped
// as XML, HTML, JSON or URLs escape. Empty ones are passed over.
func NewMask(secrets ...Secret) Mask {
	var pairs []string
	for _, s := range secrets {
		text := s.Reveal()
		if text == "" {
			continue
		}
		for _, form := range []string{text, xmlEscaped(text), html.EscapeString(text),
			url.QueryEscape(text), url.PathEscape(text), jsonEscaped(text)} {
			pairs = append(pairs, form, hidden)
		}
	}
	if pairs == nil {
		return Mask{}
	}
	return Mask{secrets: strings.NewReplacer(pairs...)}
}

// Words returns a text from outside as one line of at most 300 runes, without
// control characters, with every secret and activation code as ***.
func (m Mask) Words(text string) string {
	if text == "" {
		return ""
	}
	// Once before and once after the folding: either may hide a secret from
	// the other, by breaking it up or by folding the spaces in it.
	text = m.hide(oneLine(m.hide(text)))
	if utf8.RuneCountInString(text) <= maxWords {
		return text
	}
	return strings.TrimSpace(string([]rune(text)[:maxWords-1])) + "…"
}

func (m Mask) hide(text string) string {
	if m.secrets != nil {
		text = m.secrets.Replace(text)
	}
	return userinfo.ReplaceAllString(lpa.ReplaceAllString(text, hidden), "//"+hidden+"@")
}

// oneLine folds white space to single spaces and drops what is not printable.
func oneLine(text string) string {
	var b strings.Builder
	space := false
	for _, r := range strings.ToValidUTF8(text, "\uFFFD") {
		switch {
		case unicode.IsSpace(r):
			space = true
		case !unicode.IsPrint(r):
		default:
			if space && b.Len() > 0 {
				b.WriteByte(' ')
			}
			space = false
			b.WriteRune(r)
		}
	}
	return b.String()
}

func xmlEscaped(text string) string {
	var b bytes.Buffer
	_ = xml.EscapeText(&b, []byte(text)) // a Buffer cannot fail
	return b.String()
}

func jsonEscaped(text string) string {
	quoted, _ := json.Marshal(text) // a string cannot fail
	return string(quoted[1 : len(quoted)-1])
}
