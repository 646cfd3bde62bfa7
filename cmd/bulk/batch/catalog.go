package batch

import (
	"bytes"
	"context"
	"io"
	"os"

	"bulk/cmd/bulk/console"
	"bulk/cmd/bulk/settings"
	"bulk/internal/jobs"
	"bulk/internal/jobs/input"
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

// ReadCurrentGroups opens the file of --current-groups, copying it into dir; it is
// to be released in the end. Without one both are nil.
func ReadCurrentGroups(ctx context.Context, p *settings.Sources, s *settings.Options, dir string, columns map[string]string) (*input.CurrentGroups, *input.Copy, error) {
	if s.CurrentIn == "" {
		return nil, nil, nil
	}
	if _, err := os.Stat(s.CurrentIn); err != nil {
		return nil, nil, console.Refused(console.Unread(s.CurrentIn, err), "look at --current-groups; nothing was sent")
	}
	c, err := Take(ctx, p, s.CurrentIn, dir)
	if err != nil {
		return nil, nil, err
	}
	groups, err := input.OpenCurrentGroups(ctx, c, s.CurrentIn, columns)
	if err != nil {
		c.Release()
		return nil, nil, unusable(s.CurrentIn, err)
	}
	return groups, c, nil
}
