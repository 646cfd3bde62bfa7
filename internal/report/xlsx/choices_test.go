package xlsx

import (
	"bytes"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/xuri/excelize/v2"
)

// The cells of a form offer a list, however long, and take what is not on it after a
// warning.
func TestChoices(t *testing.T) {
	var long []string
	for n := range 300 {
		long = append(long, fmt.Sprintf("GROUP-%03d", n))
	}
	var b bytes.Buffer
	w, err := New(&b, Options{Sheet: "Fleet", Form: true, Choices: []Choice{
		{"action", []string{"query_status", "set_aa_group"}}, {"group", long}, {"site", []string{"North, old", "South"}}, {"nowhere", []string{"x"}}, {"expect", nil},
	}})
	require.NoError(t, err)
	require.NoError(t, w.Write([]string{"iccid", "action", "group", "site", "expect"}))
	require.NoError(t, w.Write([]string{"8944500102030001010", "set_aa_group", "L100", "", ""}))
	require.NoError(t, w.Flush())
	require.NoError(t, w.Close())

	book, err := excelize.OpenReader(&b)
	require.NoError(t, err)
	defer book.Close()
	rules, err := book.GetDataValidations("Fleet")
	require.NoError(t, err)
	require.Len(t, rules, 3)
	require.Equal(t, fmt.Sprintf("B2:B%d", MaxRows), rules[0].Sqref)
	require.Equal(t, `"query_status,set_aa_group"`, rules[0].Formula1)
	require.Equal(t, "Choices!$B$1:$B$300", rules[1].Formula1)
	require.Equal(t, "Choices!$C$1:$C$2", rules[2].Formula1, "a comma would part it in two")
	require.Equal(t, "warning", *rules[1].ErrorStyle)
	last, err := book.GetCellValue("Choices", "B300")
	require.NoError(t, err)
	require.Equal(t, "GROUP-299", last)
	visible, err := book.GetSheetVisible("Choices")
	require.NoError(t, err)
	require.False(t, visible)
	rows, err := book.GetRows("Fleet")
	require.NoError(t, err)
	require.Equal(t, "8944500102030001010", rows[1][0])
}
