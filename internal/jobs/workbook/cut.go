package workbook

import (
	"errors"
	"io"
)

var errCut = errors.New("it ends in the middle")

// unlessCut words the end of a part where none should be.
func unlessCut(err error) error {
	if errors.Is(err, io.EOF) {
		return errCut
	}
	return err
}

func broken(err error) error {
	return unreadable("save it again in a spreadsheet program, or as CSV UTF-8, and give that file", "the file looks like a workbook but is broken: %v", err)
}
