// Package redact keeps the secrets of SIMs out of what is shown of a run: LPA
// strings and activation codes, with which a profile can be fetched. They
// belong into result files and nowhere else.
//
// Credentials are no concern of it: they are masked where answers are read.
package redact

import (
	"regexp"
	"strings"

	"bulk/internal/jobs"
	"bulk/internal/report/human"
)

// mask stands where a secret was.
const mask = "***"

// secret finds LPA strings and activation codes, with their prefix LPA:1$ or
// without: 1$host$id, host.name$id (SGP.22, 4.1).
var secret = regexp.MustCompile(`(?i)LPA:\S*|\b1\$[^\s"'<>]+|\b[a-z0-9-]+(\.[a-z0-9-]+)+\$[^\s"'<>]+`)

// Text makes one line of text fit to be shown: no control characters, valid
// UTF-8, and nothing of an LPA string. Upstream words come with secrets masked
// already; this holds should one have slipped through.
func Text(text string) string {
	text = strings.ToValidUTF8(human.OneLine(text), "\uFFFD")
	if strings.Contains(text, "$") || strings.Contains(strings.ToUpper(text), "LPA:") {
		return secret.ReplaceAllString(text, mask)
	}
	return text
}

// Result gives a result without its data, its texts fit to be shown. What the
// data say is secret is masked wherever it stands.
func Result(r jobs.Result) jobs.Result {
	for _, text := range []*string{&r.Description, &r.UpstreamError, &r.RequestID} {
		for _, lpa := range []string{r.Data.QRCode, r.Data.ActivationCode} {
			for _, part := range secretParts(lpa) {
				*text = strings.ReplaceAll(*text, part, mask)
			}
		}
		*text = Text(*text)
	}
	r.Data = jobs.Data{}
	return r
}

// secretParts are an LPA string and its matching id, which alone is enough to
// fetch the profile.
func secretParts(lpa string) []string {
	if lpa == "" {
		return nil
	}
	parts := []string{lpa}
	if fields := strings.Split(strings.TrimPrefix(lpa, "LPA:1$"), "$"); len(fields) > 1 && len(fields[1]) >= 4 {
		parts = append(parts, fields[1])
	}
	return parts
}

// Column reports whether an input's own column may hold LPA strings, as that of
// an earlier result does.
func Column(name string) bool {
	name = strings.TrimPrefix(jobs.NormalName(name), "input_")
	column, ok := jobs.ParseColumn(name)
	return ok && column.LPA()
}
