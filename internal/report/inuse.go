package report

import (
	"fmt"
	"path/filepath"
	"strings"
)

// InUse is the error where a file cannot be replaced because another program
// has it open, as Windows has it for a result file that is shown in Excel.
type InUse struct {
	Path     string
	Programs []string // as the system names them: "Microsoft Excel"; empty: not known
}

func (e *InUse) Error() string {
	by := "another program (Excel?)"
	if len(e.Programs) > 0 {
		by = strings.Join(e.Programs, " and ")
	}
	return fmt.Sprintf("%s is open in %s; close it there", filepath.Base(e.Path), by)
}
