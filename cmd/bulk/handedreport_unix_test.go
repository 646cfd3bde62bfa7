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
	"time"

	"github.com/stretchr/testify/require"

	"bulk/internal/jobs/ledger"
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

// elsewhere are besides those of where who waits for a run has its files.
var elsewhere = regexp.MustCompile(whenever.String() + `|^(output|files\..*)$`)

// ofAProcess are besides those that the ledger does not keep of a run that was not handed over.
var ofAProcess = regexp.MustCompile(elsewhere.String() + `|^(off\..*|safeguards_off\..*|catalog|catalog_sha256|notes\..*)$`)

// waits waits for the bench's run from elsewhere, with a result file and a report of
// this name, and gives the exit code.
func (b *bench) waits(name string) int {
	b.t.Helper()
	cmd := b.run()
	cmd.Args = append(cmd.Args[:1:1], "runs", "wait", "1", "--ledger", b.ledger, "-o", name+".csv", "--report", name+".json")
	code, said := b.finish(cmd)
	b.t.Log(said)
	return code
}

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

	// Who attaches again, to a run of workers or to one that its own process did, is told
	// the same, and gets the same file; of a run's own process the ledger does not say
	// what was off, and which catalogue it had.
	require.Equal(t, 5, there.waits("w"))
	require.Equal(t, 5, here.waits("w"))
	require.Equal(t, there.read("out.csv"), there.read("w.csv"))
	require.Equal(t, here.read("out.csv"), here.read("w.csv"))
	same := func(masked *regexp.Regexp, of interface{ read(string) []byte }, name string) {
		sameBut(t, masked, fields(t, here.read("r.json")), fields(t, of.read(name+".json")))
	}
	same(whenever, there, "r")
	same(elsewhere, there, "w")
	same(ofAProcess, here, "w")
	for _, name := range []string{"r.md", "r.prom"} {
		require.Equal(t, timeless(here.read(name)), timeless(there.read(name)), name)
	}
	sameBut(t, unplaced, fields(t, here.read("told.json")), fields(t, there.read("told.json")))
}

// What a killed worker had written down of its requests counts with what its successor
// asked, for who waited all the while and for who attaches afterwards.
func TestSumOverLegs(t *testing.T) {
	server := pgtest.Shared(t)
	var rows []benchRow
	for i := range 300 {
		rows = append(rows, benchRow{card(i), "query_status", "", ""})
	}
	b := prepared(t, sandbox.Config{}, rows).shared(server)
	db, err := ledger.Open(t.Context(), b.ledger, ledger.Options{Now: time.Now})
	require.NoError(t, err)
	defer db.Close()
	recorded := func() int {
		all, err := db.CountsOf(t.Context(), 1)
		require.NoError(t, err)
		n := 0
		for _, one := range all {
			var c struct{ Upstreams []struct{ Requests int } }
			require.NoError(t, json.Unmarshal([]byte(one.Counts), &c))
			for _, u := range c.Upstreams {
				n += u.Requests
			}
		}
		return n
	}
	first := b.worker("machine-1")
	require.NoError(t, first.Start())
	desk := b.run("--rate", "m2m=60", "--engine", b.engine, "--report", "r.json")
	var said saying
	desk.Stdout, desk.Stderr = &said, &said
	require.NoError(t, desk.Start())
	require.Eventually(t, func() bool { return recorded() > 60 }, time.Minute, 10*time.Millisecond, "%s", &said)
	require.NoError(t, first.Process.Kill())
	_ = first.Wait()
	require.Eventually(t, func() bool { return b.box.Stats().OpenConnections == 0 }, time.Minute, time.Millisecond)
	byFirst, served := recorded(), b.box.Stats().M2M.Requests
	require.LessOrEqual(t, byFirst, served)
	require.Less(t, served, len(rows))

	second := b.worker("machine-2")
	require.NoError(t, second.Start())
	t.Cleanup(func() { _ = second.Process.Kill(); _ = second.Wait() })
	require.NoError(t, desk.Wait(), "%s", &said)
	require.Zero(t, b.waits("w"))
	sum := byFirst + b.box.Stats().M2M.Requests - served
	t.Logf("of %d requests %d are not counted", b.box.Stats().M2M.Requests, served-byFirst)
	require.Contains(t, said.String(), fmt.Sprintf("m2m: %d requests", sum))
	for _, name := range []string{"r.json", "w.json"} {
		require.Equal(t, fmt.Sprint(sum), fields(t, b.read(name))["upstreams.0.requests"], name)
	}
}
