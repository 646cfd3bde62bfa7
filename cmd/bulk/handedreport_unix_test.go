//go:build unix

package main

import (
	"encoding/json"
	"fmt"
	"html"
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"bulk/internal/jobs/ledger/postgres/pgtest"
	"bulk/internal/upstream/sandbox"
)

// whenever are the parts of reports that say when, how long and how fast, and the
// command itself: nothing else may differ between a run that was done here and one that
// workers did.
var whenever = regexp.MustCompile(`^(command|started_at|ended_at|duration_seconds|approvals\.\d+\.at|in_doubt\.\d+\.oldest_at|upstreams\.\d+\.(mean_rate|held_seconds|latency_seconds\..*)|` +
	`timeline\.\d+\.(started_at|bucket_seconds|latency_.*))$`)

// unplaced are besides those that tell of files: a worker has none of them.
var unplaced = regexp.MustCompile(whenever.String() + `|^(text|output|files\..*)$`)

// fields are the leaves of a JSON document, by their paths. Of a timeline the sums are
// taken: when what was asked is a matter of time.
func fields(t *testing.T, text []byte) map[string]string {
	t.Helper()
	var doc any
	require.NoError(t, json.Unmarshal(text, &doc), "%s", text)
	all := map[string]string{}
	var walk func(path string, v any)
	walk = func(path string, v any) {
		switch v := v.(type) {
		case map[string]any:
			for name, of := range v {
				walk(strings.TrimPrefix(path+"."+name, "."), of)
			}
		case []any:
			if strings.HasPrefix(path, "timeline.") {
				sum := 0.0
				for _, n := range v {
					sum += n.(float64)
				}
				walk(path, sum)
				return
			}
			all[path+".#"] = fmt.Sprint(len(v))
			for i, of := range v {
				walk(fmt.Sprintf("%s.%d", path, i), of)
			}
		default:
			all[path] = fmt.Sprint(v)
		}
	}
	walk("", doc)
	return all
}

// sameBut holds two documents' fields against each other, and gives those that were left out.
func sameBut(t *testing.T, masked *regexp.Regexp, here, handed map[string]string) {
	t.Helper()
	for _, path := range slices.Sorted(maps.Keys(here)) {
		there, is := handed[path]
		if !masked.MatchString(path) {
			require.True(t, is, "%s is missing where workers did the run", path)
			require.Equal(t, here[path], there, path)
		}
	}
	for path := range handed {
		require.True(t, masked.MatchString(path) || here[path] != "" || handed[path] == "", path)
	}
}

// timeless is a text without times, rates and commands.
func timeless(text []byte) string {
	for _, to := range [][2]string{
		{`\d{4}-\d\d-\d\d[ T]\d\d:\d\d(:\d\d)?(\.\d+)?( UTC|Z| [+-]\d{4}( \w+)?)?`, "TIME"},
		{`\d[\d.]* a second`, "RATE"},
		{`\b\d[\d.]* ?m?s\b`, "SPAN"},
		{`(### |input="|command=")\S*bulk run .*?(\n|",)`, "${1}COMMAND"},
		{`(?m)^(\S*(?:timestamp_seconds|duration_seconds|oldest_seconds|_sum|held_seconds)\{.*\}) .*`, "$1 TIME"},
	} {
		text = regexp.MustCompile(to[0]).ReplaceAll(text, []byte(to[1]))
	}
	return string(text)
}

// read is a file of the bench, with names for where it is.
func (b *bench) read(name string) []byte {
	b.t.Helper()
	text, err := os.ReadFile(b.path(name))
	require.NoError(b.t, err)
	return []byte(strings.NewReplacer("'"+b.ledger+"'", "LEDGER", b.ledger, "LEDGER", b.dir, "DIR").Replace(html.UnescapeString(string(text))))
}

// Who waits for a run that workers do, and whom they tell of its end, get what a run
// that is done here says, field by field.
func TestHandedReportsAreTheSame(t *testing.T) {
	server := pgtest.Shared(t)
	flags := append(handedFlags, "--report", "r.json", "--report", "r.md", "--report", "r.prom", "--report", "r.html")
	told := func(b *bench) string { return "cat > " + b.path("told.json") }
	bench := func() *bench {
		b := prepared(t, sandbox.Config{}, handedRows(26))
		b.env = append(b.env, "BULK_M2M_ACCOUNT=m2m:fleet")
		return b
	}
	here := bench()
	code, said := here.finish(here.run(append(flags, "--on-finish", told(here))...))
	require.Equal(t, 5, code, said)

	there := bench().shared(server)
	w := there.worker("machine")
	w.Args = append(w.Args, "--on-finish", told(there))
	require.NoError(t, w.Start())
	t.Cleanup(func() { _ = w.Process.Kill(); _ = w.Wait() })
	code, said = there.finish(there.run(append(flags, "--engine", there.engine)...))
	require.Equal(t, 5, code, said)

	sameBut(t, whenever, fields(t, here.read("r.json")), fields(t, there.read("r.json")))
	for _, name := range []string{"r.md", "r.prom"} {
		require.Equal(t, timeless(here.read(name)), timeless(there.read(name)), name)
	}
	sameBut(t, unplaced, fields(t, here.read("told.json")), fields(t, there.read("told.json")))
}
