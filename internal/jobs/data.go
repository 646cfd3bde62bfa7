package jobs

import "encoding/json"

// Column is one of the data columns of a result, in their fixed order.
type Column int

// The data columns.
const (
	SIMStatus Column = iota
	ContractType
	ContractMonths
	QRCode
	QRStatus
	ProfileState
	IMSI
	EID
	ActivationCode
	LastOperationDate
	ReuseRemainingCount
	ReuseEnabled
	ReusePolicy
	ReleaseDate
	CCRequired
	CCRetries
	QRFile
	ColumnCount int = iota
)

var columnNames = [ColumnCount]string{
	"sim_status", "contract_type", "contract_months_remaining", "qr_code", "qr_status", "profile_state",
	"imsi", "eid", "activation_code", "last_operation_date", "reuse_remaining_count", "reuse_enabled",
	"reuse_policy", "release_date", "cc_required", "cc_retries", "qr_file",
}

// String is the column's name in a result file.
func (c Column) String() string { return columnNames[c] }

// ParseColumn finds a data column by its (normal) name.
func ParseColumn(name string) (Column, bool) {
	for i, n := range columnNames {
		if n == name {
			return Column(i), true
		}
	}
	return 0, false
}

// ColumnsOf lists, in their fixed order, the data columns of the actions that
// occur in an input.
func ColumnsOf(actions []Action) []Column {
	var has [ColumnCount]bool
	for _, a := range actions {
		for _, c := range a.Columns() {
			has[c] = true
		}
	}
	var columns []Column
	for c := range has {
		if has[c] {
			columns = append(columns, Column(c))
		}
	}
	return columns
}

// Data holds what an upstream said about a SIM, a text for each data column;
// empty where nothing was said. LPA strings in it are secrets of the SIM.
type Data [ColumnCount]string

// Merge takes over every column that other fills.
func (d *Data) Merge(other Data) {
	for c, text := range other {
		if text != "" {
			d[c] = text
		}
	}
}

// MarshalJSON writes the filled columns as an object, for the ledger.
func (d Data) MarshalJSON() ([]byte, error) {
	filled := map[string]string{}
	for c, text := range d {
		if text != "" {
			filled[columnNames[c]] = text
		}
	}
	return json.Marshal(filled)
}

// UnmarshalJSON reads what MarshalJSON wrote; a column that this version does
// not know is passed over.
func (d *Data) UnmarshalJSON(text []byte) error {
	var filled map[string]string
	if err := json.Unmarshal(text, &filled); err != nil {
		return err
	}
	for name, value := range filled {
		if c, ok := ParseColumn(name); ok {
			d[c] = value
		}
	}
	return nil
}
