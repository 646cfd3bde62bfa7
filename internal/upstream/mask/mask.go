// Package mask hides secrets in texts that came from outside, however they are
// spelled there: escaped for XML, HTML, JSON, Go or a URL, also several times
// over, in another case, as base64 or hex, or cut short. Activation codes and the
// passwords in URLs are hidden likewise.
//
// It changes words alone. What is data (an ICCID, a column of the input) is
// never changed: a value that holds a secret must be left out, see [Mask.Holds].
package mask

import (
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

const (
	hidden = "***"
	// maxWords is how many runes of an upstream's own words are kept.
	maxWords = 300
	// lookedAt is how many bytes of a text they are looked for in.
	lookedAt = 8 << 10
)

var (
	// lpa finds activation codes: LPA:1$host$matching, with or without its prefix.
	lpa = regexp.MustCompile(`(?i)(lpa:\s*)?\b1\$[^\s"'<>]+|lpa:[^\s"'<>]+|\b[\w-]+(\.[\w-]+)+\$[^\s"'<>]+`)
	// userinfo finds the user and password of a URL, as a proxy's may hold them.
	userinfo = regexp.MustCompile(`//([^/\s"'@]*)@`)
)

// Mask makes texts that came from outside fit to be shown and kept. The zero
// Mask knows no secrets.
type Mask struct{ needles *needles }

// New returns a Mask that hides these secrets. Empty ones are passed over.
func New(secrets ...string) Mask {
	var n *needles
	for _, s := range secrets {
		if s == "" {
			continue
		}
		if n == nil {
			n = newNeedles()
		}
		n.add(s)
	}
	return Mask{n}
}

// Words returns a text from outside as one line of at most 300 runes, without
// control characters, with every secret and activation code as ***. Of a secret
// any eight characters in a row are hidden; a shorter one as a whole.
func (m Mask) Words(text string) string {
	text = m.Line(text[:min(len(text), lookedAt)])
	if utf8.RuneCountInString(text) <= maxWords {
		return text
	}
	return strings.TrimSpace(string([]rune(text)[:maxWords-1])) + "…"
}

// Line is like [Mask.Words] for a text of any length.
func (m Mask) Line(text string) string {
	if text == "" {
		return ""
	}
	// Once before and once after the folding: an activation code is known by
	// where it ends, and the folding may change that.
	return m.Hide(oneLine(m.Hide(text)))
}

// Hide returns a text with every secret and activation code as ***, and
// otherwise as it is.
func (m Mask) Hide(text string) string {
	covered := make([]bool, len(text))
	for l := range layersOf(text) {
		l.cover(covered, lpa.FindAllStringIndex(l.text, -1))
		for _, at := range userinfo.FindAllStringSubmatchIndex(l.text, -1) {
			l.cover(covered, [][]int{at[2:4]})
		}
		if m.needles != nil {
			m.needles.findIn(l, covered)
		}
	}
	return replaced(text, covered)
}

// Holds reports whether a value holds a whole secret.
func (m Mask) Holds(value string) bool {
	if m.needles == nil || len(value) < m.needles.shortest {
		return false
	}
	if isPlain(value) {
		return m.needles.anyIn(strings.ToLower(value))
	}
	for l := range layersOf(value) {
		if m.needles.wholeIn(l) {
			return true
		}
	}
	return false
}

// replaced is the text with *** for each stretch that is covered.
func replaced(text string, covered []bool) string {
	var b strings.Builder
	from := 0
	for i := 0; i < len(text); i++ {
		if !covered[i] {
			continue
		}
		b.WriteString(text[from:i])
		b.WriteString(hidden)
		for i < len(text) && covered[i] {
			i++
		}
		from = i
	}
	if from == 0 {
		return text
	}
	b.WriteString(text[from:])
	return b.String()
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
