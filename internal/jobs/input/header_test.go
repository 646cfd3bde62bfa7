package input

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"bulk/internal/jobs"
)

// A header without iccid is refused with what it has, the likely column in the
// hint.
func TestLikelyColumn(t *testing.T) {
	for _, c := range []struct{ name, text, likely string }{
		{"dashed", "order,ICC-ID\n", "ICC-ID"},
		{"two words", "SIM ICCID,status\n", "SIM ICCID"},
		{"with number", "status,ICCID number\n", "ICCID number"},
		{"in brackets", "status;SIM (ICCID)\n", "SIM (ICCID)"},
		{"by what it holds", "status,Card\nactive," + sim1 + "\nactive," + sim2 + "\n", "Card"},
		{"by what it holds, before a name", "SIM,Card\n7," + sim1 + "\n", "Card"},
		{"by its name, before what another holds", "Old,ICCID no.\n" + sim1 + ",\n", "ICCID no."},
		{"called a serial number", "status,SIM Serial Number\nactive,\n", "SIM Serial Number"},
		{"a SIM", "status,SIM\n", "SIM"},
		{"most likely first", "serial,simno\n", "simno"},
		{"mostly other things", "status,note\nactive," + sim1 + "\nactive,x\nactive,y\n", ""},
		{"in German", "Status;SIM-Kartennummer\n", "SIM-Kartennummer"},
		{"in Spanish", "Estado;Número de SIM\n", "Número de SIM"},
		{"nothing", "status,imsi\n", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := open(t, c.text, Options{})
			requireRefusal(t, err, "line 1: the header has no iccid column; it has ")
			var refusal *Refusal
			require.ErrorAs(t, err, &refusal)
			if c.likely == "" {
				require.Equal(t, nameColumns, refusal.Hint)
				return
			}
			require.Equal(t, `if the ICCIDs are in "`+c.likely+`": --column iccid="`+c.likely+`"`, refusal.Hint)
		})
	}
}

func TestHeadersNotInTheFirstLine(t *testing.T) {
	for _, c := range []struct {
		name, text, says string
		options          Options
	}{
		{"titles", "SIM report,,\n,,\niccid,action,site\n" + sim1 + ",query_status,Kiel\n", "line 1 is no header, it has no iccid column; the header seems to stand in line 3", Options{}},
		{"a broken quote in a title", "Report \"North\"\niccid;action\n", "the header must come first, and it seems to stand in line 2", Options{}},
		{"by another name", "report\n\nSIM,action\n", "seems to stand in line 3", Options{Columns: map[string]string{"iccid": "sim"}}},
		{"titles above another program's header", "Bestellung 4711;;\nSIM-Nummer;Aktion;Gruppe\n" + sim1 + ";set_aa_group;L100\n", "the header seems to stand in line 2", Options{}},
		{"no titles above data that look like a header", "number,kind\n" + sim1 + ",SIM\n", `the header has no iccid column; it has "number", "kind"`, Options{}},
		{"nor above a remark", "number,kind\nSIM,\n" + sim1 + ",nano\n", `the header has no iccid column; it has "number", "kind"`, Options{}},
		{"data first", sim1 + ",query_status\niccid,action\n", "seems to stand in line 2", Options{}},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := open(t, c.text, c.options)
			requireRefusal(t, err, c.says)
		})
	}
	_, err := open(t, "report\n"+strings.Repeat("\n", 200)+"iccid,action\n", Options{})
	requireRefusal(t, err, "the header has no iccid column")
}

