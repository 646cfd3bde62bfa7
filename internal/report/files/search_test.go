package files

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"testing"

	"github.com/stretchr/testify/require"
)

// searchCase is a search of the page's list, and the lines of the rows that it finds.
type searchCase struct {
	Query string `json:"query"`
	Lines []int  `json:"lines"`
}

// What the page finds is what its reader sees in a row's own cells.
func TestSearch(t *testing.T) {
	node, err := exec.LookPath("node")
	if err != nil {
		t.Skip("node is not installed")
	}
	type row struct {
		Line int         `json:"line"`
		Own  [][2]string `json:"own"`
		Said []string    `json:"said"`
	}
	own := func(site, order, note string) [][2]string {
		return [][2]string{{"group", "L100"}, {"Site", site}, {"Order No", order}, {"note", note}}
	}
	rows := []row{
		{2, own("Site 7", "ORD-1001", "Köln"), []string{"8944500102070000070", "set_aa_group", "ok", "", ""}},
		{3, own("Site 70", "ORD-1002", "Bremen"), []string{"8944500102070000071", "set_aa_group", "failed", "timeout", "No answer came within 7 s."}},
		{4, own("Site 17", "ORD-10017", "Bremen"), []string{"89445001020700001112", "set_aa_group", "rejected", "contract_in_force", "Contract type 1 with 7 months remaining."}},
		{7, own("Hall", "17", "Bremen"), []string{"8944500102070004711", "query_status", "failed", "not_found", "The upstream knows no such SIM."}},
	}
	all := []int{2, 3, 4, 7}
	cases := []searchCase{
		{"", all}, {"  ", all},
		{"Site 7", []int{2}}, {"site   7", []int{2}}, {`"site 7"`, []int{2}}, {"SITE 7 ", []int{2}},
		{"site 8", nil}, {"Site 1", nil}, // not 17; and the 1 of another cell is none of the site's
		{"7", []int{2, 7}}, {"17", []int{4, 7}}, {"70", []int{3}}, {"line 7", []int{7}}, {"line 70", nil},
		{"order no 17", []int{7}}, {"order", nil}, {"site", []int{2, 3, 4}}, {"note bremen", []int{3, 4, 7}}, // a name alone finds nothing
		{"ORD-1001", []int{2}}, {"ord-100", []int{2, 3, 4}}, {"ORD-10017", []int{4}}, {"L100", all}, {"L10", all}, {"group l100", all},
		{"Bremen failed", []int{3, 7}}, {"failed bremen 17", []int{7}}, {"bremen 17", []int{4, 7}}, {"Bremen Site 17", []int{4}},
		{"4711", []int{7}}, {"8944500102070000070", []int{2}}, {"8944 5001 0207 0000 070", []int{2}}, {"8944500102070000071F", []int{3}},
		{"89445001020700000704", []int{2}}, // with its check digit, which the file is without
		{"8944500102070000111", []int{4}},  // without it
		{"contract_in_force", []int{4}}, {"7 months", []int{4}}, {"köln", []int{2}}, {"KO\u0308LN", []int{2}}, {"nowhere", nil}, {"bremen nowhere", nil},
	}
	search, err := os.ReadFile("page/search.js")
	require.NoError(t, err)
	given, err := json.Marshal(map[string]any{"rows": rows, "cases": cases})
	require.NoError(t, err)
	command := exec.Command(node, "-e", string(search)+`
		const { rows, cases } = JSON.parse(require("fs").readFileSync(0, "utf8")), prepared = rows.map(search.prepare);
		console.log(JSON.stringify(cases.map(({ query }) => {
			const found = search.matcher(query, prepared);
			const lines = rows.filter((row, i) => found(prepared[i])).map((row) => row.line);
			return { query, lines: lines.length ? lines : null };
		})));`)
	command.Stdin = bytes.NewReader(given)
	out, err := command.CombinedOutput()
	require.NoError(t, err, string(out))
	var got []searchCase
	require.NoError(t, json.Unmarshal(out, &got))
	for i, c := range cases {
		require.Equal(t, c, got[i])
	}
}
