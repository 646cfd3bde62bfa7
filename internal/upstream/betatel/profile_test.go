package betatel

import (
	"testing"

	"github.com/stretchr/testify/require"

	"bulk/internal/jobs"
)

func TestReadProfile(t *testing.T) {
	enabled := jobs.Data{ProfileState: "ENABLED"}
	for name, c := range map[string]struct {
		body string
		want jobs.Data
	}{
		"everything, flat": {
			`{"iccid":"8944500000000000001","imsi":"234150000000001","state":"ENABLED","last_operation_date":1767225600,
			"activation_code":"LPA:1$a.b$C","eid":"89049032000000000000000000000001","reuse_remaining_count":3,"reuse_enabled":true,
			"profile_reuse_policy":{"reuse_type":"LIMITED","max_count":5},"release_date":1767225600000,"cc_required":false,"cc_retries":10}`,
			jobs.Data{ProfileState: "ENABLED", IMSI: "234150000000001", EID: "89049032000000000000000000000001",
				ActivationCode: "LPA:1$a.b$C", LastOperationDate: "2026-01-01T00:00:00Z", ReuseRemainingCount: "3",
				ReuseEnabled: "true", ReusePolicy: `{"max_count":5,"reuse_type":"LIMITED"}`,
				ReleaseDate: "2026-01-01T00:00:00Z", CCRequired: "false", CCRetries: "10"},
		},
		"wrapped, camel case, all as text": {
			`{"status":"ok","profile":{"ICCID":"8944500000000000001F","IMSI":"234150000000001","State":" ENABLED ","lastOperationDate":"1767225600123",
			"activationCode":"a.b$C","reuseRemainingCount":"3","reuseEnabled":"True","profileReusePolicy":"none","releaseDate":"2026-01-01T02:00:00+02:00",
			"ccRequired":"FALSE","ccRetries":"10"}}`,
			jobs.Data{ProfileState: "ENABLED", IMSI: "234150000000001", ActivationCode: "LPA:1$a.b$C",
				LastOperationDate: "2026-01-01T00:00:00.123Z", ReuseRemainingCount: "3", ReuseEnabled: "true", ReusePolicy: "none",
				ReleaseDate: "2026-01-01T00:00:00Z", CCRequired: "false", CCRetries: "10"},
		},
		"wrapped as data":           {`{"data":{"state":"ENABLED"}}`, enabled},
		"wrapped twice":             {`{"data":{"profile":{"state":"ENABLED"}}}`, enabled},
		"flat beside a wrapper":     {`{"state":"ENABLED","profile":{"state":"OTHER"}}`, enabled},
		"nulls":                     {`{"state":"ENABLED","imsi":null,"release_date":null,"cc_required":null,"profile_reuse_policy":null}`, enabled},
		"unknown fields and values": {`{"state":"HIBERNATING","more":[{}],"cc_required":"perhaps","release_date":"soon"}`, jobs.Data{ProfileState: "HIBERNATING", CCRequired: "perhaps", ReleaseDate: "soon"}},
		"a state that is a number":  {`{"state":7}`, jobs.Data{ProfileState: "7"}},
		"an IMSI as a number":       {`{"state":"ENABLED","imsi":234150000000001}`, jobs.Data{ProfileState: "ENABLED", IMSI: "234150000000001"}},
		"a number beyond float64":   {`{"state":"ENABLED","imsi":12345678901234567890123}`, jobs.Data{ProfileState: "ENABLED", IMSI: "12345678901234567890123"}},
		"two spellings, one empty":  {`{"state":"ENABLED","cc_retries":null,"ccRetries":4}`, jobs.Data{ProfileState: "ENABLED", CCRetries: "4"}},
		"two spellings, both full":  {`{"state":"ENABLED","cc_retries":3,"ccRetries":4}`, jobs.Data{ProfileState: "ENABLED", CCRetries: "4"}},
		"with a byte order mark":    {"\ufeff" + `{"state":"ENABLED"}`, enabled},
		"the other reuse policy":    {`{"state":"ENABLED","profile_reuse_policy":{"maxReuseCount":1.10,"cooldownPeriod":{"b":"<","a":1}}}`, jobs.Data{ProfileState: "ENABLED", ReusePolicy: `{"cooldownPeriod":{"a":1,"b":"<"},"maxReuseCount":1.10}`}},
	} {
		t.Run(name, func(t *testing.T) {
			o, err := parseObject([]byte(c.body))
			require.NoError(t, err)
			data, _, err := readProfile(o)
			require.NoError(t, err)
			require.Equal(t, c.want, data)
		})
	}
}

func TestDate(t *testing.T) {
	for in, want := range map[string]string{
		"1767225600": "2026-01-01T00:00:00Z", "1767225600000": "2026-01-01T00:00:00Z", "1767225600001": "2026-01-01T00:00:00.001Z",
		"1767225600.5": "2026-01-01T00:00:00.5Z", "1.7672256e9": "2026-01-01T00:00:00Z",
		"100000000000": "5138-11-16T09:46:40Z", "100000000001": "1973-03-03T09:46:40.001Z",
		"0": "", "-1": "-1", "1e300": "1e300", "NaN": "NaN", "Inf": "Inf", "soon": "soon",
		"2026-01-01T01:00:00+01:00": "2026-01-01T00:00:00Z", "2026-01-01": "2026-01-01",
	} {
		require.Equal(t, want, date(in), in)
	}
}

func TestActivationCode(t *testing.T) {
	for in, want := range map[string]string{
		"LPA:1$a.b$C": "LPA:1$a.b$C", "lpa:1$a.b$C": "lpa:1$a.b$C", "1$a.b$C": "LPA:1$a.b$C", "$a.b$C": "LPA:1$a.b$C", "a.b$C": "LPA:1$a.b$C",
	} {
		require.Equal(t, want, activationCode(in), in)
	}
}
