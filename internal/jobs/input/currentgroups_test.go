package input

import (
	"context"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"bulk/internal/jobs"
)

func groupsFile(t *testing.T, text string, columns map[string]string) (*CurrentGroups, error) {
	t.Helper()
	c, err := Take(strings.NewReader(text), t.TempDir())
	require.NoError(t, err)
	return OpenCurrentGroups(t.Context(), c, "export.csv", columns)
}

// A file says in which group the SIMs are whose rows do not say so, in either
// spelling.
func TestCurrentGroups(t *testing.T) {
	text := "iccid,action,group,current_group\n" +
		sim1 + ",set_aa_group,A,\n" + sim2 + ",set_aa_group,A,own\n" + withCheckDigit(sim3) + ",set_aa_group,A,\n" + sim4 + ",set_aa_group,A,\n" + madeICCID(1) + ",query_status,,\n"
	for name, export := range map[string]string{
		"current_group":          "ICCID;current_group\n'" + sim1 + ";P1\n",
		"group":                  "group,iccid\nP1," + sim1 + "\n",
		"group beside the other": "iccid,group,current_group\n" + sim1 + ",X,P1\n",
		"by another name":        "SIM,In group\n" + sim1 + ",P1\n",
		"said twice":             "iccid,group\n" + sim1 + ",P1\n" + withCheckDigit(sim1) + ", P1 \n",
		"twice otherwise, of a SIM that is not asked for": "iccid,group\n" + sim1 + ",P1\n" + madeICCID(1) + ",X\n" + madeICCID(1) + ",Y\n",
	} {
		t.Run(name, func(t *testing.T) {
			lines := strings.SplitN(export, "\n", 2)
			switch {
			case strings.HasPrefix(lines[0], "group,"):
				export += "P2," + sim2 + "\nP3," + sim3 + "\n"
			case strings.HasPrefix(lines[0], "iccid,group,current"):
				export += sim2 + ",X,P2\n" + sim3 + ",X,P3\n"
			case strings.Contains(lines[0], ";"):
				export += sim2 + ";P2\n" + sim3 + ";P3\n"
			default:
				export += sim2 + ",P2\n" + sim3 + ",P3\n"
			}
			columns := map[string]string{"current_group": "In group", "iccid": "SIM"}
			if name != "by another name" {
				columns = nil
			}
			g, err := groupsFile(t, export, columns)
			require.NoError(t, err)
			rows, s, _ := read(t, text, Options{CurrentGroups: g, Columns: columns, Ordered: true})
			var said []string
			for _, row := range rows {
				said = append(said, row.CurrentGroup)
			}
			require.Equal(t, []string{"P1", "own", "P3", "", ""}, said)
			require.Equal(t, 3, s.CurrentGroups)
			require.Empty(t, g.Notes)
		})
	}
}

func TestCurrentGroupsOddities(t *testing.T) {
	text := "iccid,action,group\n" + sim1 + ",set_aa_group,A\n"
	g, err := groupsFile(t, "iccid,group\n12,P1\n"+sim1+",#N/A\n8.9E+18,P1\n", nil)
	require.NoError(t, err)
	rows, _, _ := read(t, text, Options{CurrentGroups: g})
	require.Equal(t, "#N/A", rows[0].CurrentGroup, "which is no group, and not nothing")
	require.Equal(t, []string{"export.csv: 2 rows without an iccid that can be read, passed over (the first is line 2)"}, g.Notes)

	for _, c := range []struct{ name, export, says, hint string }{
		{"two groups for one SIM", "iccid,group\n" + sim1 + ",P1\n\n" + withCheckDigit(sim1) + ",P2\n", "line 2 says that the SIM " + sim1 + " is in group P1, and line 4 in group P2", "which is right"},
		{"no group", "iccid,site\n", `line 1: the header has no column current_group or group; it has "iccid", "site"`, "iccid and group"},
		{"a group by another name", "iccid,Group name\n", "no column current_group or group", `--column current_group="Group name"`},
		{"no iccid", "SIM,group\n", "line 1: the header has no iccid column", `--column iccid="SIM"`},
		{"damage", "iccid,group\n\x00", "line 2, column 1: the file has NUL bytes", "again"},
		{"a broken quote", "iccid,group\n" + sim1 + ",\"P1\n", "line 2: a quote is broken", "quote"},
	} {
		t.Run(c.name, func(t *testing.T) {
			g, err := groupsFile(t, c.export, nil)
			if err == nil {
				var f *File
				f, err = open(t, text, Options{CurrentGroups: g})
				require.NoError(t, err)
				_, err = f.Scan(context.Background())
			}
			var refusal *Refusal
			require.ErrorAs(t, err, &refusal)
			require.Equal(t, "export.csv", refusal.File)
			require.Contains(t, refusal.Text, c.says)
			require.Contains(t, refusal.Hint, c.hint)
		})
	}
}

// What --column names must be in one of the two files.
func TestColumnsOfTwoFiles(t *testing.T) {
	columns := map[string]string{"current_group": "In group"}
	text := "iccid,action,group\n" + sim1 + ",set_aa_group,A\n"
	g, err := groupsFile(t, "iccid,In group\n"+sim1+",P1\n", columns)
	require.NoError(t, err)
	rows, _, _ := read(t, text, Options{CurrentGroups: g, Columns: columns})
	require.Equal(t, "P1", rows[0].CurrentGroup)
	_, err = open(t, text, Options{Columns: columns})
	requireRefusal(t, err, `the header has no column "In group"`)
	g, err = groupsFile(t, "iccid,current_group\n"+sim1+",P1\n", columns)
	require.NoError(t, err)
	_, err = open(t, text, Options{CurrentGroups: g, Columns: columns})
	requireRefusal(t, err, `the header has no column "In group"`)
	_, err = open(t, text, Options{CurrentGroups: g, Columns: map[string]string{"action": "Do"}})
	requireRefusal(t, err, `the header has no column "Do"`)
	require.Equal(t, jobs.SetAAGroup, rows[0].Action)
}
