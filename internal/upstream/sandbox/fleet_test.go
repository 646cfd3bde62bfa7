package sandbox

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestLoadFleetErrors(t *testing.T) {
	for _, c := range []struct{ name, file, want string }{
		{"nothing", "", "reading the fleet's header: EOF"},
		{"a workbook", "PK\x03\x04\x14\x00", "the file is a workbook or an archive; a fleet is CSV (save the sheet as CSV UTF-8)"},
		{"no ICCIDs", "status\nactive\n", "no column iccid"},
		{"an unknown column", "iccid,colour\n", `column "colour"`},
		{"a short ICCID", "iccid\n8900000000000000001\n89\n", `line 3: iccid "89": want 19 or 20 digits`},
		{"an ICCID with a letter", "iccid\n890000000000000000A\n", `line 2: iccid "890000000000000000A"`},
		{"a SIM twice", "iccid\n8900000000000000001\n8900000000000000001\n", "line 3: iccid 8900000000000000001 is in the fleet already"},
		{"lines after a remark", "iccid\n# a\n# b\n12\n", "line 4: iccid"},
		{"too many fields", "iccid,status\n8900000000000000001,active,P100\n12,\n", "line 3: iccid"},
		{"too many fields, named", "iccid,status\n8900000000000000001,active,P100\n", "record on line 2: wrong number of fields"},
		{"a stray quote", "iccid,status\n8900000000000000001,\"active\"x\n", "parse error on line 2"},
		{"an unknown status", "iccid,status\n8900000000000000001,open\n", `line 2: status "open"`},
		{"a contract type", "iccid,contract_type\n8900000000000000001,3\n", `contract_type "3"`},
		{"a contract without months", "iccid,contract_type\n8900000000000000001,1\n", `months_remaining ""`},
		{"negative months", "iccid,contract_type,months_remaining\n8900000000000000001,1,-1\n", `months_remaining "-1"`},
		{"months without a contract", "iccid,months_remaining\n8900000000000000001,1\n", "months_remaining without a contract_type"},
		{"a QR status", "iccid,qr_code,qr_status\n8900000000000000001,LPA:1$a$b,5\n", `qr_status "5"`},
		{"a QR status without a code", "iccid,qr_status\n8900000000000000001,1\n", "qr_status without a qr_code"},
		{"a date", "iccid,release_date\n8900000000000000001,1.5.2026\n", `release_date "1.5.2026"`},
		{"a count", "iccid,cc_retries\n8900000000000000001,two\n", `cc_retries "two"`},
		{"a count that JSON has not", "iccid,cc_retries\n8900000000000000001,+07\n", `cc_retries "+07"`},
		{"a truth", "iccid,reuse_enabled\n8900000000000000001,yes\n", `reuse_enabled "yes"`},
		{"a policy", "iccid,reuse_policy\n8900000000000000001,{\n", `reuse_policy "{"`},
		{"a fault", "iccid,fault\n8900000000000000001,crash\n", `no kind "crash"`},
		{"a zero byte", "iccid,imsi\n8900000000000000001,1\x002\n", "line 2: a field holds a control character"},
		{"the mark of a code that is there twice", "iccid,qr_code,activation_code\n8900000000000000001,\x01,\x01\n", "control character"},
		{"a date before dates", "iccid,release_date\n8900000000000000001,1969-12-31T00:00:00Z\n", "release_date"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := LoadFleet(strings.NewReader(c.file))
			require.ErrorContains(t, err, c.want)
		})
	}
}

func TestLoadFleetNamesTwentyRows(t *testing.T) {
	_, err := LoadFleet(strings.NewReader("iccid\n" + strings.Repeat("x\n", 25)))
	require.ErrorContains(t, err, "line 21:")
	require.NotContains(t, err.Error(), "line 22:")
	require.ErrorContains(t, err, "and 5 more rows")
}

func TestLoadFleetReads(t *testing.T) {
	f, err := LoadFleet(strings.NewReader("\xef\xbb\xbficcid,fault\r\n8900000000000000001,cut; query_status:500=2\r\n89000000000000000012,\r\n"))
	require.NoError(t, err)
	require.Equal(t, []string{"8900000000000000001", "89000000000000000012"}, slices.Collect(f.ICCIDs()))
	require.Equal(t, []Fault{{Kind: "cut"}, {Scope: queryStatus, Kind: "500", First: 2}}, f.faults[f.sims[0].faults])
	require.Empty(t, f.faults[f.sims[1].faults])
}

