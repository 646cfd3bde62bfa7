package settings

import (
	"path/filepath"

	"github.com/spf13/pflag"

	ledgermark "bulk/internal/jobs/ledger/mark"
)

// MarksFlag is where this machine keeps what it saw of its ledgers.
func MarksFlag(f *pflag.FlagSet, into *string) {
	f.StringVar(into, "mark-dir", "", "`DIR` where this machine notes the last act that it saw in each ledger, on another volume than\nthe ledger (bulk/marks in your state directory)")
}

// Marks is the folder of this machine's marks.
func (p *Sources) Marks(flag string) (ledgermark.Folder, error) {
	if flag != "" {
		dir, err := filepath.Abs(flag)
		return ledgermark.In(dir), err
	}
	state, err := p.stateFolder()
	return ledgermark.In(filepath.Join(state, "marks")), err
}
