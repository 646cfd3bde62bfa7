package usage

import (
	"regexp"
	"strings"
	"unicode/utf8"
)

// entry is a line of a list: a term, a gap, and what is said of it.
var entry = regexp.MustCompile(`^(\s*\S+(?: \S+)*?\s{2,})(\S.*)$`)

// Fold breaks the paragraphs and lists of a text into lines of at most so many
// columns. A line that is indented, or has a gap in it, is one of a list.
func Fold(text string, columns int) string {
	var b strings.Builder
	var paragraph []string
	end := func() {
		if paragraph != nil {
			b.WriteString(strings.Join(folded(strings.Join(paragraph, " "), columns), "\n") + "\n")
			paragraph = nil
		}
	}
	for line := range strings.SplitSeq(text, "\n") {
		switch {
		case strings.TrimSpace(line) == "":
			end()
			b.WriteString("\n")
		case line[0] == ' ' || strings.Contains(line, "  "):
			end()
			b.WriteString(listed(line, columns) + "\n")
		case strings.HasSuffix(line, ":"): // what follows is a list
			paragraph = append(paragraph, line)
			end()
		default:
			paragraph = append(paragraph, line)
		}
	}
	end()
	return strings.TrimRight(b.String(), "\n")
}

// listed breaks a line of a list, and has the rest stand under what is said.
func listed(line string, columns int) string {
	if utf8.RuneCountInString(line) <= columns {
		return line
	}
	term, said := line[:len(line)-len(strings.TrimLeft(line, " "))], strings.TrimSpace(line)
	if parts := entry.FindStringSubmatch(line); parts != nil && len(parts[1]) < columns/2 {
		term, said = parts[1], parts[2]
	}
	return term + strings.Join(folded(said, columns-len(term)), "\n"+strings.Repeat(" ", len(term)))
}

// folded breaks a text into lines of at most so many columns.
func folded(text string, columns int) (lines []string) {
	line := ""
	for _, word := range strings.Fields(text) {
		if line != "" && utf8.RuneCountInString(line)+1+utf8.RuneCountInString(word) > columns {
			lines = append(lines, line)
			line = ""
		}
		if line != "" {
			line += " "
		}
		line += word
	}
	return append(lines, line)
}

// pasted breaks the lines of an example so that they can still be pasted: a comment
// stands above its command, and a backslash goes on with it.
func pasted(example string, columns int) string {
	var lines []string
	for line := range strings.SplitSeq(strings.TrimRight(example, "\n"), "\n") {
		if utf8.RuneCountInString(line) <= columns {
			lines = append(lines, line)
			continue
		}
		command, comment, commented := strings.Cut(line, " # ")
		if commented {
			lines = append(lines, "  # "+strings.TrimSpace(comment))
		}
		lines = append(lines, continued(strings.TrimRight(command, " "), columns)...)
	}
	return strings.Join(lines, "\n")
}

// continued breaks a command at spaces outside quotation marks.
func continued(command string, columns int) (lines []string) {
	const more, rest = " \\", "      "
	for utf8.RuneCountInString(command) > columns {
		at, quoted := -1, rune(0)
		for i, c := range command {
			switch {
			case quoted == 0 && (c == '\'' || c == '"'):
				quoted = c
			case c == quoted:
				quoted = 0
			case c == ' ' && quoted == 0 && i > len(rest) && i+len(more) <= columns:
				at = i
			}
		}
		if at < 0 {
			break
		}
		lines = append(lines, command[:at]+more)
		command = rest + command[at+1:]
	}
	return append(lines, command)
}
