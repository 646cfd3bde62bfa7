package mask

import (
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"slices"
	"strings"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"
)

const (
	// inARow is how many characters in a row of a secret give it away.
	inARow = 8
	// worthwhile is how long a secret's base64 or hex form must be to be looked
	// for: a shorter one would be found in ordinary words.
	worthwhile = 6
)

// needles are the forms of secrets, and of each both views.
type needles struct {
	grams    map[string]struct{} // any inARow characters in a row of a form
	short    []string            // forms with fewer
	whole    []string            // all forms, as a whole
	shortest int                 // characters of the shortest form
}

func newNeedles() *needles { return &needles{grams: map[string]struct{}{}} }

// add takes in a secret: as it is, as base64 and as hex, both of its UTF-16 too
// (as Windows and Java print bytes), and base64 once more (as a header inside a
// document is).
func (n *needles) add(secret string) {
	for _, view := range views {
		n.form(viewed(secret, view).text, 1)
		n.form(viewed(strings.ReplaceAll(secret, " ", "+"), view).text, 1) // as in a URL's query
		for _, bytes := range []string{secret, wide(secret, binary.LittleEndian), wide(secret, binary.BigEndian), base64.StdEncoding.EncodeToString([]byte(secret))} {
			for _, coded := range encoded(bytes) {
				n.form(viewed(coded, view).text, worthwhile)
			}
		}
	}
}

// form takes in a form that has at least so many characters.
func (n *needles) form(form string, atLeast int) {
	count := utf8.RuneCountInString(form)
	if count < atLeast || slices.Contains(n.whole, form) {
		return
	}
	n.whole = append(n.whole, form)
	if n.shortest == 0 || count < n.shortest {
		n.shortest = count
	}
	if count < inARow {
		n.short = append(n.short, form)
		return
	}
	for gram := range windows(form) {
		n.grams[form[gram[0]:gram[1]]] = struct{}{}
	}
}

// encoded are the base64 and hex forms of a secret. Inside a longer text base64
// begins at any of three places in a group, and only what the secret alone
// decides can be looked for.
func encoded(secret string) []string {
	digits := make([]string, len(secret))
	for i := range len(secret) {
		digits[i] = hex.EncodeToString([]byte{secret[i]})
	}
	var all []string
	for _, between := range []string{"", ":", "-", "0x", ",0x"} {
		all = append(all, strings.Join(digits, between))
	}
	for before, mixed := range []int{0, 2, 3} {
		padded := append(make([]byte, before), secret...)
		for _, e := range []*base64.Encoding{base64.RawStdEncoding, base64.RawURLEncoding} {
			text := e.EncodeToString(padded)[mixed:]
			all = append(all, text) // as at the end, where nothing comes after
			if len(padded)%3 != 0 && len(text) > 0 {
				all = append(all, text[:len(text)-1]) // the last one's bits are shared with what comes after
			}
		}
	}
	return all
}

// wide is a text in UTF-16.
func wide(text string, order binary.AppendByteOrder) string {
	var all []byte
	for _, unit := range utf16.Encode([]rune(text)) {
		all = order.AppendUint16(all, unit)
	}
	return string(all)
}

// findIn marks what of a layer gives a secret away.
func (n *needles) findIn(l layer, covered []bool) {
	for _, view := range views {
		seen := viewed(l.text, view)
		for at := range windows(seen.text) {
			if _, found := n.grams[seen.text[at[0]:at[1]]]; found {
				l.cover(covered, [][]int{seen.source(at[0], at[1])})
			}
		}
		for _, form := range n.short {
			for from := 0; ; {
				i := strings.Index(seen.text[from:], form)
				if i < 0 {
					break
				}
				l.cover(covered, [][]int{seen.source(from+i, from+i+len(form))})
				from += i + 1
			}
		}
	}
}

func (n *needles) wholeIn(l layer) bool {
	return slices.ContainsFunc(views, func(v view) bool { return n.anyIn(viewed(l.text, v).text) })
}

// anyIn reports whether a text, as a view has it, holds a whole form.
func (n *needles) anyIn(text string) bool {
	return slices.ContainsFunc(n.whole, func(form string) bool { return strings.Contains(text, form) })
}

// isPlain reports whether every view has a text as it is but for its case, and
// there is no escape in it. Nearly all values are such.
func isPlain(text string) bool {
	for i := range len(text) {
		if c := text[i]; c <= ' ' || c > '~' || c == '&' || c == '%' || c == '\\' {
			return false
		}
	}
	return true
}

// windows yields where each inARow characters in a row of a text begin and end.
func windows(text string) func(yield func([2]int) bool) {
	return func(yield func([2]int) bool) {
		end, count := 0, 0
		for begin := 0; begin < len(text); {
			for count < inARow {
				if end == len(text) {
					return
				}
				_, size := utf8.DecodeRuneInString(text[end:])
				end, count = end+size, count+1
			}
			if !yield([2]int{begin, end}) {
				return
			}
			_, size := utf8.DecodeRuneInString(text[begin:])
			begin, count = begin+size, count-1
		}
	}
}

// view is how a text is looked at: without case and what is invisible, and
// with each stretch of white space as one space (folded) or with none at all
// (bare), since a secret may have been broken up.
type view int

const (
	folded view = iota
	bare
)

var views = []view{folded, bare}

// sight is a text as a view has it.
type sight struct {
	text     string
	from, to []int // by byte: its source
}

func (s *sight) source(from, to int) []int { return []int{s.from[from], s.to[to-1]} }

func (s *sight) add(out *strings.Builder, r rune, from, to int) {
	before := out.Len()
	out.WriteRune(r)
	for range out.Len() - before {
		s.from, s.to = append(s.from, from), append(s.to, to)
	}
}

func viewed(text string, v view) sight {
	s := sight{from: make([]int, 0, len(text)), to: make([]int, 0, len(text))}
	var out strings.Builder
	out.Grow(len(text))
	spaced := true // nothing but white space so far, or right before
	for i := 0; i < len(text); {
		r, size := utf8.DecodeRuneInString(text[i:])
		if r == utf8.RuneError && size == 1 {
			r = rune(text[i]) // as Latin-1 has it: %E9
		}
		space := unicode.IsSpace(r)
		switch {
		case space && v == folded && !spaced:
			s.add(&out, ' ', i, i+size)
		case space, !unicode.IsPrint(r):
		default:
			s.add(&out, unicode.ToLower(r), i, i+size)
		}
		spaced = space || spaced && !unicode.IsPrint(r)
		i += size
	}
	s.text = out.String()
	return s
}
