package console

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"regexp"
	"strconv"
	"strings"

	"github.com/mattn/go-isatty"
	"golang.org/x/term"

	"bulk/internal/report/human"
)

// grouped is a number in groups of three digits, as people write it.
var grouped = regexp.MustCompile(`^\d{1,3}(?:(?:,\d{3})+|(?:\.\d{3})+|(?:['’]\d{3})+|(?:[ \x{a0}\x{2009}\x{202f}]\d{3})+)$`)

// IsNumber reports whether an answer is this number: 2000, 2,000, 2.000, 2 000
// or 2'000.
func IsNumber(answer string, n int) bool {
	if grouped.MatchString(answer) {
		answer = strings.Map(func(r rune) rune {
			if r >= '0' && r <= '9' {
				return r
			}
			return -1
		}, answer)
	}
	return answer == strconv.Itoa(n)
}

// Interactive reports whether there is a person to ask: standard input is a
// terminal and not the input, and no CI job runs this. Where standard error goes
// does not matter: a question goes to the terminal itself.
func (u *UI) Interactive() bool {
	if ci, _ := u.p.Env("CI"); ci != "" {
		return false
	}
	return !u.Piped && OnTerminal(u.p.Stdin)
}

// OnTerminal reports whether a stream is a terminal, be it one of MSYS or Cygwin,
// which to the system are pipes.
func OnTerminal(stream any) bool {
	f, ok := stream.(*os.File)
	return ok && (isatty.IsTerminal(f.Fd()) || isatty.IsCygwinTerminal(f.Fd()))
}

// Size is how much a terminal shows at once.
type Size struct{ Columns, Lines int }

// usualSize is that of a terminal which does not say.
var usualSize = Size{80, 24}

func sizeOf(out any) Size {
	if f, ok := out.(*os.File); ok {
		if columns, lines, err := term.GetSize(int(f.Fd())); err == nil && columns > 0 && lines > 0 {
			return Size{columns, lines}
		}
	}
	return usualSize
}

// Prompt is the end of a question; what is typed stands behind it.
func Prompt(text string, size Size) string {
	return strings.TrimSuffix(human.Hang("", text, size.Columns-1), "\n") + " "
}

// Ask puts a text that ends with a question on the terminal, of whose size the text
// is made, and reads a line, until the context ends. It is for interactive commands.
func (u *UI) Ask(ctx context.Context, text func(Size) string) (string, error) {
	in, out, done := u.terminalItself()
	defer done()
	fmt.Fprint(out, text(sizeOf(out)))
	answer, err := bufio.NewReader(Heed(ctx, in)).ReadString('\n')
	if err != nil {
		fmt.Fprintln(out) // the line with the question is open
		awaitSignal(ctx)
		if answer == "" || ctx.Err() != nil {
			return "", err
		}
	}
	return strings.TrimSpace(answer), nil
}

// terminalItself is the terminal that the process is on, whatever its streams
// are; where it cannot be had, as under MSYS, standard input and error.
func (u *UI) terminalItself() (in io.Reader, out io.Writer, done func()) {
	var opened []*os.File
	done = func() {
		for _, f := range opened {
			closeTerminal(f)
		}
	}
	for _, t := range terminalNames {
		f, err := os.OpenFile(t.name, t.flag, 0)
		if err != nil || !isatty.IsTerminal(f.Fd()) {
			if err == nil {
				_ = f.Close()
			}
			done()
			return u.p.Stdin, u, func() {}
		}
		opened = append(opened, f)
	}
	return opened[0], opened[len(opened)-1], done
}
