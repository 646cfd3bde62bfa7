package batch

import (
	"bytes"
	"io"

	"bulk/cmd/bulk/console"
	"bulk/cmd/bulk/settings"
	"bulk/internal/jobs"
	"bulk/internal/upstream/sandbox"
)

// readCatalog reads the group catalogue; nil where the person wants none. A
// file of irreversible rows without one is refused.
func readCatalog(s *settings.Options, irreversible int) (*jobs.Catalog, error) {
	var source io.Reader
	name := s.Catalog
	switch {
	case s.Catalog != "":
		file, err := openFile("the group catalogue ", s.Catalog, "look at --catalog")
		if err != nil {
			return nil, err
		}
		defer file.Close()
		source = file
	case s.Sandbox:
		source, name = bytes.NewReader(sandbox.CatalogCSV()), "the sandbox's catalogue"
	case irreversible > 0 && !s.NoGroupCheck:
		return nil, console.Refused("the input has irreversible rows (set_aa_group) and no group catalogue is given",
			"give --catalog FILE, a CSV code,name,type with type pending, live or suspended",
			"--no-group-check does them without one; the result says so")
	default:
		return nil, nil
	}
	if s.NoGroupCheck {
		return nil, nil
	}
	return catalogFrom(source, name)
}

// GivenCatalog reads the catalogue that --catalog names; nil: none is given.
func GivenCatalog(s *settings.Options) (*jobs.Catalog, error) {
	if s.Catalog == "" {
		return nil, nil
	}
	return readCatalog(s, 0)
}

func catalogFrom(source io.Reader, name string) (*jobs.Catalog, error) {
	catalog, err := jobs.ReadCatalog(source, name)
	if err != nil {
		return nil, console.Refused(err.Error(), "mend the catalogue; nothing was sent")
	}
	return catalog, nil
}
