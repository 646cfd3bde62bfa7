package files

import (
	"fmt"
	"path/filepath"
	"strings"

	"bulk/internal/report"
)

// Format is a kind of report file, as --report spells it.
type Format string

// The formats of the contract.
const (
	JSON       Format = "json"
	Markdown   Format = "md"
	JUnit      Format = "xml"
	HTML       Format = "html"
	Prometheus Format = "prom"
)

// formats finds a format by its name or the extension of a file.
var formats = map[string]Format{
	"json": JSON, "md": Markdown, "markdown": Markdown, "xml": JUnit, "junit": JUnit, "html": HTML, "htm": HTML, "prom": Prometheus,
}

// Target is a report file that is wanted.
type Target struct {
	Format Format
	Path   string
}

// ParseTarget reads a --report: a file whose extension tells the format, or
// FORMAT:FILE with json, md, xml, junit, html or prom.
func ParseTarget(text string) (Target, error) {
	if name, path, found := strings.Cut(text, ":"); found {
		if format, known := formats[strings.ToLower(name)]; known {
			if path == "" {
				return Target{}, fmt.Errorf("report %q names no file; write %s:FILE", text, format)
			}
			return Target{format, path}, nil
		}
	}
	extension := strings.ToLower(strings.TrimPrefix(filepath.Ext(text), "."))
	if format, known := formats[extension]; known {
		return Target{format, text}, nil
	}
	return Target{}, fmt.Errorf("report %q: its format is not known; name a file that ends in .json, .md, .xml, .html or .prom, or write FORMAT:FILE", text)
}

// Check tells, before any work is done, whether the reports can be written:
// each has a file of its own, other than those named in taken, in a folder that
// can be written to. Its error says what to do.
func Check(targets []Target, taken ...string) error {
	seen := map[string]bool{}
	for _, path := range taken {
		seen[place(path)] = true
	}
	for _, t := range targets {
		if seen[place(t.Path)] {
			return fmt.Errorf("report %s: something else is written to that file already; name another", t.Path)
		}
		seen[place(t.Path)] = true
		if err := report.Writable(t.Path); err != nil {
			return fmt.Errorf("report %w", err)
		}
	}
	return nil
}

// place is a path as it can be compared with others.
func place(path string) string {
	if whole, err := filepath.Abs(path); err == nil {
		return whole
	}
	return filepath.Clean(path)
}
