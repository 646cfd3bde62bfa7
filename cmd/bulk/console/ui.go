package console

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"strings"
	"sync"
	"syscall"

	"github.com/lmittmann/tint"
	"github.com/mattn/go-isatty"
	"golang.org/x/term"

	"bulk/internal/jobs/meant"
)

// UI is how a command talks to the person, or to the log that stands in for
// one: the program's name first, no capital, no full stop, and after an error a
// hint that says what to do. All of it goes to stderr.
type UI struct {
	p       *Process
	Log     *slog.Logger
	Json    bool
	Command string // whose help explains the command line
	Piped   bool   // standard input is the input
	Quiet   bool   // only what a person must know

	mu       sync.Mutex // a signal may be told of at any time
	out      io.Writer  // stderr, or the bar's writer while one is shown
	deserted *os.File   // the terminal, once nobody reads stderr any more; nil: somebody does, or there is none
}

func NewUI(p *Process) *UI {
	u := &UI{p: p, out: p.Stderr, Command: "bulk"}
	u.Log = slog.New(slog.DiscardHandler)
	return u
}

// Write is where log lines and messages go.
func (u *UI) Write(text []byte) (int, error) {
	n, err := u.place().Write(text)
	if !errors.Is(err, syscall.EPIPE) || !u.desert() {
		return n, err
	}
	return u.place().Write(text)
}

// place is what is written to now. It is written to without the lock: a bar's
// writer asks how wide the terminal is.
func (u *UI) place() io.Writer {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.deserted != nil {
		return u.deserted
	}
	return u.out
}

// desert goes on at the terminal once stderr has no reader any more, and reports
// whether there is one.
func (u *UI) desert() bool {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.deserted != nil {
		return true
	}
	if u.deserted = u.terminalLeft(); u.deserted == nil {
		return false
	}
	fmt.Fprintln(u.deserted, "bulk: nobody reads what is said any more (the program behind the pipe has ended); it goes on here")
	return true
}

// terminalLeft is the terminal that a person may look at whose pipe has broken, as
// Ctrl-C breaks that of `2>&1 | tee log`; nil: there is none.
func (u *UI) terminalLeft() *os.File {
	if ci, _ := u.p.Env("CI"); ci != "" {
		return nil
	}
	t := terminalNames[len(terminalNames)-1]
	f, err := os.OpenFile(t.name, t.flag, 0)
	if err != nil {
		return nil
	}
	if !isatty.IsTerminal(f.Fd()) {
		_ = f.Close()
		return nil
	}
	return f
}

// Through sends everything through another writer until back is called.
func (u *UI) Through(out io.Writer) (back func()) {
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

// Configure sets up the log.
func (u *UI) Configure(format, level string) error {
	var l slog.Level
	if err := l.UnmarshalText([]byte(level)); err != nil {
		return Misused("--log-level is debug, info, warn or error, not %q%s", level, meant.Ask(level, []string{"debug", "info", "warn", "error"}))
	}
	switch format {
	case "json":
		u.Json = true
		u.Log = slog.New(slog.NewJSONHandler(u, &slog.HandlerOptions{Level: l}))
	case "text":
		if u.Terminal() {
			u.Log = slog.New(tint.NewTextHandler(u, &tint.Options{Level: l, TimeFormat: "15:04:05", NoColor: u.Plain()}))
		} else {
			u.Log = slog.New(slog.NewTextHandler(u, &slog.HandlerOptions{Level: l}))
		}
	default:
		return Misused("--log-format is text or json, not %q%s", format, meant.Ask(format, []string{"text", "json"}))
	}
	return nil
}

// Say tells the person something; in a JSON log it is a line of it.
func (u *UI) Say(format string, args ...any) {
	if !u.Quiet {
		u.line(slog.LevelInfo, fmt.Sprintf(format, args...))
	}
}

// Warn tells the person something that may be wrong.
func (u *UI) Warn(format string, args ...any) {
	u.line(slog.LevelWarn, fmt.Sprintf(format, args...))
}

func (u *UI) line(level slog.Level, text string) {
	switch {
	case u.Json:
		u.Log.Log(context.Background(), level, text)
	case level >= slog.LevelWarn:
		fmt.Fprintf(u, "bulk: warning: %s\n", text)
	default:
		fmt.Fprintf(u, "bulk: %s\n", text)
	}
}

// Fail tells an error and what to do about it.
func (u *UI) Fail(text string, hints ...string) {
	if u.Json {
		u.Log.Error(text, "hint", strings.Join(hints, "; "))
		return
	}
	fmt.Fprintf(u, "bulk: error: %s\n", strings.TrimSuffix(text, "."))
	for _, h := range hints {
		fmt.Fprintf(u, "bulk: hint: %s\n", h)
	}
}

// Terminal reports whether stderr is one.
func (u *UI) Terminal() bool {
	f, ok := u.p.Stderr.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}

// Plain: no colours, because the person asked for none or there is no terminal.
func (u *UI) Plain() bool {
	_, no := u.p.Env("NO_COLOR")
	return no || u.Dumb() || !u.Terminal()
}

// Dumb: the terminal knows no codes.
func (u *UI) Dumb() bool {
	terminal, _ := u.p.Env("TERM")
	return terminal == "dumb"
}

// Width is how many columns the terminal has; 80 where there is none.
func (u *UI) Width() int {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.deserted != nil {
		return sizeOf(u.deserted).Columns
	}
	return sizeOf(u.p.Stderr).Columns
}
