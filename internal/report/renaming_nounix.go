//go:build !unix

package report

import "io/fs"

// keptInPlace knows no system but those like Unix.
func keptInPlace(string, fs.FileInfo) error { return nil }

// rehearse is for systems that rename what is open.
func (*beside) rehearse() error { return nil }
