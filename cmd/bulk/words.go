package main

import (
	"os"
	"os/user"
	"strconv"
)

// plural says a number of things.
func plural(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return strconv.Itoa(n) + " " + many
}

// user is the person's name for the ledger.
func (p *process) user() string {
	if name, ok := p.env("SUDO_USER"); ok && name != "" {
		return name
	}
	if u, err := user.Current(); err == nil {
		return u.Username
	}
	name, _ := p.env("USER")
	return name
}

func host() string {
	name, err := os.Hostname()
	if err != nil {
		return "unknown"
	}
	return name
}
