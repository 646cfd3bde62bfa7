package main

import (
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	toxiproxy "github.com/Shopify/toxiproxy/v2"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/rs/zerolog"
	"github.com/stretchr/testify/require"

	"bulk/internal/upstream/sandbox"
)

// Between bulk and the sandbox the wire itself is poisoned, by toxiproxy. However
// an answer is delayed, cut or lost: each command ends ok, failed or unknown,
// each ok is true, and no SIM is commanded twice.
func TestPoisonedWire(t *testing.T) {
	const calm, rough, bites = 0, 1, 2 // all goes well; nobody knows; some answers are lost for sure
	for _, c := range []struct {
		name   string
		toxics []string
		is     int
	}{
		{"nothing", nil, calm},
		{"latency", []string{`{"type":"latency","attributes":{"latency":60,"jitter":50}}`}, calm},
		{"latency both ways", []string{
			`{"type":"latency","attributes":{"latency":30,"jitter":20}}`,
			`{"type":"latency","stream":"upstream","attributes":{"latency":30,"jitter":20}}`}, calm},
		{"bandwidth", []string{`{"type":"bandwidth","attributes":{"rate":3}}`}, rough},
		{"slicer", []string{`{"type":"slicer","attributes":{"average_size":7,"size_variation":5,"delay":300}}`}, calm},
		{"requests in slices", []string{`{"type":"slicer","stream":"upstream","attributes":{"average_size":20,"size_variation":15,"delay":200}}`}, calm},
		{"slow to close", []string{`{"type":"slow_close","attributes":{"delay":200}}`}, calm},
		{"answers reset", []string{`{"type":"reset_peer","toxicity":0.5,"attributes":{"timeout":100}}`}, rough},
		{"requests reset", []string{`{"type":"reset_peer","stream":"upstream","toxicity":0.5,"attributes":{"timeout":100}}`}, rough},
		{"answers cut short", []string{`{"type":"limit_data","attributes":{"bytes":1000}}`}, bites},
		{"requests cut short", []string{`{"type":"limit_data","stream":"upstream","attributes":{"bytes":1700}}`}, rough},
		{"no answer after the request has passed", []string{`{"type":"timeout","toxicity":0.4,"attributes":{"timeout":150}}`}, rough},
		{"no answer, ever", []string{`{"type":"timeout","toxicity":0.3,"attributes":{"timeout":0}}`}, rough},
		{"no request arrives", []string{`{"type":"timeout","stream":"upstream","toxicity":0.4,"attributes":{"timeout":150}}`}, rough},
		{"everything", []string{
			`{"type":"latency","attributes":{"latency":20,"jitter":20}}`,
			`{"type":"slicer","attributes":{"average_size":30,"size_variation":20,"delay":100}}`,
			`{"type":"limit_data","toxicity":0.4,"attributes":{"bytes":900}}`,
			`{"type":"reset_peer","stream":"upstream","toxicity":0.4,"attributes":{"timeout":200}}`}, rough},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			b := prepared(t, sandbox.Config{Latency: sandbox.Latency{Min: time.Millisecond, Max: 30 * time.Millisecond}}, poisonedRows(60))
			b.at(poisoned(t, b, c.toxics))
			// Without the live checks it is mostly commands that are hit.
			code, said := b.finish(b.run("--workers", "6", "--timeout", "1s", "--command-timeout", "1s", "--retries", "30", "--preflight", "none",
				"--max-in-doubt", "0", "--max-failures", "none", "--max-outage", "40s"))
			outcomes := b.holds(func(string) bool { return c.is != calm })
			t.Logf("%v; %d commands were done", outcomes, b.box.Stats().CommandsDone)
			require.Zero(t, outcomes["not_run"], said)
			switch c.is {
			case calm:
				require.Zero(t, code, said)
				require.Equal(t, map[string]int{"ok": len(b.rows)}, outcomes)
			case bites:
				require.Equal(t, 5, code, said)
			default:
				require.Contains(t, []int{0, 3, 5}, code, said)
			}
			b.at("http://" + b.addr)
			b.onceMore()
		})
	}
}

// poisonedRows are commands, and reads of other SIMs.
func poisonedRows(n int) (rows []benchRow) {
	for i := range n {
		if i%5 == 4 {
			rows = append(rows, benchRow{card(i), "query_status", "", ""})
			continue
		}
		rows = append(rows, benchRow{card(i), "set_aa_group", []string{"L100", "L200"}[i%2], ""})
	}
	return rows
}

// poisoned puts a proxy with these toxics in front of the bench's sandbox, and
// gives its address.
func poisoned(t *testing.T, b *bench, toxics []string) (url string) {
	t.Helper()
	server := toxiproxy.NewServer(toxiproxy.NewMetricsContainer(prometheus.NewRegistry()), zerolog.New(io.Discard))
	proxy := toxiproxy.NewProxy(server, t.Name(), "127.0.0.1:0", b.addr)
	require.NoError(t, proxy.Start())
	t.Cleanup(proxy.Stop)
	for i, toxic := range toxics {
		named := strings.Replace(toxic, "{", fmt.Sprintf(`{"name":"toxic %d",`, i), 1)
		_, err := proxy.Toxics.AddToxicJson(strings.NewReader(named))
		require.NoError(t, err)
	}
	return "http://" + proxy.Listen
}
