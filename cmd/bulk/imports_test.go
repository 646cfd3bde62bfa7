package main

import (
	"os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// The house: cmd/bulk → jobs, upstream, report; upstream → jobs; report → jobs;
// jobs imports neither, and upstream and report never meet. Inside cmd/bulk:
// commands → batch → ledgers → settings → console.
var mayImport = map[string][]string{
	"cmd/bulk":          {"cmd/bulk", "internal/jobs", "internal/upstream", "internal/report"},
	"cmd/bulk/batch":    {"cmd/bulk/ledgers", "cmd/bulk/settings", "cmd/bulk/console", "cmd/bulk/awake", "internal/jobs", "internal/upstream", "internal/report"},
	"cmd/bulk/ledgers":  {"cmd/bulk/settings", "cmd/bulk/console", "internal/jobs"},
	"cmd/bulk/settings": {"cmd/bulk/console", "cmd/bulk/config", "internal/jobs", "internal/upstream", "internal/report"},
	"cmd/bulk/console":  {"internal/jobs/scratch", "internal/report"},
	"cmd/bulk/awake":    {},
	"cmd/bulk/config":   {},
	"internal/upstream": {"internal/jobs", "internal/upstream"},
	"internal/report":   {"internal/jobs", "internal/report"},
	"internal/jobs":     {"internal/jobs"},
	"bench":             {"internal/jobs", "internal/upstream"},
	"mutants":           {},
}

func TestImportsGoOneWay(t *testing.T) {
	out, err := exec.Command("go", "list", "-f", `{{.ImportPath}} {{join .Imports " "}}`, "bulk/...").Output()
	require.NoError(t, err)
	for line := range strings.Lines(string(out)) {
		words := strings.Fields(line)
		for i, word := range words {
			words[i] = "std/" + word
			if path, ours := strings.CutPrefix(word, "bulk/"); ours {
				words[i] = path
			}
		}
		from := house(t, words[0])
		for _, to := range words[1:] {
			if isOurs(to) {
				require.True(t, allowed(mayImport[from], to), "%s must not import %s", words[0], to)
			}
		}
	}
}

// isOurs reports whether a package is of this module, whose path was cut off.
func isOurs(path string) bool {
	for _, folder := range []string{"cmd/", "internal/", "bench", "mutants"} {
		if strings.HasPrefix(path, folder) {
			return true
		}
	}
	return false
}

func allowed(folders []string, to string) bool {
	return slices.ContainsFunc(folders, func(folder string) bool { return to == folder || strings.HasPrefix(to, folder+"/") })
}

// house is the innermost folder of the house that a package is in.
func house(t *testing.T, path string) (in string) {
	t.Helper()
	for folder := range mayImport {
		if (path == folder || strings.HasPrefix(path, folder+"/")) && len(folder) > len(in) {
			in = folder
		}
	}
	require.NotEmpty(t, in, "%s has no place in the house", path)
	return in
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
