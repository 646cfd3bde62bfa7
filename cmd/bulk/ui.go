package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"os"
	"strings"
	"sync"

	"github.com/lmittmann/tint"
	"golang.org/x/term"
)

// ui is how a command talks to the person, or to the log that stands in for
// one: the program's name first, no capital, no full stop, and after an error a
// hint that says what to do. All of it goes to stderr.
type ui struct {
	p       *process
	log     *slog.Logger
	json    bool
	command string // whose help explains the command line
	piped   bool   // standard input is the input

	mu  sync.Mutex // a signal may be told of at any time
	out io.Writer  // stderr, or the bar's writer while one is shown
}

func newUI(p *process) *ui {
	u := &ui{p: p, out: p.stderr, command: "bulk"}
	u.log = slog.New(slog.DiscardHandler)
	return u
}

// Write is where log lines and messages go.
func (u *ui) Write(text []byte) (int, error) {
	u.mu.Lock()
	out := u.out
	u.mu.Unlock()
	return out.Write(text)
}

// through sends everything through another writer until back is called.
func (u *ui) through(out io.Writer) (back func()) {
	u.mu.Lock()
	defer u.mu.Unlock()
	before := u.out
	u.out = out
	return func() {
		u.mu.Lock()
		defer u.mu.Unlock()
		u.out = before
	}
}

// configure sets up the log.
func (u *ui) configure(format, level string) error {
	var l slog.Level
	if err := l.UnmarshalText([]byte(level)); err != nil {
		return misused("--log-level is debug, info, warn or error, not %q", level)
	}
	switch format {
	case "json":
		u.json = true
		u.log = slog.New(slog.NewJSONHandler(u, &slog.HandlerOptions{Level: l}))
	case "text":
		if u.terminal() {
			u.log = slog.New(tint.NewTextHandler(u, &tint.Options{Level: l, TimeFormat: "15:04:05", NoColor: u.plain()}))
		} else {
			u.log = slog.New(slog.NewTextHandler(u, &slog.HandlerOptions{Level: l}))
		}
	default:
		return misused("--log-format is text or json, not %q", format)
	}
	return nil
}

// say tells the person something; in a JSON log it is a line of it.
func (u *ui) say(format string, args ...any) { u.line(slog.LevelInfo, fmt.Sprintf(format, args...)) }

// warn tells the person something that may be wrong.
func (u *ui) warn(format string, args ...any) {
	u.line(slog.LevelWarn, fmt.Sprintf(format, args...))
}

func (u *ui) line(level slog.Level, text string) {
	switch {
	case u.json:
		u.log.Log(context.Background(), level, text)
	case level >= slog.LevelWarn:
		fmt.Fprintf(u, "bulk: warning: %s\n", text)
	default:
		fmt.Fprintf(u, "bulk: %s\n", text)
	}
}

// fail tells an error and what to do about it.
func (u *ui) fail(text string, hints ...string) {
	if u.json {
		u.log.Error(text, "hint", strings.Join(hints, "; "))
		return
	}
	fmt.Fprintf(u, "bulk: error: %s\n", strings.TrimSuffix(text, "."))
	for _, h := range hints {
		fmt.Fprintf(u, "bulk: hint: %s\n", h)
	}
}

// terminal tells whether stderr is one.
func (u *ui) terminal() bool {
	f, ok := u.p.stderr.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}

// plain: no colours, because the person asked for none or there is no terminal.
func (u *ui) plain() bool {
	_, no := u.p.env("NO_COLOR")
	return no || u.dumb() || !u.terminal()
}

// dumb: the terminal knows no codes.
func (u *ui) dumb() bool {
	terminal, _ := u.p.env("TERM")
	return terminal == "dumb"
}

// width is how many columns the terminal has; 80 where there is none.
func (u *ui) width() int {
	if f, ok := u.p.stderr.(*os.File); ok {
		if w, _, err := term.GetSize(int(f.Fd())); err == nil && w > 0 {
			return w
		}
	}
	return 80
}