func TestBuiltInFleet(t *testing.T) {
	f, catalog := BuiltInFleet(), BuiltInCatalog()
	require.GreaterOrEqual(t, f.Len(), 40)
	require.Empty(t, f.UnknownGroups(catalog))
	readyToGo, lengths := 0, map[int]int{}
	for iccid := range f.ICCIDs() {
		require.True(t, luhn(iccid), iccid)
		lengths[len(iccid)]++
		i := f.index[mustPack(t, iccid)]
		sm, st := f.sims[i], f.states[i]
		if st.status == active && catalog.typeOf(f.names.list[st.group]) == Pending && sm.contract == 0 && sm.faults == 0 {
			readyToGo++
		}
	}
	require.GreaterOrEqual(t, readyToGo, 12)
	require.GreaterOrEqual(t, lengths[20], 3)
	for _, iccid := range []string{ready, ready20, closedOne, liveOne, inContract, noProfile, betatelOnly} {
		require.Contains(t, f.index, mustPack(t, iccid))
	}
	require.NotContains(t, f.index, mustPack(t, unknownICCID))
}

func TestFleetWithoutItsGroups(t *testing.T) {
	require.Equal(t, []string{"L100", "L200", "S900"},
		BuiltInFleet().UnknownGroups(Catalog{{Code: "P100", Type: Pending}, {Code: "P200", Type: Pending}}))
}

func TestCatalog(t *testing.T) {
	built, err := LoadCatalog(bytes.NewReader(CatalogCSV()))
	require.NoError(t, err)
	require.Equal(t, BuiltInCatalog(), built)
	require.Equal(t, Live, built.typeOf("L100"))
	for _, c := range []struct{ name, file, want string }{
		{"nothing", "", "EOF"},
		{"no type", "code,name\nA,b\n", "no column type"},
		{"an unknown type", "code,name,type\nA,b,live\nB,c,dead\n", `line 3: type "dead"`},
		{"no code", "code,name,type\n,b,live\n", "line 2: a group has no code"},
		{"too few fields", "code,name,type\nA\n", "line 2"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := LoadCatalog(strings.NewReader(c.file))
			require.ErrorContains(t, err, c.want)
		})
	}
}

func TestPack(t *testing.T) {
	for _, iccid := range []string{"8900000000000000001", "89000000000000000012", "0000000000000000000", "99999999999999999999"} {
		require.Equal(t, iccid, mustPack(t, iccid).String())
	}
	for _, wrong := range []string{"", "890000000000000000", "890000000000000000001", "890000000000000000x", "８9000000000000000"} {
		_, ok := pack(wrong)
		require.False(t, ok, wrong)
	}
}

func mustPack(t *testing.T, iccid string) packed {
	t.Helper()
	p, ok := pack(iccid)
	require.True(t, ok)
	return p
}

// luhn reports whether the last digit is the check digit (ITU-T E.118).
func luhn(iccid string) bool {
	sum := 0
	for i := range len(iccid) {
		d := int(iccid[len(iccid)-1-i] - '0')
		if i%2 == 1 {
			d = d*2%10 + d*2/10
		}
		sum += d
	}
	return sum%10 == 0
}

func FuzzLoadFleet(f *testing.F) {
	f.Add(string(FleetCSV()))
	f.Add("iccid,reuse_policy,fault\n8900000000000000001,{},cut=5%;500\n")
	f.Add("iccid,profile_state,cc_retries,imsi\n8900000000000000001,A,+07,007\n")
	f.Fuzz(func(t *testing.T, file string) {
		fleet, err := LoadFleet(strings.NewReader(file))
		if err != nil {
			return
		}
		s := New(Config{Fleet: fleet})
		for iccid := range fleet.ICCIDs() {
			sm, ok := s.SIM(iccid)
			require.True(t, ok)
			x := &betatelExchange{sandbox: s, operation: getProfile, iccid: iccid}
			require.Equal(t, sm.ProfileState != "", x.perform(plain).status == 200)
		}
	})
}

func fleetOf(n int) *bytes.Buffer {
	var b bytes.Buffer
	b.WriteString("iccid,status,group,contract_type,months_remaining,qr_code,qr_status,profile_state,imsi,eid,activation_code,last_operation_date\n")
	for i := range n {
		fmt.Fprintf(&b, "894450010203%07d,active,P100,,,LPA:1$smdp.example.com$WK3DE-GZDPC-%07d,1,RELEASED,23450%010d,8904404500000000000000%010d,"+
			"LPA:1$smdp.example.com$WK3DE-GZDPC-%07d,2026-06-21T18:30:00Z\n", i, i, i, i, i)
	}
	return &b
}
