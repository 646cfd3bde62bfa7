//go:build !unix

package report

import (
	"errors"
	"io/fs"
	"unicode/utf16"
)

// mostName is how long a file's name may be, in UTF-16 units, on NTFS and its kin.
const mostName = 255

// tooLong says so of a name for which nothing is found, as of one that is free.
func tooLong(name string) error {
	if len(utf16.Encode([]rune(name))) > mostName {
		return errors.New("file name too long")
	}
	return nil
}

// keptInPlace knows no system but those like Unix.
func keptInPlace(string, fs.FileInfo) error { return nil }

// rehearse is for systems that rename what is open.
func (*beside) rehearse() error { return nil }
