package jobs

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"bulk/internal/jobs/formula"
)

func TestDataAsJSON(t *testing.T) {
	for name, c := range map[string]struct {
		data Data
		want string
	}{
		"nothing":              {Data{}, `{}`},
		"one column":           {Data{SIMStatus: "active"}, `{"sim_status":"active"}`},
		"several":              {Data{ContractType: "2", ContractMonths: "0"}, `{"contract_type":"2","contract_months_remaining":"0"}`},
		"the last":             {Data{QRFile: "8944.png"}, `{"qr_file":"8944.png"}`},
		"what must be escaped": {Data{SIMStatus: "a\"b\\c", ReusePolicy: `{"x":1}`, QRFile: "q"}, `{"sim_status":"a\"b\\c","reuse_policy":"{\"x\":1}","qr_file":"q"}`},
		"beyond ASCII":         {Data{EID: "é\n\u2028"}, `{"eid":"é\n\u2028"}`},
	} {
		t.Run(name, func(t *testing.T) {
			text, err := json.Marshal(c.data)
			require.NoError(t, err)
			require.Equal(t, c.want, string(text))
			var back Data
			require.NoError(t, json.Unmarshal(text, &back))
			require.Equal(t, c.data, back)
		})
	}
}

func TestDataFromForeignJSON(t *testing.T) {
	var d Data
	require.NoError(t, json.Unmarshal([]byte(` { "sim_status" : "\u0061ctive" , "colour":"red", "eid":"1" } `), &d))
	require.Equal(t, Data{SIMStatus: "active", EID: "1"}, d, "a column of the future is passed over")
}

// The columns are the contract's: result files and ledgers of any version hold
// them by these names, in this order.
func TestColumns(t *testing.T) {
	require.Equal(t, strings.Fields("line outcome error_code error_description upstream_error account request_id attempts http_status started_at duration_ms"),
		ResultColumns)
	want := strings.Fields(`sim_status contract_type contract_months_remaining qr_code qr_status profile_state imsi eid activation_code
		last_operation_date reuse_remaining_count reuse_enabled reuse_policy release_date cc_required cc_retries qr_file`)
	var names, secrets []string
	for _, c := range ColumnsOf(Actions) {
		names = append(names, c.String())
		found, ok := ParseColumn(c.String())
		require.True(t, ok)
		require.Equal(t, c, found)
		if c.LPA() {
			secrets = append(secrets, c.String())
		}
		var d Data
		d.Set(c, "x")
		require.Equal(t, "x", d.Get(c))
		text, err := json.Marshal(d)
		require.NoError(t, err)
		require.JSONEq(t, `{"`+c.String()+`":"x"}`, string(text), "the ledger has the same name")
	}
	require.Equal(t, want, names)
	require.Equal(t, []string{"qr_code", "activation_code"}, secrets)
	_, ok := ParseColumn("line")
	require.False(t, ok)
}

func TestColumnsOfActions(t *testing.T) {
	for action, want := range map[Action]string{
		QueryStatus:   "sim_status",
		QueryContract: "contract_type contract_months_remaining",
		QueryQRInfo:   "qr_code qr_status qr_file",
		SetAAGroup:    "sim_status contract_type contract_months_remaining",
		GetEUICCProfile: "profile_state imsi eid activation_code last_operation_date reuse_remaining_count reuse_enabled " +
			"reuse_policy release_date cc_required cc_retries",
		GetQRCode: "qr_file",
		"":        "",
	} {
		var names []string
		for _, c := range action.Columns() {
			names = append(names, c.String())
		}
		require.Equal(t, want, strings.Join(names, " "), action)
	}
	require.Empty(t, ColumnsOf(nil))
}

func TestMerge(t *testing.T) {
	d := Data{SIMStatus: "active", EID: "1"}
	d.Merge(nil)
	d.Merge(&Data{EID: "2", QRFile: "a.png"})
	require.Equal(t, Data{SIMStatus: "active", EID: "2", QRFile: "a.png"}, d)
}

// What a code says goes into result files, where nothing of ours may look like
// a formula.
func TestOurOwnWordsAreNoFormulas(t *testing.T) {
	for _, e := range Codes {
		require.Equal(t, e.Cause+" "+e.Cure, formula.Guard(e.Cause+" "+e.Cure), e.Code)
	}
}
