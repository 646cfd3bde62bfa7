package main

import (
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
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
	"cmd/bulk/console":  {"internal/jobs/meant", "internal/jobs/scratch", "internal/report"},
	"cmd/bulk/awake":    {},
	"cmd/bulk/usage":    {"internal/jobs/meant", "internal/report/human"},
	"cmd/bulk/config":   {"internal/jobs/meant"},
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

// Outside cmd/bulk nothing ends the process, hears signals or reads the arguments.
func TestOnlyTheCommandEndsTheProcess(t *testing.T) {
	files := 0
	require.NoError(t, filepath.WalkDir("../../internal", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || filepath.Ext(path) != ".go" || strings.HasSuffix(path, "_test.go") {
			return err
		}
		files++
		text, err := os.ReadFile(path)
		require.NotRegexp(t, `\bos\.(Exit|Args)\b|\blog\.Fatal|\bsignal\.Notify`, string(text), path)
		return err
	}))
	require.Greater(t, files, 200)
}

// Where properties are tested BULK_SEED is heeded.
func TestPropertiesHeedTheSeed(t *testing.T) {
	out, err := exec.Command("go", "list", "-f", `{{.ImportPath}} {{join .TestImports " "}} {{join .XTestImports " "}}`, "bulk/...").Output()
	require.NoError(t, err)
	const rapid, seed = "pgregory.net/rapid", "bulk/internal/jobs/dicetest"
	properties := 0
	for line := range strings.Lines(string(out)) {
		words := strings.Fields(line)
		if words[0] == seed || !slices.Contains(words, rapid) {
			continue
		}
		properties++
		require.Contains(t, words, seed, "%s: its tests import %s and not %s", words[0], rapid, seed)
	}
	require.Greater(t, properties, 5)
}
