package jobs

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"
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
	for name, c := range map[string]struct {
		text string
		want Data
		err  bool
	}{
		"spaces":                  {` { "sim_status" : "active" , "eid":"1" } `, Data{SIMStatus: "active", EID: "1"}, false},
		"an escape":               {`{"sim_status":"\u0061ctive"}`, Data{SIMStatus: "active"}, false},
		"a column of the future":  {`{"colour":"red","eid":"1"}`, Data{EID: "1"}, false},
		"a comma too many":        {`{"eid":"1",}`, Data{}, true},
		"cut short":               {`{"eid":"1"`, Data{}, true},
		"cut short in a value":    {`{"eid":"1`, Data{}, true},
		"cut short after a comma": {`{"eid":"1",`, Data{}, true},
		"more after the end":      {`{"eid":"1"}}`, Data{}, true},
		"no object":               {`["eid"]`, Data{}, true},
		"no text":                 {`{"eid":1}`, Data{}, true},
	} {
		t.Run(name, func(t *testing.T) {
			var d Data
			err := d.UnmarshalJSON([]byte(c.text))
			require.Equal(t, c.err, err != nil, "%v", err)
			require.Equal(t, c.want, d)
		})
	}
}

// FuzzDataFromJSON: reading by hand must not differ from encoding/json.
func FuzzDataFromJSON(f *testing.F) {
	for _, seed := range []string{`{}`, `{"eid":"1"}`, `{"eid":"1","eid":"2"}`, `{"a":"b","eid":"\n"}`, `{"eid":"1",}`, `{"":""}`, `{"eid":"\xff"}`} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		var byHand, filled = Data{}, map[string]string{}
		if !byHand.readPlain(text) {
			return
		}
		require.NoError(t, json.Unmarshal([]byte(text), &filled))
		var want Data
		for name, value := range filled {
			if c, ok := ParseColumn(name); ok {
				want[c] = value
			}
		}
		require.Equal(t, want, byHand)
	})
}

func BenchmarkDataJSON(b *testing.B) {
	d := Data{SIMStatus: "active", ContractType: "2", ContractMonths: "11"}
	b.ReportAllocs()
	for b.Loop() {
		text, err := d.MarshalJSON()
		if err != nil {
			b.Fatal(err)
		}
		var back Data
		if err := back.UnmarshalJSON(text); err != nil {
			b.Fatal(err)
		}
	}
}
