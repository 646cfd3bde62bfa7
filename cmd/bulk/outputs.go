package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"unicode"
)

// Where results go by default: beside the input, named after it. They are CSV,
// whatever the input is.
const (
	resultsSuffix = ".results.csv"
	planSuffix    = ".plan.csv"
	checkSuffix   = ".check.csv"
)

// outputFor names the result file of an input. It must be given for standard
// input; a file that bulk wrote may only be named by a plan's application.
func (s *settings) outputFor(inputName, suffix string, written bool) (string, error) {
	switch {
	case s.output != "":
		return s.output, nil
	case inputName == "-":
		return "", misused("--output must be given when the input is standard input")
	case written:
		return "", misused("%s is itself a file that bulk wrote: --output must be given", inputName)
	}
	return strings.TrimSuffix(inputName, filepath.Ext(inputName)) + s.sheetSuffix() + suffix, nil
}

// sheetSuffix is what --sheet adds to the name of a result file, without the
// signs that a file's name cannot have everywhere.
func (s *settings) sheetSuffix() string {
	name := strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || strings.ContainsRune(`/\:*?"<>|`, r) {
			return '-'
		}
		return r
	}, strings.Trim(s.sheet, " ."))
	if name == "" {
		return ""
	}
	return "." + name
}

// appliedOutput names the result file of a plan: fleet.results.csv for
// fleet.plan.csv.
func (s *settings) appliedOutput(plan string) (string, error) {
	if s.output != "" {
		return s.output, nil
	}
	if base, ok := strings.CutSuffix(plan, likeFile(planSuffix, plan)); ok && plan != "-" {
		return base + likeFile(resultsSuffix, plan), nil
	}
	return "", misused("--output must be given: the plan's name does not end in %s", planSuffix)
}

// pictureDir is where QR pictures go.
func (s *settings) pictureDir(output string, fill func(string) string) string {
	if s.qrDir != "" {
		return fill(s.qrDir)
	}
	if output == "-" {
		return "bulk-qr"
	}
	name := filepath.Base(output)
	return filepath.Join(filepath.Dir(output), strings.TrimSuffix(name, filepath.Ext(name))+"-qr")
}

// ledgerPath is where the ledger is: --ledger, or bulk/ledger.db in the user's
// state directory.
func (p *sources) ledgerPath(flag string) (string, error) {
	if flag != "" {
		return filepath.Abs(flag)
	}
	state, err := p.stateFolder()
	if err != nil {
		return "", refused(err.Error(), "give --ledger FILE")
	}
	return filepath.Join(state, "ledger.db"), nil
}

// stateFolder is where what is kept from run to run is by default (XDG base
// directory specification).
func (p *sources) stateFolder() (string, error) {
	if state, ok := p.env("XDG_STATE_HOME"); ok && filepath.IsAbs(state) {
		return filepath.Join(state, "bulk"), nil
	}
	if local, ok := p.env("LOCALAPPDATA"); ok && local != "" {
		return filepath.Join(local, "bulk"), nil
	}
	home, err := os.UserHomeDir()
	if err != nil {
		return "", fmt.Errorf("your state directory is not known: %w", err)
	}
	return filepath.Join(home, ".local", "state", "bulk"), nil
}