func TestGivenColumns(t *testing.T) {
	given := map[string]string{"iccid": "SIM Serial", "group": "Target"}
	for _, c := range []struct {
		name, text string
		columns    map[string]string
		names      []string
		fields     []string // of the first row
		refused    string
	}{
		{"read under their own names", "Site,sim-serial,action,TARGET\nLyon," + sim1 + "F,set_aa_group,A\n", given,
			[]string{"Site", "iccid", "action", "group"}, []string{"Lyon", sim1, "set_aa_group", "A"}, ""},
		{"beside columns of those names", "iccid,SIM Serial,action,group,Target\n12," + sim1 + ",set_aa_group,old,A\n", given,
			[]string{"input_iccid", "iccid", "action", "input_group", "group"}, []string{"12", sim1, "set_aa_group", "old", "A"}, ""},
		{"the name of another one", "iccid,group,current_group,action\n" + sim1 + ",P,A,set_aa_group\n", map[string]string{"group": "current_group", "current_group": "group"},
			[]string{"iccid", "current_group", "group", "action"}, []string{sim1, "P", "A", "set_aa_group"}, ""},
		{"taken by another one", "iccid,group,action\n" + sim1 + ",P,set_aa_group\n", map[string]string{"current_group": "group"},
			[]string{"iccid", "current_group", "action", "group"}, []string{sim1, "P", "set_aa_group", "D"}, ""},
		{"its own name", "iccid,group,action\n" + sim1 + ",A,set_aa_group\n", map[string]string{"group": "group"},
			[]string{"iccid", "group", "action"}, []string{sim1, "A", "set_aa_group"}, ""},
		{"not there", "iccid,action,group\n", map[string]string{"group": "Target"}, nil, nil, `line 1: the header has no column "Target", which --column names for group; it has "iccid", "action", "group"`},
		{"neither name", "SIM,action\n", given, nil, nil, `the header has neither "SIM Serial", which --column names for iccid, nor iccid; it has "SIM", "action"`},
		{"there twice", "iccid,action,Target,target\n", map[string]string{"group": "Target"}, nil, nil, "names target twice"},
		{"one for two", "iccid,action,Target\n", map[string]string{"group": "Target", "expect": "Target"}, nil, nil, `--column names "Target" for two columns`},
	} {
		t.Run(c.name, func(t *testing.T) {
			o := Options{Columns: c.columns, Group: "D"}
			if c.refused != "" {
				_, err := open(t, c.text, o)
				requireRefusal(t, err, c.refused)
				return
			}
			rows, _, f := read(t, c.text, o)
			require.Nil(t, rows[0].Fault)
			require.Equal(t, c.names, f.Columns())
			require.Equal(t, c.fields, rows[0].Fields)
		})
	}
}

// A file that bulk wrote has its columns under their own names, whatever the
// settings say that the first input called them.
func TestGivenColumnsOfAResultFile(t *testing.T) {
	rows, _, f := readFile(t, "results.csv", Options{Columns: map[string]string{"iccid": "SIM Serial", "group": "Target"}})
	require.True(t, f.Results())
	require.Equal(t, sim1, string(rows[0].ICCID))
	require.Equal(t, "0042", rows[0].Fields[2])
}

func TestLikelyColumns(t *testing.T) {
	for _, c := range []struct{ header, own, want string }{
		{"iccid,action,Target group", "group", "Target group"},
		{"iccid,action,group,Target group", "group", ""},
		{"iccid,action,current_group", "group", ""},
		{"iccid,action,site", "group", ""},
		{"iccid,action,current_group,AA-Group", "group", "AA-Group"},
		{"iccid,action,Aktuelle Gruppe,Gruppe", "group", "Gruppe"},
		{"iccid,action,Gruppencode", "group", "Gruppencode"},
		{"iccid,action,Zielgruppe", "group", "Zielgruppe"},
		{"iccid,action,targetGroup", "group", "targetGroup"},
		{"iccid,action,groupe", "group", "groupe"},
		{"iccid,action,Grupo de destino", "group", "Grupo de destino"},
		{"iccid,action,AA", "group", "AA"},
		{"iccid,action,Aachen", "group", ""},
		{"iccid,action,Aktuelle Gruppe", "current_group", "Aktuelle Gruppe"},
		{"iccid,action,group,Groupe actuel", "current_group", "Groupe actuel"},
		{"iccid,action,Grupo actual,grupo", "current_group", "Grupo actual"},
		{"iccid,action,Ist-Gruppe", "current_group", "Ist-Gruppe"},
		{"iccid,action,oldGroup", "current_group", "oldGroup"},
		{"iccid,action,current group,old group", "current_group", ""},
		{"iccid,Aktion", "action", "Aktion"},
		{"iccid,Acción", "action", "Acción"},
		{"iccid,ACTION TYPE", "action", "ACTION TYPE"},
		{"iccid,Auftrag", "action", "Auftrag"},
		{"iccid,Aktionsdatum", "action", ""},
		{"iccid,action by", "action", ""},
		{"iccid,Transaction,Transaktion", "action", ""},
		{"iccid,satisfaction", "action", ""},
		{"iccid,What\n" + sim1 + ",Query status\n" + sim1 + ",", "action", "What"},
		{"iccid,Was,Aktion\n" + sim1 + ",query_status,Umzug", "action", "Was"},
		{"iccid,action,Erwartet\n" + sim1 + ",query_status,sim_status=active", "expect", "Erwartet"},
		{"iccid,action,Expected delivery\n" + sim1 + ",query_status,Monday", "expect", ""},
	} {
		f, err := open(t, c.header+"\n", Options{})
		require.NoError(t, err)
		require.Equal(t, c.want, f.Likely(c.own), "%s in %s", c.own, c.header)
	}
	f, err := open(t, "iccid,action,Gruppe\n", Options{Absent: []string{"group"}})
	require.NoError(t, err)
	require.Empty(t, f.Likely("group"))
	_, err = open(t, "iccid,action,Group,Gruppe\n", Options{Absent: []string{"group"}})
	requireRefusal(t, err, "line 1: the header has a column group, and --column group= says that the file has none")
}

