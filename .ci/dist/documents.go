package main

import (
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path"
	"regexp"
	"strings"
)

// packed are the files and folders that go into every archive as they are: the
// pages, and what their links lead to.
var packed = []string{
	"README.md", "CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md", "docs", "deploy", "examples",
	"internal/jobs/ledger/sqlite/schema.sql", // the ledger's views are described there
}

// documents reads what is packed, as far as it is committed. A page that links
// what is not is an error.
func documents() (files []file, err error) {
	out, err := exec.Command("git", append([]string{"ls-files", "-z", "--"}, packed...)...).Output()
	if err != nil {
		return nil, fmt.Errorf("git ls-files: %w", err)
	}
	there := map[string]bool{}
	for _, name := range strings.Split(strings.TrimSuffix(string(out), "\x00"), "\x00") {
		info, err := os.Stat(name)
		if err != nil {
			return nil, err
		}
		mode := fs.FileMode(0o644)
		if info.Mode()&0o100 != 0 {
			mode = 0o755
		}
		content, err := os.ReadFile(name)
		if err != nil {
			return nil, err
		}
		files = append(files, file{name, content, mode})
		for ; name != "."; name = path.Dir(name) {
			there[name] = true
		}
	}
	for _, f := range files {
		for _, to := range links(f) {
			if !there[to] {
				return nil, fmt.Errorf("%s links %s, which is not in the archive", f.name, to)
			}
		}
	}
	return files, nil
}

var pageLink = regexp.MustCompile(`\]\(([^)\s]+)\)`)

// links are the files that a page leads to.
func links(page file) (to []string) {
	if path.Ext(page.name) != ".md" {
		return nil
	}
	for _, found := range pageLink.FindAllSubmatch(page.content, -1) {
		target, _, _ := strings.Cut(string(found[1]), "#")
		if target == "" || strings.Contains(target, "://") || strings.HasPrefix(target, "mailto:") {
			continue
		}
		to = append(to, path.Join(path.Dir(page.name), target))
	}
	return to
}
