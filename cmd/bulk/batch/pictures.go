package batch

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"bulk/internal/jobs"
	"bulk/internal/jobs/ledger"
	"bulk/internal/report"
)

// keepsPictures is where the QR pictures of the rows go.
func (j *begun) keepsPictures() jobs.Pictures {
	here := pictures{&report.Pictures{Dir: j.pictures}}
	switch {
	case j.leg != nil:
		return j.leg.pictures
	case j.db.Shared():
		return sharedPictures{here, j.db, j.run.ID}
	}
	return here
}

// pictures are in a folder.
type pictures struct{ *report.Pictures }

func (pictures) Draw(code string) ([]byte, error) { return report.Draw(code) }
func (pictures) Load(file string) ([]byte, error) { return os.ReadFile(file) }
func (pictures) Read(png []byte) (string, error)  { return report.Read(png) }

// sharedPictures are in a folder here and in the ledger, so that the run can be gone on
// with, and its results written, on another machine.
type sharedPictures struct {
	pictures
	db  *ledger.DB
	run int64
}

func (s sharedPictures) Save(action jobs.Action, iccid jobs.ICCID, png []byte) (string, error) {
	file, err := s.pictures.Save(action, iccid, png)
	if err != nil {
		return "", err
	}
	return file, s.db.KeepPicture(context.Background(), s.run, filepath.Base(file), png)
}

func (s sharedPictures) Load(file string) ([]byte, error) {
	png, err := s.pictures.Load(file)
	if errors.Is(err, fs.ErrNotExist) {
		return loadKept(s.db, s.run, file)
	}
	return png, err
}

// keptPictures are those of a leg: the ledger alone keeps them, until whoever waits for
// the run saves them where the run's results say that they are.
type keptPictures struct {
	pictures
	db  *ledger.DB
	run int64
	dir string // there
}

func (k keptPictures) Save(action jobs.Action, iccid jobs.ICCID, png []byte) (string, error) {
	name, err := report.PictureName(action, iccid)
	if err != nil {
		return "", err
	}
	return filepath.Join(k.dir, name), k.db.KeepPicture(context.Background(), k.run, name, png)
}

func (k keptPictures) Load(file string) ([]byte, error) { return loadKept(k.db, k.run, file) }

func loadKept(db *ledger.DB, run int64, file string) ([]byte, error) {
	_, name := report.SplitPicture(file)
	return db.Picture(context.Background(), run, name)
}

// SavePictures saves the QR pictures of a run that was done elsewhere where its result
// file says that they are. Those that are there stay, unless all are to be saved. The
// error names the first that cannot be; the others are saved all the same.
func SavePictures(ctx context.Context, db *ledger.DB, run int64, w *ResultFile, all bool) error {
	folders := map[string]*report.Pictures{}
	var first error
	failed := 0
	err := w.each(ctx, func(row jobs.Row, result jobs.Result, saved string) error {
		if saved == "" || row.Copied {
			return nil
		}
		if err := savePicture(ctx, db, run, row, result, saved, all, folders); err != nil {
			failed++
			if first == nil {
				first = err
			}
		}
		return ctx.Err()
	})
	switch {
	case err != nil:
		return err
	case failed > 1:
		return fmt.Errorf("%w; and %d more", first, failed-1)
	}
	return first
}

// savePicture saves one. What the ledger does not keep may be where it was saved first.
func savePicture(ctx context.Context, db *ledger.DB, run int64, row jobs.Row, result jobs.Result, saved string, all bool, folders map[string]*report.Pictures) error {
	_, err := os.Stat(result.Data.QRFile)
	there := err == nil
	if there && !all {
		return nil
	}
	dir, name := report.SplitPicture(result.Data.QRFile)
	png, err := db.Picture(ctx, run, name)
	if errors.Is(err, fs.ErrNotExist) && !there {
		png, err = os.ReadFile(saved)
	}
	switch {
	case errors.Is(err, fs.ErrNotExist) && there:
		return nil // it was saved before
	case errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("the picture %s is neither here nor in the ledger", result.Data.QRFile)
	case err != nil:
		return err
	}
	if folders[dir] == nil {
		folders[dir] = &report.Pictures{Dir: dir}
	}
	_, err = folders[dir].Save(result.Action, row.ICCID, png)
	return err
}
