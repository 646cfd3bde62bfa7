package files

import (
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"

	"bulk/internal/jobs/meant"
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
	return Target{}, fmt.Errorf("report %q: its format is not known; name a file that ends in .json, .md, .xml, .html or .prom, or write FORMAT:FILE%s", text, meantBy(text))
}

// meantBy asks for the format that may have been meant by what stands before a colon,
// or by an extension.
func meantBy(text string) string {
	names := slices.Collect(maps.Keys(formats))
	before, _, found := strings.Cut(text, ":")
	if word := meant.Word(strings.ToLower(before), names); found && word != "" {
		return "; did you mean " + word + ":?"
	}
	extension := strings.ToLower(strings.TrimPrefix(filepath.Ext(text), "."))
	if word := meant.Word(extension, names); word != "" {
		return "; did you mean ." + word + "?"
	}
	return ""
}
