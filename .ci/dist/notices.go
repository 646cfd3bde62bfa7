package main

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// licence finds the files in which a module says under what terms it is given.
var licence = regexp.MustCompile(`(?i)^(licen[cs]e|copying|notice|patents|copyright)([._-].*)?$`)

// notices are the licences of everything that is in the binaries of the systems:
// the modules, as they give them themselves, and Go's own library.
func notices(systems []string) ([]byte, error) {
	var all []string // MODULE VERSION FOLDER
	for _, system := range systems {
		goos, goarch, _ := strings.Cut(system, "/")
		cmd := exec.Command("go", "list", "-deps", "-f", "{{with .Module}}{{if not .Main}}{{.Path}} {{.Version}} {{.Dir}}{{end}}{{end}}", "./cmd/bulk")
		cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOOS="+goos, "GOARCH="+goarch)
		cmd.Stderr = os.Stderr
		out, err := cmd.Output()
		if err != nil {
			return nil, fmt.Errorf("go list: %w", err)
		}
		all = append(all, strings.Split(strings.TrimSpace(string(out)), "\n")...)
	}
	slices.Sort(all)
	env, err := exec.Command("go", "env", "GOVERSION", "GOROOT").Output()
	if err != nil {
		return nil, err
	}
	version, root, _ := strings.Cut(strings.TrimSpace(string(env)), "\n")
	all = append([]string{"Go " + version + " " + root}, slices.Compact(all)...)
	var text bytes.Buffer
	text.WriteString("The programs in this archive contain the following, each under its own terms.\n")
	for _, line := range all {
		words := strings.SplitN(line, " ", 3)
		if len(words) != 3 { // packages without a module: the standard library
			continue
		}
		if err := terms(&text, words[0], words[1], words[2]); err != nil {
			return nil, err
		}
	}
	return text.Bytes(), nil
}

// bare are modules that hold no licence in the version that is built in, and what is known
// of it. Whoever releases is to have that cleared; a newer version that holds one takes the
// line away.
var bare = map[string]string{
	"github.com/nexus-rpc/nexus-proto-annotations v0.1.0": "This version of the module holds no licence. It belongs to the Nexus RPC project, whose github.com/nexus-rpc/sdk-go\n" +
		"is under the MIT licence, and comes with go.temporal.io/api, which is too. It is one generated file.",
}

// terms writes down what the files at the top of a module's folder say.
func terms(to *bytes.Buffer, module, version, folder string) error {
	entries, err := os.ReadDir(folder)
	if err != nil {
		return err
	}
	found := false
	for _, e := range entries {
		if e.IsDir() || !licence.MatchString(e.Name()) || filepath.Ext(e.Name()) == ".go" {
			continue
		}
		content, err := os.ReadFile(filepath.Join(folder, e.Name()))
		if err != nil {
			return err
		}
		found = true
		fmt.Fprintf(to, "\n%s\n%s %s: %s\n\n%s\n", strings.Repeat("=", 78), module, version, e.Name(), bytes.TrimSpace(content))
	}
	if text, known := bare[module+" "+version]; known {
		if found {
			return fmt.Errorf("%s %s holds a licence by now: take it out of the list of those without", module, version)
		}
		fmt.Fprintf(to, "\n%s\n%s %s\n\n%s\n", strings.Repeat("=", 78), module, version, text)
		return nil
	}
	if !found {
		return fmt.Errorf("%s %s gives no licence", module, version)
	}
	return nil
}
