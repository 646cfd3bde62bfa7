package main

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// The pages for whoever changes bulk name files and folders of the project, and
// what stands in them. What they name is there.
func TestPagesNameWhatIsThere(t *testing.T) {
	decisions, err := filepath.Glob("../../docs/decisions/*.md")
	require.NoError(t, err)
	require.NotEmpty(t, decisions)
	for _, page := range append(decisions, "../../docs/ARCHITECTURE.md", "../../CONTRIBUTING.md", "../../SECURITY.md", "../../README.md") {
		text, err := os.ReadFile(page)
		require.NoError(t, err)
		if filepath.Base(page) == "CONTRIBUTING.md" {
			// The walk-through adds these files.
			text = []byte(strings.NewReplacer("op_set_qr_status.go", "op_set_aa_group.go", "op_NAME.go", "op_set_aa_group.go").Replace(string(text)))
		}
		for _, name := range namedPaths(string(text)) {
			matches, err := filepath.Glob(filepath.Join("../..", filepath.FromSlash(name)))
			require.NoError(t, err)
			require.NotEmpty(t, matches, "%s names %s", page, name)
		}
		for _, link := range pageLinks.FindAllStringSubmatch(string(text), -1) {
			target, _, _ := strings.Cut(link[1], "#")
			_, err := os.Stat(filepath.Join(filepath.Dir(page), filepath.FromSlash(target)))
			require.NoError(t, err, "%s links to %s", page, link[1])
		}
		for _, place := range namedPlaces.FindAllStringSubmatch(string(text), -1) {
			file, err := os.ReadFile(filepath.Join("../..", filepath.FromSlash(place[2])))
			if err != nil {
				continue // a folder, looked at above
			}
			for _, part := range strings.Split(place[1], ".") {
				require.Contains(t, string(file), part, "%s says that %s stands in %s", page, place[1], place[2])
			}
		}
	}
}

var (
	quoted    = regexp.MustCompile("`([^`\n]+)`")
	pageLinks = regexp.MustCompile(`\]\(([^)\s:]+)\)`)
	// `Name` in `path/of/a/file.go`, or `Name` (`path/of/a/file.go`
	namedPlaces = regexp.MustCompile("`([A-Za-z_.]+)` (?:in|\\()\\s*`([a-z]+/[^`\\s]+)`")
)

// namedPaths are the files and folders that a page names between back quotes.
func namedPaths(text string) []string {
	var paths []string
	for _, found := range quoted.FindAllStringSubmatch(text, -1) {
		name := strings.TrimSuffix(strings.TrimPrefix(found[1], "./"), "/")
		first, _, _ := strings.Cut(name, "/")
		switch first {
		case "cmd", "internal", "testdata", "docs", "deploy", "examples", "bench", ".ci":
			if !strings.ContainsAny(name, " ") && strings.Contains(name, "/") && !strings.Contains(name, "NAME") {
				paths = append(paths, name)
			}
		}
	}
	return paths
}
