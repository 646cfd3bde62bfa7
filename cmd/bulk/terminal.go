package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/mattn/go-isatty"
)

// interactive reports whether there is a person to ask: standard input is a
// terminal and not the input, and no CI job runs this. Where standard error goes
// does not matter: a question goes to the terminal itself.
func (u *ui) interactive() bool {
	if ci, _ := u.p.env("CI"); ci != "" {
		return false
	}
	return !u.piped && isTerminal(u.p.stdin)
}

// isTerminal reports whether a stream is a terminal, be it one of MSYS or Cygwin,
// which to the system are pipes.
func isTerminal(stream any) bool {
	f, ok := stream.(*os.File)
	return ok && (isatty.IsTerminal(f.Fd()) || isatty.IsCygwinTerminal(f.Fd()))
}

// ask puts a text that ends with a question on the terminal and reads a line,
// until the context ends. It is for interactive commands.
func (u *ui) ask(ctx context.Context, text string) (string, error) {
	in, out, done := u.terminalItself()
	defer done()
	fmt.Fprint(out, text)
	answer, err := bufio.NewReader(heed(ctx, in)).ReadString('\n')
	if err != nil {
		fmt.Fprintln(out) // the line with the question is open
		if answer == "" || ctx.Err() != nil {
			return "", err
		}
	}
	return strings.TrimSpace(answer), nil
}

// terminalItself is the terminal that the process is on, whatever its streams
// are; where it cannot be had, as under MSYS, standard input and error.
func (u *ui) terminalItself() (in io.Reader, out io.Writer, done func()) {
	var opened []*os.File
	done = func() {
		for _, f := range opened {
			_ = f.Close()
		}
	}
	for _, t := range terminalNames {
		f, err := os.OpenFile(t.name, t.flag, 0)
		if err != nil || !isatty.IsTerminal(f.Fd()) {
			if err == nil {
				_ = f.Close()
			}
			done()
			return u.p.stdin, u, func() {}
		}
		opened = append(opened, f)
	}
	return opened[0], opened[len(opened)-1], done
}
