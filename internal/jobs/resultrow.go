package jobs

import "reflect"

// ResultRow is what a result file says of a row, behind the input's own
// columns: every cell as text. Its fields are the one place where the result
// columns stand, in their order; the data columns follow them. The tag ours
// marks what holds no words of an upstream.
type ResultRow struct {
	Line          string `csv:"line" ours:"yes"`
	Outcome       string `csv:"outcome" ours:"yes"`
	Code          string `csv:"error_code" ours:"yes"`
	Description   string `csv:"error_description"`
	UpstreamError string `csv:"upstream_error"`
	Account       string `csv:"account" ours:"yes"`
	RequestID     string `csv:"request_id"`
	Attempts      string `csv:"attempts" ours:"yes"`
	HTTPStatus    string `csv:"http_status" ours:"yes"`
	Started       string `csv:"started_at" ours:"yes"`
	Duration      string `csv:"duration_ms" ours:"yes"`
	Data
}

// resultFields are the fields of ResultRow but for its Data.
var resultFields = func() []reflect.StructField {
	all := reflect.TypeFor[ResultRow]()
	var fields []reflect.StructField
	for i := range all.NumField() {
		if f := all.Field(i); !f.Anonymous {
			fields = append(fields, f)
		}
	}
	return fields
}()

// Plan is the row as a plan has it: without what differs from one dry run to the
// next, so that the same rows in the same state are the same bytes. A row of a
// result file always says how often it was sent.
func (r ResultRow) Plan() ResultRow {
	r.RequestID, r.Attempts, r.HTTPStatus, r.Started, r.Duration, r.QRFile = "", "", "", "", "", ""
	return r
}

// ResultColumns are the columns that follow the input's own in a result file;
// the data columns follow them.
var ResultColumns = func() []string {
	names := make([]string, len(resultFields))
	for i, f := range resultFields {
		names[i] = f.Tag.Get("csv")
	}
	return names
}()

// SetCell fills the cell of the result column at this place.
func (r *ResultRow) SetCell(place int, text string) {
	reflect.ValueOf(r).Elem().FieldByIndex(resultFields[place].Index).SetString(text)
}
