package jobs

import (
	"iter"
	"reflect"
	"slices"
	"strings"
)

// Data holds what an upstream said about a SIM, a text for each data column;
// empty where nothing was said.
//
// Its fields are the one place where the data columns stand, in the order that
// they have in a result file. Their tags say:
//
//	csv, json  the column's name: in result files and everywhere that a person
//	           writes it, and in the ledger
//	from       the actions that fill it, the live checks of set_aa_group included
//	private    "yes": it names the SIM's owner, or the device that it is in
//	secret     "lpa": an LPA string, with which the SIM's profile can be fetched
type Data struct {
	SIMStatus           string `csv:"sim_status" json:"sim_status,omitempty" from:"query_status,set_aa_group"`
	ContractType        string `csv:"contract_type" json:"contract_type,omitempty" from:"query_contract,set_aa_group"`
	ContractMonths      string `csv:"contract_months_remaining" json:"contract_months_remaining,omitempty" from:"query_contract,set_aa_group"`
	QRCode              string `csv:"qr_code" json:"qr_code,omitempty" from:"query_qr_info" secret:"lpa"`
	QRStatus            string `csv:"qr_status" json:"qr_status,omitempty" from:"query_qr_info"`
	ProfileState        string `csv:"profile_state" json:"profile_state,omitempty" from:"get_euicc_profile"`
	IMSI                string `csv:"imsi" json:"imsi,omitempty" private:"yes" from:"get_euicc_profile"`
	EID                 string `csv:"eid" json:"eid,omitempty" private:"yes" from:"get_euicc_profile"`
	ActivationCode      string `csv:"activation_code" json:"activation_code,omitempty" from:"get_euicc_profile" secret:"lpa"`
	LastOperationDate   string `csv:"last_operation_date" json:"last_operation_date,omitempty" from:"get_euicc_profile"`
	ReuseRemainingCount string `csv:"reuse_remaining_count" json:"reuse_remaining_count,omitempty" from:"get_euicc_profile"`
	ReuseEnabled        string `csv:"reuse_enabled" json:"reuse_enabled,omitempty" from:"get_euicc_profile"`
	ReusePolicy         string `csv:"reuse_policy" json:"reuse_policy,omitempty" from:"get_euicc_profile"`
	ReleaseDate         string `csv:"release_date" json:"release_date,omitempty" from:"get_euicc_profile"`
	CCRequired          string `csv:"cc_required" json:"cc_required,omitempty" from:"get_euicc_profile"`
	CCRetries           string `csv:"cc_retries" json:"cc_retries,omitempty" from:"get_euicc_profile"`
	QRFile              string `csv:"qr_file" json:"qr_file,omitempty" from:"query_qr_info,get_qr_code"`
}

// Column is one of the data columns: the place of its field in [Data], which is
// also its place among the data columns of a result file.
type Column int

// dataFields are the fields of Data, by Column.
var dataFields = reflect.VisibleFields(reflect.TypeFor[Data]())

// String is the column's name in a result file.
func (c Column) String() string { return dataFields[c].Tag.Get("csv") }

// LPA reports whether the column holds LPA strings, which are secrets of the
// SIM: nothing of them may be in a message.
func (c Column) LPA() bool { return dataFields[c].Tag.Get("secret") == "lpa" }

// Private reports whether the column holds what --redact leaves out: LPA strings,
// and what names the SIM's owner or device.
func (c Column) Private() bool { return c.LPA() || dataFields[c].Tag.Get("private") != "" }

// filledBy reports whether the action can fill the column.
func (c Column) filledBy(a Action) bool {
	return slices.Contains(strings.Split(dataFields[c].Tag.Get("from"), ","), string(a))
}

// Get is the text of a column.
func (d *Data) Get(c Column) string { return reflect.ValueOf(d).Elem().Field(int(c)).String() }

// Set fills a column.
func (d *Data) Set(c Column, text string) { reflect.ValueOf(d).Elem().Field(int(c)).SetString(text) }

// All yields the filled columns and their texts, in their fixed order.
func (d *Data) All() iter.Seq2[Column, string] {
	return func(yield func(Column, string) bool) {
		for c := range Column(len(dataFields)) {
			if text := d.Get(c); text != "" && !yield(c, text) {
				return
			}
		}
	}
}

// Merge takes over every column that other fills; other may be nil.
func (d *Data) Merge(other *Data) {
	if other == nil {
		return
	}
	for c, text := range other.All() {
		d.Set(c, text)
	}
}

// ParseColumn finds a data column by its (normal) name.
func ParseColumn(name string) (Column, bool) {
	for c := range Column(len(dataFields)) {
		if c.String() == name {
			return c, true
		}
	}
	return 0, false
}

// ColumnsOf lists, in their fixed order, the data columns of the actions that
// occur in an input.
func ColumnsOf(actions []Action) []Column {
	var columns []Column
	for c := range Column(len(dataFields)) {
		if slices.ContainsFunc(actions, c.filledBy) {
			columns = append(columns, c)
		}
	}
	return columns
}
