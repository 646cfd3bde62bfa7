package report

import "errors"

var errFull = errors.New("no space left on device")

// fullDisk takes nothing.
type fullDisk struct{}

func (fullDisk) Write([]byte) (int, error) { return 0, errFull }
