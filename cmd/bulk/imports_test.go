package main

import (
	"os/exec"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// The house: cmd/bulk → jobs, upstream, report; upstream → jobs; report → jobs;
// jobs imports neither, and upstream and report never meet.
var mayImport = map[string][]string{
	"cmd/bulk":          {"internal/jobs", "internal/upstream", "internal/report"},
	"internal/upstream": {"internal/jobs", "internal/upstream"},
	"internal/report":   {"internal/jobs", "internal/report"},
	"internal/jobs":     {"internal/jobs"},
	"bench":             {"internal/jobs", "internal/upstream"},
}

func TestImportsGoOneWay(t *testing.T) {
	out, err := exec.Command("go", "list", "-f", `{{.ImportPath}} {{join .Imports " "}}`, "bulk/...").Output()
	require.NoError(t, err)
	for line := range strings.Lines(string(out)) {
		words := strings.Fields(line)
		for i, word := range words {
			words[i] = strings.TrimPrefix(word, "bulk/")
		}
		from := house(t, words[0])
		for _, to := range words[1:] {
			if strings.HasPrefix(to, "internal/") && len(strings.Split(to, "/")) > 1 && isOurs(to) {
				require.Contains(t, mayImport[from], house(t, to), "%s must not import %s", words[0], to)
			}
		}
	}
}

func isOurs(path string) bool {
	for folder := range mayImport {
		if path == folder || strings.HasPrefix(path, folder+"/") {
			return true
		}
	}
	return false
}

func house(t *testing.T, path string) string {
	t.Helper()
	for folder := range mayImport {
		if path == folder || strings.HasPrefix(path, folder+"/") {
			return folder
		}
	}
	t.Fatalf("%s has no place in the house", path)
	return ""
}

// Outside cmd/bulk nothing ends the process, and nothing but it reads the
// arguments.
func TestOnlyTheCommandEndsTheProcess(t *testing.T) {
	out, err := exec.Command("git", "grep", "-nE", `os\.(Exit|Args)|log\.Fatal|signal\.Notify`, "--", "../../internal").CombinedOutput()
	if err == nil {
		for line := range strings.Lines(string(out)) {
			require.Contains(t, line, "_test.go", "only cmd/bulk ends the process and reads its arguments")
		}
	}
}
