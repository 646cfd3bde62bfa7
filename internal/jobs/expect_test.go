package jobs

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestExpectCheck(t *testing.T) {
	profile := Data{ProfileState: "DISABLED", CCRequired: "true", ActivationCode: "LPA:1$smdp.example$S3CRET", ReuseRemainingCount: "3"}
	qr := Data{QRStatus: "3", QRCode: "LPA:1$smdp.example$S3CRET"}
	for _, c := range []struct {
		name   string
		text   string
		action Action
		data   Data
		want   string
	}{
		{"nothing expected", "", GetEUICCProfile, profile, ""},
		{"only separators", " ; ;", GetEUICCProfile, profile, ""},
		{"equal", "profile_state=DISABLED", GetEUICCProfile, profile, ""},
		{"case of value and field", "Profile-State=disabled;CC Required=TRUE", GetEUICCProfile, profile, ""},
		{"spaces", " profile_state = DISABLED ; cc_required = true ", GetEUICCProfile, profile, ""},
		{"alternative", "profile_state=ENABLED|DISABLED", GetEUICCProfile, profile, ""},
		{"one differs", "profile_state=ENABLED", GetEUICCProfile, profile, "profile_state is DISABLED, expected ENABLED"},
		{"alternatives differ", "profile_state=ENABLED|INSTALLED;cc_required=false", GetEUICCProfile, profile,
			"profile_state is DISABLED, expected ENABLED or INSTALLED; cc_required is true, expected false"},
		{"one of two differs", "profile_state=ENABLED;cc_required=true", GetEUICCProfile, profile, "profile_state is DISABLED, expected ENABLED"},
		{"nothing was said", "eid=89049032", GetEUICCProfile, profile, "eid is empty, expected 89049032"},
		{"LPA equal", "activation_code=LPA:1$smdp.example$S3CRET", GetEUICCProfile, profile, ""},
		{"LPA without prefix", "activation_code=smdp.example$s3cret", GetEUICCProfile, profile, ""},
		{"LPA differs", "activation_code=LPA:1$smdp.example$0THER", GetEUICCProfile, profile, "activation_code differs"},
		{"LPA of m2m differs", "qr_code=LPA:1$smdp.example$0THER|x", QueryQRInfo, qr, "qr_code differs"},
		{"qr_status by word", "qr_status=Installed", QueryQRInfo, qr, ""},
		{"qr_status by number", "qr_status=3", QueryQRInfo, qr, ""},
		{"qr_status differs", "qr_status=unassigned|1", QueryQRInfo, qr, "qr_status is 3 (installed), expected 0 (unassigned) or 1 (provided)"},
		{"qr_status of a number unknown to us", "qr_status=4", QueryQRInfo, Data{QRStatus: "9"}, "qr_status is 9, expected 4 (deleted)"},
		{"no contract in force", "contract_months_remaining=0", QueryContract, Data{ContractMonths: "0"}, ""},
		{"value with an equals sign", "activation_code=a=b", GetEUICCProfile, Data{ActivationCode: "a=b"}, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			e, fault := ParseExpect(c.text, c.action)
			require.Nil(t, fault)
			require.Equal(t, c.want, e.Check(&c.data))
		})
	}
}

func TestParseExpectFaults(t *testing.T) {
	for _, c := range []struct {
		name, text string
		action     Action
		says       string
	}{
		{"no equals sign", "profile_state", GetEUICCProfile, "Part 1 of the expect column"},
		{"second part", "profile_state=ENABLED;ENABLED", GetEUICCProfile, "Part 2 of the expect column"},
		{"no field", "=ENABLED", GetEUICCProfile, "Part 1 of"},
		{"no value", "profile_state=", GetEUICCProfile, "no value for profile_state"},
		{"empty alternative", "profile_state=ENABLED|", GetEUICCProfile, "empty alternative"},
		{"misspelt field", "sim_statsu=active", QueryStatus, "names sim_statsu, which is no data column. Did you mean sim_status? query_status reads"},
		{"part of a name", "profil=ENABLED", GetEUICCProfile, "names profil, which is no data column. Did you mean profile_state? get_euicc_profile reads profile_state, imsi"},
		{"unknown field", "colour=ENABLED", GetEUICCProfile, "names colour, which is no data column. get_euicc_profile reads profile_state, imsi"},
		{"field of another action", "profile_state=ENABLED", QueryStatus, "names profile_state, which query_status does not read. It reads sim_status."},
		{"field twice", "sim_status=active;SIM-Status=closed", QueryStatus, "names sim_status twice"},
		{"unknown qr_status", "qr_status=instaled", QueryQRInfo, "Use 0 to 4 or unassigned, provided"},
		{"qr_status out of range", "qr_status=5", QueryQRInfo, "qr_status that does not exist"},
		{"irreversible action", "sim_status=active", SetAAGroup, "set_aa_group changes the SIM"},
		{"a secret in a name's place", "LPA:1$smdp.example$S3CRET=1", QueryQRInfo, "Part 1 of"},
		{"a secret without a name", "LPA:1$smdp.example$S3CRET", QueryQRInfo, "Part 1 of"},
	} {
		t.Run(c.name, func(t *testing.T) {
			e, fault := ParseExpect(c.text, c.action)
			require.NotNil(t, fault)
			require.True(t, e.Empty())
			require.Equal(t, Invalid, fault.Outcome)
			require.Equal(t, ExpectFormat, fault.Code)
			require.Contains(t, fault.Text, c.says)
			require.NotContains(t, fault.Text, "S3CRET")
		})
	}
}

func TestExpectColumns(t *testing.T) {
	e, fault := ParseExpect("cc_required=true;imsi=1", GetEUICCProfile)
	require.Nil(t, fault)
	require.False(t, e.Empty())
	require.Equal(t, []Column{column("cc_required"), column("imsi")}, e.Columns())
	require.True(t, Expect{}.Empty())
	require.Empty(t, Expect{}.Check(&Data{IMSI: "1"}))
}

func FuzzParseExpect(f *testing.F) {
	f.Add("profile_state=ENABLED|INSTALLED;cc_required=false", 4)
	f.Add("qr_status=installed", 2)
	f.Add("qr_code=LPA:1$a$b", 2)
	f.Add("qr_code=LPA:1$", 2) // nothing but the prefix: what a SIM without a code has
	f.Add(";;=|", 0)
	f.Add("\u00a0sim_status\u200b=\u00a0active", 0)
	f.Fuzz(func(t *testing.T, text string, n int) {
		action := Actions[uint(n)%uint(len(Actions))]
		e, fault := ParseExpect(text, action)
		if fault != nil {
			require.True(t, e.Empty())
			require.Equal(t, ExpectFormat, fault.Code)
			return
		}
		require.False(t, action.Irreversible() && !e.Empty())
		for _, c := range e.Columns() {
			require.Contains(t, action.Columns(), c)
		}
		var fits Data
		for _, term := range e.terms {
			fits.Set(term.column, term.accepted[len(term.accepted)-1])
		}
		require.Empty(t, e.Check(&fits), "what is expected is no mismatch")
		require.Equal(t, e.Empty(), e.Check(&Data{}) == "")
	})
}
