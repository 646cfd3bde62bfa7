package mask

import (
	"html"
	"iter"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

const (
	// mostLayers is how many escapes, one over the other, are undone.
	mostLayers = 3
	// mostWork is how many bytes are looked at for one text, about.
	mostWork = 128 << 10
)

// layer is a text with some escapes undone. It knows where in the original each
// of its bytes came from.
type layer struct {
	text     string
	from, to []int32 // by byte of text: its source in the original
	depth    int
}

// layersOf yields a text as it is, and with the escapes undone that may lie
// over each other in it, in any order: what is an escape of one kind may be
// plain text to another.
func layersOf(text string) iter.Seq[layer] {
	return func(yield func(layer) bool) {
		first := layer{text: text, from: make([]int32, len(text)), to: make([]int32, len(text))}
		for i := range len(text) {
			first.from[i], first.to[i] = int32(i), int32(i+1)
		}
		queue, seen, work := []layer{first}, map[string]bool{text: true}, len(text)
		for ; len(queue) > 0; queue = queue[1:] {
			l := queue[0]
			if !yield(l) {
				return
			}
			for _, e := range escapes {
				if l.depth == mostLayers || work > mostWork || strings.IndexByte(l.text, e.mark) < 0 {
					continue
				}
				if inner := l.unescaped(e); !seen[inner.text] {
					queue, work = append(queue, inner), work+len(inner.text)
					seen[inner.text] = true
				}
			}
		}
	}
}

// escape is a kind of escapes: the character that each begins with, and how one
// at the beginning of a text is read: what it means, and how long it is; 1 where
// it is none, and the character stands for itself.
type escape struct {
	mark byte
	read func(text string) (means string, length int)
}

var escapes = []escape{{'&', entity}, {'%', percent}, {'\\', backslash}}

// cover marks in the original what these stretches of the layer came from.
func (l *layer) cover(covered []bool, stretches [][]int) {
	for _, at := range stretches {
		if at[0] == at[1] {
			continue
		}
		for i := l.from[at[0]]; i < l.to[at[1]-1]; i++ {
			covered[i] = true
		}
	}
}

// unescaped is the layer with the escapes of one kind undone.
func (l *layer) unescaped(e escape) layer {
	inner := layer{from: make([]int32, 0, len(l.text)), to: make([]int32, 0, len(l.text)), depth: l.depth + 1}
	var b strings.Builder
	for i := 0; i < len(l.text); {
		means, length := l.text[i:i+1], 1
		if l.text[i] == e.mark {
			means, length = e.read(l.text[i:])
		}
		for range len(means) {
			inner.from = append(inner.from, l.from[i])
			inner.to = append(inner.to, l.to[i+length-1])
		}
		b.WriteString(means)
		i += length
	}
	inner.text = b.String()
	return inner
}

// longestEntity is the longest name of a character in HTML, and then some.
const longestEntity = 40

// entity reads an escape of XML or HTML: &amp; &#38; &#x26; and, as browsers do,
// without the semicolon. What is none is a character by itself.
func entity(text string) (means string, length int) {
	end := 1
	for end < len(text) && end < longestEntity && (text[end] == '#' || isAlnum(text[end])) {
		end++
	}
	if end < len(text) && text[end] == ';' {
		end++
	}
	for _, name := range []string{text[:end], strings.ToLower(text[:end])} {
		if means = html.UnescapeString(name); means != name {
			return means, end
		}
	}
	return text[:1], 1
}

// percent reads an escape of a URL: %26, or the %u0026 of old scripts.
func percent(text string) (means string, length int) {
	if len(text) > 2 && (text[1] == 'u' || text[1] == 'U') {
		if r, ok := hexRune(text, 2, 4); ok {
			return string(r), 6
		}
	}
	if b, ok := hexByte(text, 1); ok {
		return string([]byte{b}), 3
	}
	return text[:1], 1
}

// backslash reads an escape of JSON or Go.
func backslash(text string) (means string, length int) {
	if len(text) < 2 {
		return text, 1
	}
	switch c := text[1]; {
	case (c == 'u' || c == 'x') && len(text) > 2 && text[2] == '{':
		if end := strings.IndexByte(text[:min(len(text), longestEntity)], '}'); end > 0 {
			if r, ok := hexRune(text, 3, end-3); ok {
				return string(r), end + 1
			}
		}
	case c == 'u' || c == 'U':
		if r, ok := hexRune(text, 2, 8); ok && c == 'U' {
			return string(r), 10
		}
		return unicodeEscape(text)
	case c == 'x' || c == 'X':
		if b, ok := hexByte(text, 2); ok {
			return string([]byte{b}), 4
		}
	case c >= '0' && c <= '7' && len(text) >= 4:
		if n, err := strconv.ParseUint(text[1:4], 8, 8); err == nil {
			return string([]byte{byte(n)}), 4
		}
	case strings.IndexByte("abfnrtv", c) >= 0:
		return " ", 2 // white space or invisible: it makes no difference which
	case c < utf8.RuneSelf && !isAlnum(c):
		return text[1:2], 2
	}
	return text[:1], 1
}

// unicodeEscape reads \u0026, or the two of a surrogate pair.
func unicodeEscape(text string) (means string, length int) {
	r, ok := hexRune(text, 2, 4)
	if !ok {
		return text[:1], 1
	}
	const high, low, last = 0xD800, 0xDC00, 0xDFFF
	if r >= high && r < low && len(text) >= 12 && strings.EqualFold(text[6:8], `\u`) {
		if second, ok := hexRune(text, 8, 4); ok && second >= low && second <= last {
			return string((r-high)<<10 + (second - low) + 0x10000), 12
		}
	}
	return string(r), 6
}

func hexRune(text string, at, digits int) (rune, bool) {
	if len(text) < at+digits {
		return 0, false
	}
	n, err := strconv.ParseUint(text[at:at+digits], 16, 31)
	return rune(n), err == nil && n <= unicode.MaxRune
}

func hexByte(text string, at int) (byte, bool) {
	r, ok := hexRune(text, at, 2)
	return byte(r), ok
}

func isAlnum(c byte) bool {
	return c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
}
