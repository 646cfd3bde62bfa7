package files

import (
	"encoding/json"
	"encoding/xml"
	"fmt"
	"io"
	"regexp"
	"strings"
	"testing"

	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"
	"github.com/stretchr/testify/require"

	"bulk/internal/jobs"
	"bulk/internal/report/redact"
)

func TestMarkdownFits(t *testing.T) {
	f := newFixture()
	long := strings.Repeat("|<*_`&@#", 300)
	for _, entry := range jobs.Codes {
		for range 10 {
			f.add(jobs.SetAAGroup, jobs.Failed, entry.Code, long, long)
			f.rows[len(f.rows)-1].Group = long + string(entry.Code)
		}
	}
	f.finish()
	for range 50 {
		f.summary.Notes = append(f.summary.Notes, long)
	}
	f.summary.Ending, f.summary.Command = long, long
	text := written(t, f, Markdown)
	require.Less(t, len(text), 60_000)
	require.True(t, strings.HasSuffix(text, "\n</details>\n"))
	holds(t, text, fmt.Sprintf("of %d rows that went wrong</summary>", 10*len(jobs.Codes)))
}

// A plan of any size: first the groups that few SIMs go to, of each its first 50 SIMs,
// and room for the rows that went wrong.
func TestMarkdownOfAPlanFits(t *testing.T) {
	f := newFixture()
	into := func(group string, sims int) {
		for range sims {
			f.add(jobs.SetAAGroup, jobs.Planned, "", "", "")
			f.rows[len(f.rows)-1].Group = group
		}
	}
	into("L100", 5000)
	for n := range 40 {
		into(fmt.Sprintf("L2%02d", n), 60)
	}
	into("L999", 1)
	f.add(jobs.SetAAGroup, jobs.Rejected, jobs.SIMClosed, "", "")
	f.finish()
	text := written(t, f, Markdown)
	require.Less(t, len(text), 60_000)
	for _, part := range []string{"<summary>1 SIM into L999</summary>", "<summary>60 SIMs into L200, the first 50</summary>", "of which the plan tells", "1 row that went wrong"} {
		holds(t, text, part)
	}
	require.NotContains(t, text, "into L100,", "it comes last")
	require.Less(t, strings.Index(text, "into L999"), strings.Index(text, "into L200"))
}

// nasty is a run with a text in every place that others may fill.
func nasty(text string) *fixture {
	f := newFixture()
	for i, outcome := range jobs.Outcomes {
		f.add(jobs.SetAAGroup, outcome, jobs.Codes[i].Code, text, text)
		row, result := &f.rows[i], &f.results[i]
		row.Group, result.RequestID = text, text
		for column := range row.Fields {
			row.Fields[column] = text
		}
	}
	f.finish()
	s := &f.summary
	s.Ending, s.Notes, s.Command, s.Input, s.Output = text, []string{text}, text, text, text
	s.Files, s.Next, s.Run, s.Version = []string{text}, []string{text}, text, text
	f.columns = []string{"iccid", "action", "group", text, "site", "qr_code"}
	return f
}

// FuzzReports: no text of a row, a file or an upstream can break a report.
func FuzzReports(f *testing.F) {
	for _, seed := range []string{
		"</script><script>alert(1)</script>", "<!--", "]]>", "| a | b |\n|---|\n# h", "``` `` `", "</details>", "\\", "\\|", "a\u2028b\x00\x1b[2J", "\xff\xfe\uFFFE",
		"'\"><img src=x onerror=alert(1)>", "{{.}}", "&lt;&#60;", "[a](javascript:b)", "@all #1 www.example.com https://example.com", "LPA:1$a.b$c", "a\"b\\nc",
		"*a* _b_ ~~c~~ $x$", "  ", "> [!NOTE]", "&", "-->", "\r\n\r\n",
	} {
		f.Add(seed)
	}
	plain := map[Format]string{}
	for _, format := range []Format{HTML, JUnit, Markdown} {
		plain[format] = rendered(f, nasty("x"), format)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if strings.TrimSpace(redact.Text(text)) == "" || len(text) > 200 {
			return // it leaves out a place, or is cut
		}
		run := nasty(text)
		page := rendered(t, run, HTML)
		sameMarks(t, plain[HTML], page, "<", ">")
		data(t, page)
		sameTree(t, plain[JUnit], rendered(t, run, JUnit))
		sameTable(t, plain[Markdown], rendered(t, run, Markdown))
		require.True(t, json.Valid([]byte(rendered(t, run, JSON))))
		parser := expfmt.NewTextParser(model.UTF8Validation)
		_, err := parser.TextToMetricFamilies(strings.NewReader(written(t, run, Prometheus)))
		require.NoError(t, err)
	})
}

// rendered is a report's text, without the detour over a file.
func rendered(t testing.TB, f *fixture, format Format) string {
	t.Helper()
	var out strings.Builder
	require.NoError(t, format.render(&out, safeSummary(f.summary), f.columns, f.each))
	return out.String()
}

func sameMarks(t *testing.T, want, got string, marks ...string) {
	t.Helper()
	for _, mark := range marks {
		require.Equal(t, strings.Count(want, mark), strings.Count(got, mark), "%s in %.2000q", mark, got)
	}
}

// sameTree reports whether two XML documents have the same elements in the same
// order.
func sameTree(t *testing.T, want, got string) {
	t.Helper()
	require.Equal(t, elements(t, want), elements(t, got))
}

func elements(t *testing.T, text string) (names []string) {
	t.Helper()
	decoder := xml.NewDecoder(strings.NewReader(text))
	for {
		token, err := decoder.Token()
		if err == io.EOF {
			return names
		}
		require.NoError(t, err)
		if element, ok := token.(xml.StartElement); ok {
			names = append(names, element.Name.Local)
		}
	}
}

// sameTable reports whether two Markdown documents have the same lines, as far as
// structure goes. Code spans, in which nothing is structure, may be fenced
// differently.
func sameTable(t *testing.T, want, got string) {
	t.Helper()
	wanted, lines := strings.Split(want, "\n"), strings.Split(got, "\n")
	require.Len(t, lines, len(wanted), "%.2000q", got)
	for i := range lines {
		if inBlock := i > 0 && strings.HasSuffix(lines[i-1], "sh") && strings.HasPrefix(lines[i-1], "```"); inBlock || strings.HasPrefix(lines[i], "```") {
			continue
		}
		sameMarks(t, withoutCode(wanted[i]), withoutCode(lines[i]), "|", "<", ">", "*", "[", "]", "~", "\\")
	}
}

// withoutCode takes the code spans out of a line, as CommonMark finds them (6.1):
// a run of backticks up to the next run that is as long.
func withoutCode(line string) string {
	runs := regexp.MustCompile("`+").FindAllStringIndex(line, -1)
	var out strings.Builder
	done := 0
	for i := 0; i < len(runs); i++ {
		for j := i + 1; j < len(runs); j++ {
			if runs[j][1]-runs[j][0] == runs[i][1]-runs[i][0] {
				out.WriteString(line[done:runs[i][0]])
				done, i = runs[j][1], j
				break
			}
		}
	}
	return out.String() + line[done:]
}
