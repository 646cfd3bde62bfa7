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

		{name: "the upstream's picture", action: GetQRCode, answer: Answer{Verdict: Done, Picture: []byte("theirs")},
			outcome: OK, file: "qr/" + string(testSIM) + ".png", events: []string{"save theirs"}},
		{name: "a drawn picture", action: QueryQRInfo, answer: read("qr_code", "LPA:1$a$b", "qr_status", "1"), change: expects("qr_status=provided"),
			outcome: OK, file: "qr/" + string(testSIM) + ".png", events: []string{"draw", "save drawn"}},
		{name: "no LPA string, no picture", action: QueryQRInfo, answer: read("qr_status", "0"), outcome: OK},
		{name: "a picture beside a drift", action: QueryQRInfo, answer: read("qr_code", "LPA:1$a$b", "qr_status", "1"), change: expects("qr_status=3"),
			outcome: Drift, code: Drifted, file: "qr/" + string(testSIM) + ".png", events: []string{"draw", "save drawn"}},
		{name: "an LPA string that cannot be drawn is the row's trouble", action: QueryQRInfo, answer: read("qr_code", "LPA:1$secret$b"),
			world: world{draw: errDisk}, outcome: Failed, code: BadResponse, says: "cannot be drawn", events: []string{"draw"}},
		{name: "a picture that cannot be saved is the machine's", action: GetQRCode, answer: Answer{Verdict: Done, Picture: []byte("theirs")},
			world: world{save: errDisk}, outcome: NotRun, code: Aborted, says: "no space left", ends: EndsDisk, events: []string{"save theirs"}},
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
