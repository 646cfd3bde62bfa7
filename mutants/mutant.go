package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"
)

// mutant is a program that differs from ours in one place.
type mutant struct {
	file     string // from the module's root
	line     int
	in       string // the function it is in; of a generic one
	old, new string // the edit
	text     []byte // the whole file, changed
	fault    string // what is wrong with a named one
	accepted string // why it may survive

	tests []*suite // in the order in which they are run
	fate  fate
}

// suite is tests that should notice: a package and which of its tests.
type suite struct {
	pkg, run string
	most     time.Duration // they may take with a mutant: a mutant that has them wait for ever is killed
}

type fate int

const (
	untried fate = iota
	broken       // it does not compile
	killed
	survived
)

func (f fate) String() string {
	return [...]string{"untried", "does not compile", "killed", "SURVIVED"}[f]
}

func (m *mutant) String() string {
	text := fmt.Sprintf("%s:%d: %s → %s", m.file, m.line, short(m.old), short(m.new))
	if m.fault != "" {
		text += " (" + m.fault + ")"
	}
	return text
}

// key is what stays the same of a mutant when lines are added above it.
func (m *mutant) key() string {
	return fmt.Sprintf("%s %s: %s → %s", m.file, m.in, short(m.old), short(m.new))
}

func (m *mutant) group() string {
	if m.fault != "" {
		return "named"
	}
	return filepath.Dir(m.file)
}

// short is an edit on one line.
func short(text string) string {
	text = strings.Join(strings.Fields(text), " ")
	if text == "" {
		return "nothing"
	}
	if runes := []rune(text); len(runes) > 70 {
		return string(runes[:69]) + "…"
	}
	return text
}

// sound fails where a test fails that no mutant has touched: it would seem to
// kill them all. It measures how long the tests take.
func sound(ctx context.Context, mutants []*mutant, timeout time.Duration) error {
	for _, m := range mutants {
		for _, s := range m.tests {
			if s.most != 0 {
				continue
			}
			s.most = timeout
			began := time.Now()
			if output, err := goTest(ctx, s, ""); err != nil {
				return fmt.Errorf("the tests fail without a mutant: go test %s -run '%s': %w\n%s", s.pkg, s.run, err, output)
			}
			s.most = min(timeout, 15*time.Second+4*time.Since(began))
		}
	}
	return nil
}

// tryAll tries the mutants, a few at a time.
func tryAll(ctx context.Context, mutants []*mutant, o options) error {
	folder, err := os.MkdirTemp("", "mutants-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(folder)
	var (
		work   sync.WaitGroup
		places = make(chan struct{}, max(1, o.at))
		saying sync.Mutex
		failed error
	)
	for i, m := range mutants {
		places <- struct{}{}
		work.Go(func() {
			defer func() { <-places }()
			began := time.Now()
			err := m.try(ctx, filepath.Join(folder, fmt.Sprint(i)))
			saying.Lock()
			defer saying.Unlock()
			failed = errors.Join(failed, err)
			fmt.Printf("%3d/%d %4.0fs %s: %s\n", i+1, len(mutants), time.Since(began).Seconds(), m.fate, m)
		})
	}
	work.Wait()
	return errors.Join(failed, ctx.Err())
}

// try runs the tests over the mutant, until one fails.
func (m *mutant) try(ctx context.Context, folder string) error {
	if ctx.Err() != nil {
		return nil
	}
	overlay, err := m.lay(folder)
	if err != nil {
		return err
	}
	for _, s := range m.tests {
		output, err := goTest(ctx, s, overlay)
		switch {
		case ctx.Err() != nil:
			return nil
		case err == nil:
		case bytes.Contains(output, []byte("[build failed]")) || bytes.Contains(output, []byte("[setup failed]")):
			m.fate = broken
			return nil
		default:
			m.fate = killed
			return nil
		}
	}
	m.fate = survived
	return nil
}

// lay writes the changed file and the overlay that puts it in the place of ours.
func (m *mutant) lay(folder string) (overlay string, err error) {
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return "", err
	}
	ours, err := filepath.Abs(m.file)
	if err != nil {
		return "", err
	}
	changed := filepath.Join(folder, filepath.Base(m.file))
	overlay = filepath.Join(folder, "overlay.json")
	list, err := json.Marshal(map[string]map[string]string{"Replace": {ours: changed}})
	return overlay, errors.Join(err, os.WriteFile(changed, m.text, 0o600), os.WriteFile(overlay, list, 0o600))
}

// goTest runs tests, over a mutant or over the program as it is.
func goTest(ctx context.Context, s *suite, overlay string) (output []byte, err error) {
	// Compiling and linking take their time as well.
	ctx, cancel := context.WithTimeout(ctx, s.most+5*time.Minute)
	defer cancel()
	args := []string{"test", "-vet=off", "-failfast", "-timeout", s.most.String()}
	if s.run != "" {
		args = append(args, "-run", s.run)
	}
	args = append(args, "./"+s.pkg)
	if usesRapid(s.pkg) { // which would keep what failed in the tree
		args = append(args, "-rapid.nofailfile")
	}
	cmd := exec.CommandContext(ctx, "go", args...)
	if overlay == "" {
		cmd.Args = slices.Insert(cmd.Args, 2, "-count=1") // it is measured how long they take
	} else {
		// By the environment, because some tests build the command themselves, and
		// with a folder of their own for what they build.
		cmd.Env = append(os.Environ(), "GOFLAGS="+os.Getenv("GOFLAGS")+" -overlay="+overlay, "TMPDIR="+filepath.Dir(overlay))
	}
	cmd.WaitDelay = 10 * time.Second
	return cmd.CombinedOutput()
}

var suites = map[string]*suite{}

// tests are the suite of these tests, the same each time.
func tests(pkg, run string) *suite {
	name := pkg + " " + run
	if suites[name] == nil {
		suites[name] = &suite{pkg: pkg, run: run}
	}
	return suites[name]
}

func usesRapid(folder string) bool {
	tests, _ := filepath.Glob(filepath.Join(folder, "*_test.go"))
	for _, path := range tests {
		if text, err := os.ReadFile(path); err == nil && bytes.Contains(text, []byte(`"pgregory.net/rapid"`)) {
			return true
		}
	}
	return false
}
