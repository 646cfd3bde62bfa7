package console

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/user"
	"strconv"
	"time"
)

func UTC(t time.Time) string { return t.UTC().Format(time.DateTime + " UTC") }

func Local(t time.Time) string {
	if t.IsZero() {
		return "-"
	}
	return t.Local().Format("2006-01-02 15:04:05")
}

// Unread says why a file cannot be opened or read; it is named with what it is, such as
// "the fleet sims.csv".
func Unread(file string, err error) string {
	var path *fs.PathError
	if errors.As(err, &path) {
		err = path.Err
	}
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Sprintf("%s does not exist", file)
	}
	return fmt.Sprintf("%s cannot be read: %v", file, err)
}

// Plural says a number of things.
func Plural(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return strconv.Itoa(n) + " " + many
}

// User is the person's name for the ledger.
func (p *Process) User() string {
	if name, ok := p.Env("SUDO_USER"); ok && name != "" {
		return name
	}
	if u, err := user.Current(); err == nil {
		return u.Username
	}
	name, _ := p.Env("USER")
	return name
}

func Host() string {
	name, err := os.Hostname()
	if err != nil {
		return "unknown"
	}
	return name
}
