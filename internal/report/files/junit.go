package files

import (
	"encoding/xml"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"bulk/internal/jobs"
	"bulk/internal/report"
	"bulk/internal/report/human"
	"bulk/internal/report/redact"
)

// The elements of a JUnit report, in what the schemas of Ant (windyroad) and
// Jenkins (junit-10.xsd) both accept: no attributes on skipped, a time without
// a zone, and a system-err though there is none.
type (
	testCase struct {
		XMLName xml.Name `xml:"testcase"`
		Name    string   `xml:"name,attr"`
		Class   string   `xml:"classname,attr"`
		Time    string   `xml:"time,attr"`
		Skipped *string  `xml:"skipped"`
		Error   *problem `xml:"error"`
		Failure *problem `xml:"failure"`
	}
	problem struct {
		Message string `xml:"message,attr"`
		Type    string `xml:"type,attr"`
		Text    string `xml:",chardata"`
	}
	property struct {
		XMLName xml.Name `xml:"property"`
		Name    string   `xml:"name,attr"`
		Value   string   `xml:"value,attr"`
	}
)

// writeJUnit writes a row as a test case, of a class named after its action.
// Rows copied from an earlier result are left out, as they are of every count.
func writeJUnit(w io.Writer, s report.Summary, rows Rows) error {
	out := xml.NewEncoder(w)
	out.Indent("", "  ")
	if _, err := io.WriteString(w, xml.Header); err != nil {
		return err
	}
	suites, suite := xml.StartElement{Name: xml.Name{Local: "testsuites"}}, suiteStart(s)
	if err := tokens(out, suites, suite); err != nil {
		return err
	}
	if err := properties(out, s); err != nil {
		return err
	}
	err := rows(func(row jobs.Row, result jobs.Result) error {
		if row.Copied {
			return nil
		}
		return out.Encode(newTestCase(row, redact.Result(result), pageOf(s, row)))
	})
	if err != nil {
		return err
	}
	if err := out.EncodeElement(clean(strings.Join(suiteOutput(s), "\n")), start("system-out")); err != nil {
		return err
	}
	if err := out.EncodeElement("", start("system-err")); err != nil {
		return err
	}
	if err := tokens(out, suite.End(), suites.End()); err != nil {
		return err
	}
	if err := out.Close(); err != nil {
		return err
	}
	_, err = io.WriteString(w, "\n")
	return err
}

func start(name string) xml.StartElement { return xml.StartElement{Name: xml.Name{Local: name}} }

func tokens(out *xml.Encoder, all ...xml.Token) error {
	for _, token := range all {
		if err := out.EncodeToken(token); err != nil {
			return err
		}
	}
	return nil
}

// suiteStart has the counts, which schemas want before the cases.
func suiteStart(s report.Summary) xml.StartElement {
	c := s.Counts()
	suite := start("testsuite")
	for _, attribute := range [][2]string{
		{"name", "bulk " + orRun(s.Kind)}, {"package", "bulk"}, {"id", "0"}, {"hostname", "localhost"},
		{"timestamp", s.Started.UTC().Format("2006-01-02T15:04:05")},
		{"tests", strconv.Itoa(c.Total())},
		{"failures", strconv.Itoa(c[jobs.Failed] + c[jobs.Rejected] + c[jobs.Invalid] + c[jobs.Drift])},
		{"errors", strconv.Itoa(c[jobs.Unknown])},
		{"skipped", strconv.Itoa(c[jobs.Skipped] + c[jobs.NotRun])},
		{"time", decimal(s.Elapsed)},
	} {
		suite.Attr = append(suite.Attr, xml.Attr{Name: xml.Name{Local: attribute[0]}, Value: attribute[1]})
	}
	return suite
}

func properties(out *xml.Encoder, s report.Summary) error {
	element := start("properties")
	if err := tokens(out, element); err != nil {
		return err
	}
	all := [][2]string{
		{"command", s.Command}, {"bulk_version", s.Version}, {"run", s.Run}, {"input", s.Input}, {"output", s.Output},
		{"plan_sha256", s.Digest}, {"exit_code", strconv.Itoa(s.ExitCode)}, {"ended_early", s.Ending},
	}
	for _, f := range s.Origin.Facts() {
		all = append(all, [2]string{strings.ReplaceAll(f.Name, " ", "_"), f.Text})
	}
	for _, p := range all {
		if p[1] == "" {
			continue
		}
		if err := out.Encode(property{Name: p[0], Value: clean(p[1])}); err != nil {
			return err
		}
	}
	return tokens(out, element.End())
}

// newTestCase is a row as a test; page is the SIM's in the portal. Its name has the line, since CI servers take
// cases of one name for one.
func newTestCase(row jobs.Row, r jobs.Result, page string) testCase {
	name := string(row.ICCID)
	if name == "" {
		name = "(no iccid)"
	}
	if row.Group != "" && row.Action.Irreversible() {
		name += " " + strings.Join(strings.Fields(row.Group), " ")
	}
	c := testCase{
		Name: clean(fmt.Sprintf("%s line %d", name, row.Line)), Class: report.ActionName(row.Action), Time: decimal(r.Duration),
	}
	switch r.Outcome {
	case jobs.Failed, jobs.Rejected, jobs.Invalid, jobs.Drift:
		c.Failure = newProblem(r, page)
	case jobs.Unknown:
		c.Error = newProblem(r, page)
	case jobs.Skipped, jobs.NotRun:
		text := clean(string(r.Outcome) + ", " + string(r.Code) + ": " + r.Description)
		c.Skipped = &text
	}
	return c
}

func newProblem(r jobs.Result, page string) *problem {
	lines := []string{fmt.Sprintf("%s, %s: %s", r.Outcome, r.Code, r.Description)}
	for _, part := range [][2]string{
		{"the upstream's words", r.UpstreamError}, {"request_id", r.RequestID}, {"http_status", nonzero(r.HTTPStatus)},
		{"attempts", nonzero(r.Attempts)}, {"started_at", started(r.Started)}, {"portal_url", page},
	} {
		if part[1] != "" {
			lines = append(lines, part[0]+": "+part[1])
		}
	}
	message := r.Description
	if message == "" {
		message = string(r.Outcome)
	}
	return &problem{Message: clean(message), Type: clean(string(r.Code)), Text: clean(strings.Join(lines, "\n"))}
}

func nonzero(n int) string {
	if n == 0 {
		return ""
	}
	return strconv.Itoa(n)
}

func started(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return stamp(t)
}

// suiteOutput is what the suite as a whole has to say.
func suiteOutput(s report.Summary) []string {
	lines := []string{fmt.Sprintf("exit code %d: %s", s.ExitCode, report.ExitMeaning(s.ExitCode))}
	lines = append(lines, s.Doubts()...)
	for _, note := range s.Remarks() {
		lines = append(lines, "note: "+note)
	}
	for _, u := range s.Upstreams {
		lines = append(lines, string(u.Name)+": "+strings.Join(u.Said(), ", "))
	}
	for _, command := range s.Next {
		lines = append(lines, "next: "+human.OneLine(command))
	}
	return lines
}

func decimal(d time.Duration) string { return strconv.FormatFloat(max(d, 0).Seconds(), 'f', 3, 64) }

// clean leaves what XML 1.0 can hold; line feeds are the only control
// characters among it.
func clean(text string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\n':
			return r
		case r < ' ' || r >= 0x7F && r <= 0x9F || r == 0xFFFE || r == 0xFFFF:
			return -1
		}
		return r
	}, strings.ToValidUTF8(text, "\uFFFD"))
}
