package settings

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"time"

	"bulk/cmd/bulk/console"
)

const (
	secretWithin = 30 * time.Second // a vault may ask a person, or a slow network
	secretPipes  = 2 * time.Second  // that what the command left behind may keep its output open
	secretMost   = 64 << 10         // bytes
)

// ask takes a value from a command that prints it, as a vault's does; one trailing
// line end does not belong to it. The command is asked once: what it says to
// standard error is for the person.
func (p *Sources) ask(s setting, f found, who, line string) found {
	if known, asked := p.printed[line]; asked {
		known.From = f.From
		return known
	}
	f.Via = "command " + firstWord(line)
	text, err := p.output(line)
	switch value := strings.TrimRight(text, "\r\n"); {
	case err != nil:
		f.Err = fmt.Errorf("%s: %w", who, err)
	case value == "":
		f.Err = fmt.Errorf("%s: the command printed nothing", who)
	case s.list:
		f.Words = strings.Fields(value)
	default:
		f.Words = []string{value}
	}
	if p.printed == nil {
		p.printed = map[string]found{}
	}
	p.printed[line] = f
	return f
}

// output runs a command line, without bulk's own secrets in its environment.
func (p *Sources) output(line string) (string, error) {
	ctx, cancel := context.WithTimeout(context.Background(), secretWithin)
	defer cancel()
	cmd := console.ShellCommand(ctx, line)
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &limited{to: &out, left: secretMost}, p.Stderr
	cmd.Env = p.WithoutSecrets(os.Environ(), nil)
	cmd.WaitDelay = secretPipes
	err := cmd.Run()
	switch {
	case errors.Is(err, exec.ErrWaitDelay): // it has ended, and left something running, such as an agent
	case ctx.Err() != nil:
		return "", fmt.Errorf("the command did not end within %s", secretWithin)
	case err != nil:
		return "", fmt.Errorf("the command failed: %w", err)
	}
	return out.String(), nil
}

// limited keeps no more than so many bytes.
type limited struct {
	to   *bytes.Buffer
	left int
}

func (l *limited) Write(p []byte) (int, error) {
	if len(p) > l.left {
		return 0, fmt.Errorf("it printed more than %d bytes", secretMost)
	}
	l.left -= len(p)
	return l.to.Write(p)
}

// firstWord is what may be shown of a command: the rest may hold a token.
func firstWord(line string) string {
	if words := strings.Fields(line); len(words) > 0 {
		return words[0]
	}
	return line
}
