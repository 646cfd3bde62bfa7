package main

import (
	"fmt"
	"io"
	"strings"
	"testing"

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
	for _, c := range []struct {
		name   string
		toxics []string
		calm   bool // nothing may go wrong
		rows   int
	}{
		{"nothing", nil, true, 60},
		{"latency", []string{`{"type":"latency","attributes":{"latency":60,"jitter":50}}`}, true, 60},
		{"latency both ways", []string{
			`{"type":"latency","attributes":{"latency":30,"jitter":20}}`,
			`{"type":"latency","stream":"upstream","attributes":{"latency":30,"jitter":20}}`}, true, 60},
		{"bandwidth", []string{`{"type":"bandwidth","attributes":{"rate":6}}`}, false, 40},
		{"slicer", []string{`{"type":"slicer","attributes":{"average_size":7,"size_variation":5,"delay":300}}`}, true, 60},
		{"requests in slices", []string{`{"type":"slicer","stream":"upstream","attributes":{"average_size":20,"size_variation":15,"delay":200}}`}, true, 60},
		{"answers reset", []string{`{"type":"reset_peer","toxicity":0.6,"attributes":{"timeout":30}}`}, false, 60},
		{"requests reset", []string{`{"type":"reset_peer","stream":"upstream","toxicity":0.6,"attributes":{"timeout":30}}`}, false, 60},
		{"no answer after the request has passed", []string{`{"type":"timeout","toxicity":0.4,"attributes":{"timeout":150}}`}, false, 60},
		{"no answer, ever", []string{`{"type":"timeout","toxicity":0.3,"attributes":{"timeout":0}}`}, false, 40},
		{"no request arrives", []string{`{"type":"timeout","stream":"upstream","toxicity":0.4,"attributes":{"timeout":150}}`}, false, 60},
		{"answers cut short", []string{`{"type":"limit_data","toxicity":0.5,"attributes":{"bytes":400}}`}, false, 60},
		{"requests cut short", []string{`{"type":"limit_data","stream":"upstream","toxicity":0.5,"attributes":{"bytes":900}}`}, false, 60},
		{"slow to close", []string{`{"type":"slow_close","attributes":{"delay":200}}`}, true, 60},
		{"everything", []string{
			`{"type":"latency","attributes":{"latency":20,"jitter":20}}`,
			`{"type":"slicer","attributes":{"average_size":30,"size_variation":20,"delay":100}}`,
			`{"type":"limit_data","toxicity":0.2,"attributes":{"bytes":900}}`,
			`{"type":"reset_peer","stream":"upstream","toxicity":0.2,"attributes":{"timeout":200}}`}, false, 60},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			b := prepared(t, sandbox.Config{}, poisonedRows(c.rows))
			b.at(poisoned(t, b, c.toxics))
			code, said := b.finish(b.run("--workers", "6", "--timeout", "1s", "--retries", "30",
				"--max-in-doubt", "0", "--max-failures", "0", "--max-outage", "40s"))
			outcomes := b.holds(func(string) bool { return !c.calm })
			require.Zero(t, outcomes["not_run"], said)
			require.Contains(t, []int{0, 3, 5}, code, said)
			connections := b.box.Stats().Connections
			if c.calm {
				require.Zero(t, code, said)
				require.Equal(t, map[string]int{"ok": len(b.rows)}, outcomes)
			}
			b.at("http://" + b.addr)
			b.onceMore()
			t.Logf("%v; %d commands were done, over %d connections", outcomes, b.box.Stats().CommandsDone, connections)
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
