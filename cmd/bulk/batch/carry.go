package batch

import (
	"context"
	"os"
	"path/filepath"

	"bulk/cmd/bulk/settings"
	"bulk/internal/jobs/durable"
	"bulk/internal/jobs/input"
	"bulk/internal/jobs/ledger"
	"bulk/internal/report"
)

// CarryInputs keeps, in a ledger or beside it, the inputs and catalogues of the runs of
// another whose results come: they can then be gone on with, and their results
// written, by it. It lists the runs whose input is not there any more.
func CarryInputs(ctx context.Context, p *settings.Sources, from ledger.Source, into *ledger.DB) (missing []ledger.RunInfo, err error) {
	runs, err := from.Runs(ctx)
	if err != nil {
		return nil, err
	}
	tried := map[string]bool{} // whether it is kept
	for _, r := range runs {
		if !from.Brings(r) {
			continue
		}
		for _, digest := range []string{r.Digest, settings.CatalogOf(r.Settings)} {
			kept, known := tried[digest]
			if digest == "" || known && kept {
				continue
			}
			if !known {
				if kept, err = carryInput(ctx, p, from.DB, into, digest); err != nil {
					return nil, err
				}
				tried[digest] = kept
			}
			if !kept && digest == r.Digest {
				missing = append(missing, r)
			}
		}
	}
	return missing, nil
}

// carryInput reports whether what is known by a digest was there.
func carryInput(ctx context.Context, p *settings.Sources, from, into *ledger.DB, digest string) (bool, error) {
	there, err := adoptInput(ctx, p, from, digest)
	if err != nil {
		return false, ctx.Err()
	}
	defer there.Release()
	if there.Digest != digest {
		return false, nil
	}
	file, err := os.Open(there.Path)
	if err != nil {
		return false, nil
	}
	defer file.Close()
	if into.Shared() {
		return true, into.KeepInput(ctx, digest, file)
	}
	inputs, err := InputsDir(p, into.Path())
	if err == nil {
		err = durable.MakeFolder(inputs)
	}
	if err != nil {
		return false, err
	}
	second, err := input.Take(file, inputs)
	if err != nil {
		return false, err
	}
	return true, second.Keep(filepath.Join(inputs, digest+".csv"))
}

// PicturesOf reads the QR pictures of a ledger's runs: those of a file are where its
// results say, as seen from where the run was done, or beside its result file.
func PicturesOf(db *ledger.DB) func(run ledger.RunInfo, file string) (string, []byte, error) {
	return func(run ledger.RunInfo, file string) (string, []byte, error) {
		dir, name := report.SplitPicture(file)
		if db.Shared() {
			png, err := db.Picture(context.Background(), run.ID, name)
			return name, png, err
		}
		png, err := os.ReadFile(filepath.Join(filepath.Dir(settings.Numbered(run.ID)(run.Output)), filepath.Base(dir), name))
		if err != nil {
			png, err = os.ReadFile(file)
		}
		return name, png, err
	}
}
