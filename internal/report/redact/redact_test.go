package redact

import (
	"testing"

	"github.com/stretchr/testify/require"

	"bulk/internal/jobs"
)

func TestText(t *testing.T) {
	for text, want := range map[string]string{
		"costs 3$ or US$5":                         "costs 3$ or US$5",
		"plain LPA words":                          "plain LPA words",
		"code LPA:1$a.b$C, and more":               "code *** and more",
		"a line\nand\tanother \x1b[2J":             "a line and another  [2J",
		"smdp.example.com$K2-1 was there":          "*** was there",
		"1$rsp.truphone.com$QR-G-5C":               "***",
		"broken \xff text":                         "broken \uFFFD text",
		"profile_state is ENABLED, expected a|b":   "profile_state is ENABLED, expected a|b",
		"lpa:1$x.y$z\u2028next":                    "*** next",
		"the shell's $HOME/.config and file.csv$x": "the shell's $HOME/.config and ***",
	} {
		require.Equal(t, want, Text(text))
	}
}

func TestResult(t *testing.T) {
	r := Result(jobs.Result{
		Description: "qr_code is 1$a.b$SECRET-1, expected another", UpstreamError: "SECRET-1 is known", RequestID: "id SECRET-1",
		Data: jobs.Data{QRCode: "LPA:1$a.b$SECRET-1", SIMStatus: "active"},
	})
	require.Equal(t, jobs.Result{Description: "qr_code is *** expected another", UpstreamError: "*** is known", RequestID: "id ***"}, r)
}

func TestColumn(t *testing.T) {
	for name, want := range map[string]bool{"qr_code": true, "Activation Code": true, "input_qr_code": true, "imsi": false, "site": false} {
		require.Equal(t, want, Column(name), name)
	}
}