// An option is not taken for a command where the file seems to say otherwise.
func TestOverruledColumns(t *testing.T) {
	second := sim2 + ","
	for _, c := range []struct {
		name, text string
		options    Options
		refused    string
		overruled  int
	}{
		{"a group", "iccid,action,Gruppe\n" + sim1 + ",set_aa_group,A\n" + second + "set_aa_group,B\n", Options{Group: "A"},
			`the file has no column group, and "Gruppe", which may be it, is not read: --group gives A, and line 3 says "B" there`, 1},
		{"several", "iccid,action,Gruppe\n" + sim1 + ",set_aa_group,C\n" + second + "set_aa_group,B\n", Options{Group: "A"}, `line 2 says "C" there (the first of 2)`, 2},
		{"beside an empty cell", "iccid,action,group,Gruppe\n" + sim1 + ",set_aa_group,A,B\n" + second + "set_aa_group,,B\n", Options{Group: "A"},
			`"Gruppe", which may be the group too, is not read: where group is empty --group gives A, and line 3 says "B" there`, 1},
		{"beside cells that say it", "iccid,action,group,Gruppe\n" + sim1 + ",set_aa_group,A,B\n" + second + "set_aa_group,,A\n", Options{Group: "A"}, "", 0},
		{"beside the column that it is said to be", "iccid,action,group,Gruppe\n" + sim1 + ",set_aa_group,,B\n", Options{Group: "A", Columns: map[string]string{"group": "group"}}, "", 0},
		{"an action beside an empty cell", "iccid,action,Aktion,group\n" + sim1 + ",,query_status,A\n", Options{Action: jobs.SetAAGroup},
			`"Aktion", which may be the action too, is not read: where action is empty --action gives set_aa_group, and line 2 says "query_status" there`, 1},
		{"the same group", "iccid,action,Gruppe\n" + sim1 + ",set_aa_group,A\n" + second + "set_aa_group,\n", Options{Group: "A"}, "", 0},
		{"of a read", "iccid,action,Gruppe\n" + sim1 + ",query_status,B\n", Options{Group: "A"}, "", 0},
		{"of a bad row", "iccid,action,Gruppe\n12,set_aa_group,B\n", Options{Group: "A"}, "", 0},
		{"another thing", "iccid,action,Gruppe\n" + sim1 + ",set_aa_group,B\n", Options{Group: "A", Absent: []string{"group"}}, "", 0},
		{"read under its own name", "iccid,action,Gruppe\n" + sim1 + ",set_aa_group,B\n", Options{Group: "A", Columns: map[string]string{"group": "gruppe"}}, "", 0},
		{"the group in which it is", "iccid,action,Aktuelle Gruppe\n" + sim1 + ",set_aa_group,B\n", Options{Group: "A"}, "", 0},
		{"an action", "iccid,Aktion,group\n" + sim1 + ",query_status,A\n", Options{Action: jobs.SetAAGroup}, `"Aktion", which may be it, is not read: --action gives set_aa_group, and line 2 says "query_status" there`, 1},
		{"the same action", "iccid,Aktion,group\n" + sim1 + ",Set AA group,A\n", Options{Action: jobs.SetAAGroup}, "", 0},
		{"both", "iccid,Aktion,Gruppe\n" + sim1 + ",Umzug,B\n", Options{Action: jobs.SetAAGroup, Group: "A"}, `says "Umzug" there; the file has no column group, and "Gruppe"`, 2},
		{"the action of a read", "iccid,Aktion\n" + sim1 + ",set_aa_group\n", Options{Action: jobs.QueryStatus}, "", 1},
		{"a run's results, written again", "iccid,action,Gruppe\n" + sim1 + ",set_aa_group,B\n", Options{Group: "A", Accepted: true}, "", 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			f, err := open(t, c.text, c.options)
			require.NoError(t, err)
			s, err := f.Scan(t.Context())
			if c.refused != "" {
				requireRefusal(t, err, c.refused)
				var refusal *Refusal
				require.ErrorAs(t, err, &refusal)
				require.Contains(t, refusal.Hint, `--column `)
				require.Contains(t, refusal.Hint, `if it is something else: --column `)
				return
			}
			require.NoError(t, err)
			counted := 0
			for _, o := range s.Overruled {
				counted += o.Count
			}
			require.Equal(t, c.overruled, counted)
		})
	}
	f, err := open(t, "iccid,Aktion\n"+sim1+",query_status\n", Options{})
	require.NoError(t, err)
	_, err = f.Scan(t.Context())
	var refusal *Refusal
	require.ErrorAs(t, err, &refusal)
	require.Equal(t, `if the actions are in "Aktion": --column action="Aktion"; else add an action column, or say what to do with --action`, refusal.Hint)
}

