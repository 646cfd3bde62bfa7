package ledger

import (
	"strings"

	"bulk/internal/jobs"
)

// clean makes a text one that every store takes: valid UTF-8 (no lone
// surrogates, no bytes of another encoding) without NUL.
func clean(text string) string {
	if strings.IndexByte(text, 0) >= 0 {
		text = strings.ReplaceAll(text, "\x00", "\uFFFD")
	}
	return strings.ToValidUTF8(text, "\uFFFD")
}

// cleaned gives the result with its texts cleaned; itself where they are.
func cleaned(r *jobs.Result) *jobs.Result {
	texts := []*string{&r.Description, &r.UpstreamError, &r.RequestID}
	for _, text := range texts {
		if clean(*text) != *text {
			c := *r
			c.Description, c.UpstreamError, c.RequestID = clean(c.Description), clean(c.UpstreamError), clean(c.RequestID)
			return &c
		}
	}
	return r
}

// cleanedRow gives the row with its texts cleaned; itself where they are.
func cleanedRow(row *jobs.Row) *jobs.Row {
	group, iccid, action := clean(row.Group), clean(string(row.ICCID)), clean(string(row.Action))
	if group == row.Group && iccid == string(row.ICCID) && action == string(row.Action) {
		return row
	}
	c := *row
	c.Group, c.ICCID, c.Action = group, jobs.ICCID(iccid), jobs.Action(action)
	return &c
}
