package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"bulk/cmd/bulk/console"
	"bulk/internal/upstream/sandbox"
)

// The pages for the users show real output: every ```console block of these is
// run, in one shell per page, and compared; -update writes what it printed.
var pages = []string{"onboarding.md", "nightly.md", "pull-request.md"}

func TestDocumentedExamples(t *testing.T) {
	for _, page := range pages {
		t.Run(page, func(t *testing.T) {
			path := filepath.Join("../../docs", page)
			before, err := os.ReadFile(path)
			require.NoError(t, err)
			after := rerun(t, string(before))
			if *update {
				if steady(after) != steady(string(before)) {
					require.NoError(t, os.WriteFile(path, []byte(after), 0o644))
				}
				return
			}
			require.Equal(t, steady(string(before)), steady(after), "go test ./cmd/bulk -run Documented -update writes it")
		})
	}
}

var block = regexp.MustCompile("(?s)```console\n(.*?)```")

// rerun gives the page with what its commands print now.
func rerun(t *testing.T, page string) string {
	var commands []string
	for _, found := range block.FindAllStringSubmatch(page, -1) {
		commands = append(commands, commandsOf(found[1])...)
	}
	outputs := runAll(t, commands)
	return block.ReplaceAllStringFunc(page, func(text string) string {
		var b strings.Builder
		b.WriteString("```console\n")
		for _, command := range commandsOf(block.FindStringSubmatch(text)[1]) {
			b.WriteString("$ " + command + "\n" + outputs[0])
			outputs = outputs[1:]
		}
		return b.String() + "```"
	})
}

// commandsOf finds the lines after "$ ", each with those that a backslash
// continues it on.
func commandsOf(text string) (commands []string) {
	lines := strings.Split(text, "\n")
	for i := 0; i < len(lines); i++ {
		command, ok := strings.CutPrefix(lines[i], "$ ")
		if !ok {
			continue
		}
		for strings.HasSuffix(command, `\`) && i+1 < len(lines) {
			i++
			command += "\n" + lines[i]
		}
		commands = append(commands, command)
	}
	return commands
}

const marker = "\x01next\x01"

// runAll runs commands in one shell, in a folder with the examples, against a
// sandbox that stands for the real systems. The lines of progress, which a
// terminal shows as a bar, are left out.
func runAll(t *testing.T, commands []string) []string {
	running, err := sandbox.New(sandbox.Config{}).Start("127.0.0.1:0")
	require.NoError(t, err)
	defer running.Close()
	dir := t.TempDir()
	require.NoError(t, os.CopyFS(dir, os.DirFS("../../examples")))
	var script strings.Builder
	for _, command := range commands {
		fmt.Fprintf(&script, "__last=$?; printf '%%s' '%s'; (exit $__last)\n%s\n", marker, command)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, "bash", "-c", "exec 2>&1\n"+script.String())
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), append(running.Environment(), "BULK_M2M_ACCOUNT=m2m:acme@api.m2miportal.com",
		"BULK_BETATEL_ACCOUNT=betatel:acme@esim.betatel.com", "XDG_STATE_HOME="+filepath.Join(dir, "state"), "TZ=UTC", "SUDO_USER=operator", "BULK_PROGRESS=none")...)
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	// A command that hangs must not keep the test: it holds the pipe as well.
	cmd.WaitDelay = time.Second
	_ = cmd.Run() // the last command's exit code is the page's business
	text := strings.NewReplacer(dir, "/home/operator", " on "+console.Host(), " on host-1").Replace(out.String())
	outputs := strings.Split(text, marker)[1:]
	require.Len(t, outputs, len(commands), text)
	return outputs
}

// steady takes what differs from run to run out of a text.
func steady(text string) string {
	for _, c := range []struct{ find, put string }{
		{`[0-9a-f]{64}`, "<sha256>"},
		{`(begins|one) with [0-9a-f]{12}\b`, "$1 with <digits>"},
		{`\d{4}-\d\d-\d\d[\sT]\d\d:\d\d(:\d\d)?(\.\d+)?Z?`, "<time>"},
		{`\bin [\d.]+(ms|s|m\d+s)\b`, "in <while>"},
		{`[\d.,]+ a second`, "<rate> a second"},
		{`\d+ requests?, `, "<n> requests, "},
		{`elapsed=\S+.*`, "elapsed=<while>"},
		{`\b\d{12,17}\b`, "<api_id>"},
		{`by \S+ on \S+, bulk \S+`, "by <who>"},
		{`by \S+ \(`, "by <who> ("},
		{`dev(-[0-9a-f]+)?`, "dev"},
	} {
		text = regexp.MustCompile(c.find).ReplaceAllString(text, c.put)
	}
	return text
}
