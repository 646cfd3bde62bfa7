package report_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"bulk/internal/report"
)

func TestForExcel(t *testing.T) {
	var b strings.Builder
	out := report.ForExcel(&b, ';')
	record := []string{"iccid", "note", "n"}
	require.NoError(t, out.Write(record))
	require.NoError(t, out.Write([]string{"8944500102030001010", "a;b", "12345678901"}))
	require.NoError(t, out.Write([]string{"8944500102030001010F", "=1+1", "-894450010203"}))
	require.NoError(t, out.Flush())
	require.Equal(t, "\uFEFFiccid;note;n\r\n\"=\"\"8944500102030001010\"\"\";\"a;b\";12345678901\r\n8944500102030001010F;=1+1;-894450010203\r\n", b.String())
	require.Equal(t, []string{"iccid", "note", "n"}, record, "the caller's record stays as it is")
}
