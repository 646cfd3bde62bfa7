package jobs

import (
	"encoding/json"
	"strings"
)

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

// Merge takes over every column that other fills; other may be nil.
func (d *Data) Merge(other *Data) {
	if other == nil {
		return
	}
	for c, text := range other {
		if text != "" {
			d[c] = text
		}
	}
}

// MarshalJSON writes the filled columns as an object, for the ledger. It is
// called for every row, so what needs no escaping is put together by hand.
func (d Data) MarshalJSON() ([]byte, error) {
	object := make([]byte, 0, 64)
	object = append(object, '{')
	for c, text := range d {
		if text == "" {
			continue
		}
		if len(object) > 1 {
			object = append(object, ',')
		}
		object = append(append(append(object, '"'), columnNames[c]...), '"', ':')
		if plain(text) {
			object = append(append(append(object, '"'), text...), '"')
			continue
		}
		quoted, err := json.Marshal(text)
		if err != nil {
			return nil, err
		}
		object = append(object, quoted...)
	}
	return append(object, '}'), nil
}

// plain tells whether a text stands in JSON as it is.
func plain(text string) bool {
	for i := range len(text) {
		if c := text[i]; c < ' ' || c > '~' || c == '"' || c == '\\' {
			return false
		}
	}
	return true
}

// UnmarshalJSON reads what MarshalJSON wrote; a column that this version does
// not know is passed over.
func (d *Data) UnmarshalJSON(text []byte) error {
	if d.readPlain(string(text)) {
		return nil
	}
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

// readPlain reads an object as MarshalJSON puts it together by hand, and tells
// whether it is one.
func (d *Data) readPlain(text string) bool {
	rest, found := strings.CutPrefix(text, "{")
	if !found {
		return false
	}
	read := *d
	for rest != "}" {
		var name, value string
		if name, rest, found = cutPlain(rest); !found || rest == "" || rest[0] != ':' {
			return false
		}
		if value, rest, found = cutPlain(rest[1:]); !found || rest == "" {
			return false
		}
		if c, ok := ParseColumn(name); ok {
			read[c] = value
		}
		if rest[0] == ',' && len(rest) > 1 && rest[1] == '"' {
			rest = rest[1:]
		} else if rest[0] != '}' {
			return false
		}
	}
	*d = read
	return true
}

// cutPlain takes a string that needs no unescaping from the beginning of a
// text.
func cutPlain(text string) (inside, rest string, found bool) {
	if text == "" || text[0] != '"' {
		return "", "", false
	}
	inside, rest, found = strings.Cut(text[1:], `"`)
	return inside, rest, found && plain(inside)
}
