package batch

import (
	"path/filepath"

	"bulk/cmd/bulk/settings"
)

// InputsDir is the private folder beside a ledger that keeps the copies of its
// runs' inputs. A ledger in a database keeps them as well.
func InputsDir(p *settings.Sources, ledgerPath string) (string, error) {
	folder, err := p.LedgerFolder(ledgerPath)
	return filepath.Join(folder, "inputs"), err
}
