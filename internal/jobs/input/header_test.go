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

func TestLikelyGroup(t *testing.T) {
	for text, want := range map[string]string{
		"iccid,action,Target group": "Target group", "iccid,action,group,Target group": "", "iccid,action,current_group": "", "iccid,action,site": "",
		"iccid,action,current_group,AA-Group": "AA-Group",
	} {
		f, err := open(t, text+"\n", Options{})
		require.NoError(t, err)
		require.Equal(t, want, f.LikelyGroup(), text)
	}
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