// The last row of a file that was cut off is not done with what is left of it.
func TestCutEnd(t *testing.T) {
	for _, c := range []struct {
		name, text string
		code       jobs.Code
	}{
		{"a command", "iccid,action,group,site\n" + sim1 + ",set_aa_group,L1", jobs.FieldCount},
		{"a command in UTF-16", utf16le("iccid,action,group,site\n" + sim1 + ",set_aa_group,L1"), jobs.FieldCount},
		{"a command of a text of two lines", "iccid,action,group,note,site\n" + sim1 + ",set_aa_group,L1,\"a\nb\"", jobs.FieldCount},
		{"a command with its line end", "iccid,action,group,site\n" + sim1 + ",set_aa_group,L1\n", ""},
		{"before the end-of-file mark of DOS", "iccid,action,group,site\r\n" + sim1 + ",set_aa_group,L1\r\n\x1A", ""},
		{"with empty lines behind it", "iccid,action,group,site\n" + sim1 + ",set_aa_group,L1\n\n  ", ""},
		{"a whole command", "iccid,action,group\n" + sim1 + ",set_aa_group,L1", ""},
		{"a read", "iccid,action,group,site\n" + sim1 + ",query_status", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			rows, _, _ := read(t, c.text, Options{})
			require.Equal(t, map[int]jobs.Code{2: c.code}, codes(rows))
			if c.code != "" {
				require.Contains(t, rows[0].Fault.Text, "as if it had been cut off")
			}
		})
	}
	var text strings.Builder
	text.WriteString("iccid,action,group,site\n")
	for n := range batchSize {
		text.WriteString(madeICCID(n) + ",set_aa_group,L1\n")
	}
	rows, s, _ := read(t, strings.TrimSuffix(text.String(), "\n"), Options{})
	require.Equal(t, 1, s.Count(jobs.FieldCount), "also at the end of a batch")
	require.Equal(t, jobs.FieldCount, rows[batchSize-1].Fault.Code)
}

func utf16le(text string) string {
	var b strings.Builder
	b.WriteString("\xFF\xFE")
	for _, r := range text {
		b.WriteByte(byte(r))
		b.WriteByte(byte(r >> 8))
	}
	return b.String()
}

func TestOtherPrefixes(t *testing.T) {
	of := func(counts ...int) string {
		var b strings.Builder
		b.WriteString("iccid,action\n")
		for prefix, count := range counts {
			for n := range count {
				b.WriteString(withCheckDigit("89445"+string(rune('0'+prefix))+"000000"+strings.Repeat("0", 4)+string(rune('0'+n/10))+string(rune('0'+n%10))) + ",query_status\n")
			}
		}
		return b.String()
	}
	for _, c := range []struct {
		name   string
		counts []int
		want   PrefixCount
	}{
		{"one issuer", []int{20}, PrefixCount{}},
		{"one of another", []int{20, 1}, PrefixCount{"8944500", 1, []int{22}}},
		{"one in ten", []int{9, 1}, PrefixCount{"8944500", 1, []int{11}}},
		{"one in nine", []int{8, 1}, PrefixCount{}},
		{"several of others", []int{1, 90, 3, 4}, PrefixCount{"8944510", 8, []int{2, 93, 94, 95, 96}}},
		{"mixed", []int{10, 10}, PrefixCount{}},
		{"nothing", nil, PrefixCount{}},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, s, _ := read(t, of(c.counts...), Options{})
			require.Equal(t, c.want, s.OtherPrefix)
		})
	}
	many, of7 := prefixes{}, func(n int) jobs.ICCID { return jobs.ICCID(fmt.Sprintf("89%05d000000000000", n)) }
	for n := range 2 * mostPrefixes {
		many.add(of7(n), n)
	}
	require.LessOrEqual(t, len(many), mostPrefixes+1, "they do not fill the memory")
	require.Zero(t, many.others())
	for range 20 * mostPrefixes {
		many.add(of7(0), 0)
	}
	require.Equal(t, PrefixCount{"8900000", 2*mostPrefixes - 1, []int{1, 2, 3, 4, 5}}, many.others())
}
