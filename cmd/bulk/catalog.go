package main

import (
	"bytes"
	"io"
	"os"
	"strings"

	"bulk/internal/jobs"
	"bulk/internal/upstream/sandbox"
)

// readCatalog reads the group catalogue; nil where the person wants none. A
// file of irreversible rows without one is refused.
func (s *settings) readCatalog(irreversible int) (*jobs.Catalog, error) {
	var source io.Reader
	name := s.catalog
	switch {
	case s.catalog != "":
		file, err := os.Open(s.catalog)
		if err != nil {
			return nil, refused("opening the group catalogue: "+err.Error(), "look at --catalog")
		}
		defer file.Close()
		source = file
	case s.sandbox:
		source, name = bytes.NewReader(sandbox.CatalogCSV()), "the sandbox's catalogue"
	case irreversible > 0 && !s.noGroupCheck:
		return nil, refused("the input has irreversible rows (set_aa_group) and no group catalogue is given",
			"give --catalog FILE, a CSV code,name,type with type pending, live or suspended",
			"--no-group-check does them without one; the result says so")
	default:
		return nil, nil
	}
	if s.noGroupCheck {
		return nil, nil
	}
	return catalogFrom(source, name)
}

// givenCatalog reads the catalogue that --catalog names; nil: none is given.
func (s *settings) givenCatalog() (*jobs.Catalog, error) {
	if s.catalog == "" {
		return nil, nil
	}
	return s.readCatalog(0)
}

func catalogFrom(source io.Reader, name string) (*jobs.Catalog, error) {
	catalog, err := jobs.ReadCatalog(source, name)
	if err != nil {
		return nil, refused(err.Error(), "mend the catalogue; nothing was sent")
	}
	return catalog, nil
}

func splitPair(pair string) (name, value string) {
	name, value, _ = strings.Cut(pair, "=")
	return name, value
}
