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
