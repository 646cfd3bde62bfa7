package batch

import (
	"os"

	"bulk/cmd/bulk/console"
)

// openFile opens a file that the person named; what is what it is, with a space after
// it, where the name alone does not say it.
func openFile(what, name, hint string) (*os.File, error) {
	file, err := os.Open(name)
	if err != nil {
		return nil, console.Refused(console.Unread(what+name, err), hint)
	}
	if info, err := file.Stat(); err == nil && info.IsDir() {
		_ = file.Close()
		return nil, console.Refused(what+name+" is a folder, not a file", "name the file in it")
	}
	return file, nil
}
