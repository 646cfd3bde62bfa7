package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// usage is what a process took.
type usage struct {
	Wall      time.Duration
	Processor time.Duration // user and system
	Peak      int64         // resident, bytes
	Exit      int
}

// build makes the command from the source.
func build(folder string) (string, error) {
	path := filepath.Join(folder, "bulk")
	cmd := exec.Command("go", "build", "-trimpath", "-o", path, "./cmd/bulk")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("building ./cmd/bulk: %w\n%s", err, out)
	}
	return path, nil
}

// helper starts this program again to do something in a process of its own.
func helper(args ...string) *exec.Cmd {
	self, err := os.Executable()
	if err != nil {
		self = os.Args[0]
	}
	cmd := exec.Command(self, args...)
	cmd.Env = environment()
	return cmd
}

// environment is ours without what would change how bulk runs.
func environment() []string {
	var kept []string
	for _, pair := range os.Environ() {
		if !strings.HasPrefix(pair, "BULK_") {
			kept = append(kept, pair)
		}
	}
	return kept
}

// bulkWith runs the command with these variables beside the environment, and
// tells what it took. Its exit code must be 0.
func (b *bench) bulkWith(variables []string, args ...string) (usage, error) {
	return b.bulkEnds(0, variables, args...)
}

// bulkEnds does so where its exit code must be another.
func (b *bench) bulkEnds(code int, variables []string, args ...string) (usage, error) {
	result := filepath.Join(b.folder, fmt.Sprintf("usage-%d", time.Now().UnixNano()))
	cmd := helper(append([]string{"measure", result, b.bulk}, args...)...)
	cmd.Env = append(cmd.Env, variables...)
	var said bytes.Buffer
	cmd.Stderr = &said
	if err := cmd.Run(); err != nil {
		return usage{}, fmt.Errorf("bulk %s: %w\n%s", strings.Join(args, " "), err, said.String())
	}
	text, err := os.ReadFile(result)
	if err != nil {
		return usage{}, err
	}
	var u usage
	if err := json.Unmarshal(text, &u); err != nil {
		return usage{}, err
	}
	if u.Exit != code {
		return u, fmt.Errorf("bulk %s: exit code %d\n%s", strings.Join(args, " "), u.Exit, said.String())
	}
	return u, nil
}

// measure runs a command and writes down what it took. It is a process of its
// own since a child's peak is never told below that of the process that started
// it (Linux, exec_mmap), and a fresh one is small.
func measure(args []string) error {
	cmd := exec.Command(args[1], args[2:]...)
	cmd.Stdout, cmd.Stderr = os.Stdout, os.Stderr
	began := time.Now()
	err := cmd.Run()
	var ended *exec.ExitError
	if err != nil && !errors.As(err, &ended) {
		return err
	}
	u := usage{
		Wall: time.Since(began), Processor: cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime(),
		Peak: peak(cmd.ProcessState), Exit: cmd.ProcessState.ExitCode(),
	}
	text, err := json.Marshal(u)
	if err != nil {
		return err
	}
	return os.WriteFile(args[0], text, 0o600)
}
