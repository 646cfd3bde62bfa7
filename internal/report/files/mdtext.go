package files

import (
	"fmt"
	"strings"

	"bulk/internal/report/human"
)

// plain writes foreign text into Markdown so that it is text and nothing else:
// what could mean something is written as a character reference, which
// CommonMark never takes for structure. A word joiner keeps an @ from calling
// somebody, and a # from becoming a link, on a forge.
func plain(text string) string {
	var out strings.Builder
	text = human.OneLine(text)
	for i, r := range text {
		switch {
		case r == '@' || r == '#':
			fmt.Fprintf(&out, "&#%d;\u2060", r)
		case r >= 0x80, r >= '0' && r <= '9', r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z', r == ' ',
			i > 0 && strings.ContainsRune(`.,;'"()/%?`, r),
			i > 0 && r == '-',
			i > 0 && r == ':' && strings.HasPrefix(text[i+1:], " "),
			r == '_' && within(text, i):
			out.WriteRune(r)
		default:
			fmt.Fprintf(&out, "&#%d;", r)
		}
	}
	return strings.TrimSpace(out.String())
}

// within reports whether letters or digits stand on both sides of a byte, where
// an underscore is no emphasis.
func within(text string, i int) bool {
	return i > 0 && i+1 < len(text) && alphanumeric(text[i-1]) && alphanumeric(text[i+1])
}

func alphanumeric(b byte) bool {
	return b >= '0' && b <= '9' || b >= 'a' && b <= 'z' || b >= 'A' && b <= 'Z'
}

// code writes text as a code span, also in a table, where no escape of a pipe
// is safe: it becomes a look-alike.
func code(text string) string {
	text = strings.ReplaceAll(human.OneLine(text), "|", "\u2223")
	if text == "" {
		return ""
	}
	fence := strings.Repeat("`", longestRun(text)+1)
	if strings.HasPrefix(text, "`") || strings.HasSuffix(text, "`") {
		text = " " + text + " "
	}
	return fence + text + fence
}

// longestRun is the longest run of backticks in a text.
func longestRun(text string) int {
	longest, run := 0, 0
	for _, r := range text {
		if r == '`' {
			run++
			longest = max(longest, run)
		} else {
			run = 0
		}
	}
	return longest
}
