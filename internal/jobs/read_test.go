package jobs

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestReadRows(t *testing.T) {
	expects := func(text string) func(*Row) {
		return func(r *Row) {
			e, fault := ParseExpect(text, r.Action)
			if fault != nil {
				panic(fault.Text)
			}
			r.Expect = e
		}
	}
	for _, c := range []struct {
		name    string
		action  Action
		answer  Answer
		world   world
		change  func(*Row)
		outcome Outcome
		code    Code
		says    string
		ends    Ending
		file    string
		events  []string
	}{
		{name: "a status", action: QueryStatus, answer: read("sim_status", "active"), outcome: OK},
		{name: "as expected", action: QueryStatus, answer: read("sim_status", "active"), change: expects("sim_status=ACTIVE|closed"), outcome: OK},
		{name: "not as expected", action: QueryStatus, answer: read("sim_status", "active"), change: expects("sim_status=closed"),
			outcome: Drift, code: Drifted, says: "sim_status"},
		{name: "the upstream says no", action: QueryStatus, answer: refuse(SIMUnknown), outcome: Failed, code: SIMUnknown},
		{name: "it could not be had", action: QueryStatus, answer: Answer{Verdict: MaybeSent, Code: Timeout, Attempts: 5}, outcome: Failed, code: Timeout},
		{name: "interrupted", action: QueryStatus, answer: Answer{Verdict: SurelyNotSent, Code: Interrupted}, outcome: NotRun, code: Interrupted},
		{name: "credentials refused", action: QueryStatus, answer: Answer{Verdict: Refused, Code: AuthFailed, Ends: EndsCredentials},
			outcome: Failed, code: AuthFailed, ends: EndsCredentials},
		{name: "down too long", action: QueryStatus, answer: Answer{Verdict: SurelyNotSent, Code: Aborted, Detail: "it was down", Ends: EndsOutage},
			outcome: NotRun, code: Aborted, says: "It was down.", ends: EndsOutage},

		{name: "the upstream's picture", action: GetQRCode, answer: pictured("picture of " + someCode),
			outcome: OK, file: qrFile, events: []string{"save picture of " + someCode}},
		{name: "a drawn picture", action: QueryQRInfo, answer: read("qr_code", someCode, "qr_status", "1"), change: expects("qr_status=provided"),
			outcome: OK, file: qrFile, events: []string{"draw", "save picture of " + someCode}},
		{name: "a code without its beginning is completed", action: QueryQRInfo, answer: read("qr_code", "smdp.Example.com$k2$$1"),
			outcome: OK, file: qrFile, events: []string{"draw", "save picture of LPA:1$smdp.Example.com$k2$$1"}},
		{name: "no activation code, no picture", action: QueryQRInfo, answer: read("qr_status", "0"), outcome: OK},
		{name: "a picture beside a drift", action: QueryQRInfo, answer: read("qr_code", someCode, "qr_status", "1"), change: expects("qr_status=3"),
			outcome: Drift, code: Drifted, file: qrFile, events: []string{"draw", "save picture of " + someCode}},
		{name: "a grey picture", action: GetQRCode, answer: pictured("grey"),
			outcome: Failed, code: QRUnreadable, says: "No QR code can be read in the picture, so it was not saved."},
		{name: "a picture of something else", action: GetQRCode, answer: pictured("picture of https://secret.example.com"),
			outcome: Failed, code: QRInvalid, says: "lacks LPA: at its beginning"},
		{name: "a picture is not completed", action: GetQRCode, answer: pictured("picture of 1$smdp.example.com$K2"),
			outcome: Failed, code: QRInvalid},
		{name: "words instead of a code", action: QueryQRInfo, answer: read("qr_code", "n/a - ask secret", "qr_status", "1"),
			outcome: Failed, code: QRInvalid, says: "the address or the matching ID is missing"},
		{name: "a picture that was drawn wrong", action: QueryQRInfo, answer: read("qr_code", someCode), world: world{misdrawn: true},
			outcome: Failed, code: QRUnreadable, says: "says something else", events: []string{"draw"}},
		{name: "a code that cannot be drawn", action: QueryQRInfo, answer: read("qr_code", someCode),
			world: world{draw: errDisk}, outcome: Failed, code: QRUnreadable, says: "No picture can be drawn", events: []string{"draw"}},
		{name: "a picture that cannot be saved is the machine's", action: GetQRCode, answer: pictured("picture of " + someCode),
			world: world{save: errDisk}, outcome: NotRun, code: Aborted, says: "no space left", ends: EndsDisk, events: []string{"save picture of " + someCode}},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := c.world
			w.answers = map[Action]Answer{c.action: c.answer}
			row := Row{ICCID: testSIM, Action: c.action, SameReadAs: -1}
			if c.change != nil {
				c.change(&row)
			}
			r := DoRow(t.Context(), new(w.deps()), nil, &row)
			require.Equal(t, c.outcome, r.Outcome, r.Description)
			require.Equal(t, c.code, r.Code)
			require.Contains(t, r.Description, c.says)
			require.NotContains(t, r.Description, "secret")
			require.Equal(t, c.ends, r.Ends)
			require.Equal(t, append([]string{"ask " + string(c.action)}, c.events...), w.events, "asked once, and no more")
			require.Equal(t, c.answer.Attempts, r.Attempts)
			require.Equal(t, c.file, r.Data.QRFile)
			require.NotEmpty(t, r.Account)
		})
	}
}

const (
	someCode = "LPA:1$smdp.example.com$K2-1A2B3C"
	qrFile   = "qr/" + string(testSIM) + ".png"
)

func pictured(png string) Answer { return Answer{Verdict: Done, Picture: []byte(png), Attempts: 1} }

// A read asked twice is sent once; each row is held against its own expect.
func TestJudgeRepeatedRead(t *testing.T) {
	first := Result{Outcome: Drift, Code: Drifted, Description: "It is not so.", Data: *read("sim_status", "active").Data}
	e, fault := ParseExpect("sim_status=active", QueryStatus)
	require.Nil(t, fault)
	for _, expect := range []Expect{{}, e} {
		repeated := first
		Judge(&repeated, &Row{Action: QueryStatus, Expect: expect})
		require.Equal(t, OK, repeated.Outcome)
		require.Empty(t, repeated.Code)
		require.Empty(t, repeated.Description)
	}
}

func TestSentence(t *testing.T) {
	for text, want := range map[string]string{
		"":                      "",
		"it was down":           "It was down.",
		"It was down.":          "It was down.",
		"why?":                  "Why?",
		"sim_status is active":  "sim_status is active.",
		"m2m was down":          "m2m was down.",
		"öffnen: nicht möglich": "Öffnen: nicht möglich.",
		"a":                     "A.",
	} {
		require.Equal(t, want, Sentence(text))
	}
}
