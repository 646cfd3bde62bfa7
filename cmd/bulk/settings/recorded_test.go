package settings

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestRecordedInWords(t *testing.T) {
	was := RowSettings{Group: "L100", Only: "failed,not_run", ICCIDCheck: "auto", Columns: []string{"iccid=SIM Serial"}, Again: 3, Redact: true}.Text()
	require.Equal(t, `--group L100 --only failed,not_run --column 'iccid=SIM Serial' --redact --again 3`, InWords(was))
	require.Empty(t, InWords(RowSettings{ICCIDCheck: "auto"}.Text()))
	require.Equal(t, "not JSON", InWords("not JSON"))

	now := RowSettings{Group: "L200", ICCIDCheck: "luhn", Columns: []string{"iccid=SIM Serial"}, Again: 3, Sheet: "North"}.Text()
	require.Equal(t, "--group L100 then, --group L200 now; --only failed,not_run then, without it now; --iccid-check luhn now, without it then; "+
		"--sheet North now, without it then; --redact then, without it now", HowOther(was, now))
	require.Empty(t, HowOther(was, was))
}
