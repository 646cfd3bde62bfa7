package settings

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"unicode"

	"bulk/cmd/bulk/console"
	"bulk/internal/jobs/ledger"
)

// Where results go by default: beside the input, named after it. They are CSV,
// whatever the input is.
const (
	ResultsSuffix = ".results.csv"
	PlanSuffix    = ".plan.csv"
	CheckSuffix   = ".check.csv"
)

// OutputFor names the result file of an input. It must be given for standard
// input; a file that bulk wrote may only be named by a plan's application.
func (s *Options) OutputFor(inputName, suffix string, written bool) (string, error) {
	switch {
	case s.Output != "":
		return s.Output, nil
	case inputName == "-":
		return "", console.Misused("--output must be given when the input is standard input")
	case written:
		return "", console.Misused("%s is itself a file that bulk wrote: --output must be given", inputName)
	}
	return strings.TrimSuffix(inputName, filepath.Ext(inputName)) + s.sheetSuffix() + suffix, nil
}

// sheetSuffix is what --sheet adds to the name of a result file, without the
// signs that a file's name cannot have everywhere.
func (s *Options) sheetSuffix() string {
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

// AppliedOutput names the result file of a plan: fleet.results.csv for
// fleet.plan.csv.
func (s *Options) AppliedOutput(plan string) (string, error) {
	if s.Output != "" {
		return s.Output, nil
	}
	if base, ok := strings.CutSuffix(plan, LikeFile(PlanSuffix, plan)); ok && plan != "-" {
		return base + LikeFile(ResultsSuffix, plan), nil
	}
	return "", console.Misused("--output must be given: the plan's name does not end in %s", PlanSuffix)
}

// PictureDir is where QR pictures go.
func (s *Options) PictureDir(output string, fill func(string) string) string {
	return PictureDir(s.qrDir, output, fill)
}

// QRDirUsage is what --qr-dir says of itself.
const QRDirUsage = "`DIR` for QR pictures (<output name>-qr beside the output)"

// PictureDir is where the QR pictures of an output go, with --qr-dir or without.
func PictureDir(given, output string, fill func(string) string) string {
	if given != "" {
		return fill(given)
	}
	if output == "-" {
		return "bulk-qr"
	}
	name := filepath.Base(output)
	return filepath.Join(filepath.Dir(output), strings.TrimSuffix(name, filepath.Ext(name))+"-qr")
}

// LedgerUsage is what --ledger says of itself.
const LedgerUsage = "ledger `FILE`, or postgres://HOST/DATABASE that several machines share\n(bulk/ledger.db in your state directory)"

// LedgerPath is where the ledger is: --ledger, or bulk/ledger.db in the user's
// state directory. The address of a database is given back in one spelling.
func (p *Sources) LedgerPath(flag string) (string, error) {
	if ledger.InDatabase(flag) {
		shown, err := ledger.Address(flag)
		if err != nil {
			return "", console.Misused("--ledger: %v: BULK_LEDGER_PASSWORD_FILE or ~/.pgpass may say it", err)
		}
		return shown, nil
	}
	if flag != "" {
		return filepath.Abs(flag)
	}
	state, err := p.stateFolder()
	if err != nil {
		return "", console.Refused(err.Error(), "give --ledger FILE")
	}
	return filepath.Join(state, "ledger.db"), nil
}

// LedgerFolder is the private folder for what lies beside a ledger: copies of
// inputs, locks. A ledger in a database has one on each machine.
func (p *Sources) LedgerFolder(path string) (string, error) {
	if !ledger.InDatabase(path) {
		return path + ".d", nil
	}
	state, err := p.stateFolder()
	if err != nil {
		return "", console.Refused(err.Error(), "set XDG_STATE_HOME")
	}
	sum := sha256.Sum256([]byte(path))
	return filepath.Join(state, "shared-"+hex.EncodeToString(sum[:8])+".d"), nil
}

// stateFolder is where what is kept from run to run is by default (XDG base
// directory specification).
func (p *Sources) stateFolder() (string, error) {
	if state, ok := p.Env("XDG_STATE_HOME"); ok && filepath.IsAbs(state) {
		return filepath.Join(state, "bulk"), nil
	}
	if local, ok := p.Env("LOCALAPPDATA"); ok && local != "" {
		return filepath.Join(local, "bulk"), nil
	}
	home, err := os.UserHomeDir()
	if err != nil {
		return "", fmt.Errorf("your state directory is not known: %w", err)
	}
	return filepath.Join(home, ".local", "state", "bulk"), nil
}
