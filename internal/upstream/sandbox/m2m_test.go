package sandbox

import (
	"context"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestM2MOperations(t *testing.T) {
	fleet := func() *Fleet {
		f, err := LoadFleet(strings.NewReader(`iccid,status,group,contract_type,months_remaining,qr_code,qr_status,profile_state
8900000000000000001,active,P100,,,LPA:1$a$b,3,
8900000000000000002,deactivated,P200,2,0,,,
8900000000000000003,closed,P100,,,LPA:1$a$b,,
8900000000000000004,active,L100,1,7,,,
8900000000000000005,active,S900,2,3,,,
8900000000000000006,,P100,,,,,ENABLED
89000000000000000007,active,P100,1,4,,,
`))
		require.NoError(t, err)
		return f
	}
	const ok, bad = " api_id=4711 | api_outcome: success", " api_id=4711 | api_outcome: failure | error_description: "
	for _, c := range []struct{ name, operation, iccid, more, want string }{
		{"status of an active SIM", queryStatus, "8900000000000000001", "", ok + " | status: active"},
		{"status of a deactivated SIM", queryStatus, "8900000000000000002", "", ok + " | status: deactivated"},
		{"status of a closed SIM", queryStatus, "8900000000000000003", "", ok + " | status: closed"},
		{"status with 20 digits", queryStatus, "89000000000000000007", "", ok + " | status: active"},
		{"status of an unknown SIM", queryStatus, "8900000000000000099", "", bad + "invalid iccid"},
		{"status of a SIM that only betatel knows", queryStatus, "8900000000000000006", "", bad + "invalid iccid"},
		{"status of no ICCID", queryStatus, "12", "", bad + "invalid iccid"},
		{"no contract", queryContract, "8900000000000000001", "", ok + " | contract_type:  | months_remaining: "},
		{"contract in force", queryContract, "8900000000000000004", "", ok + " | contract_type: 1 | months_remaining: 7"},
		{"contract that ended", queryContract, "8900000000000000002", "", ok + " | contract_type: 2 | months_remaining: 0"},
		{"QR code", queryQRInfo, "8900000000000000001", "", ok + " | qr_code: LPA:1$a$b | qr_status: 3"},
		{"QR code without a status", queryQRInfo, "8900000000000000003", "", ok + " | qr_code: LPA:1$a$b | qr_status: 0"},
		{"no QR code", queryQRInfo, "8900000000000000002", "", bad + "invalid iccid"},
		{"AA group", setAAGroup, "8900000000000000001", "<group>L100</group>", ok},
		{"AA group of a deactivated SIM", setAAGroup, "8900000000000000002", "<group>L200</group>", ok},
		{"AA group despite a contract", setAAGroup, "89000000000000000007", "<group>L200</group>", ok},
		{"AA group of a closed SIM", setAAGroup, "8900000000000000003", "<group>L100</group>", bad + "invalid iccid"},
		{"AA group of a live SIM", setAAGroup, "8900000000000000004", "<group>L200</group>", bad + "invalid iccid"},
		{"AA group of a parked SIM", setAAGroup, "8900000000000000005", "<group>L200</group>", bad + "invalid iccid"},
		{"AA group of an unknown SIM", setAAGroup, "8900000000000000099", "<group>L100</group>", bad + "invalid iccid"},
		{"AA group that is pending", setAAGroup, "8900000000000000001", "<group>P200</group>", bad + "invalid group"},
		{"AA group that is suspended", setAAGroup, "8900000000000000001", "<group>S900</group>", bad + "invalid group"},
		{"AA group that is none", setAAGroup, "8900000000000000001", "<group>X1</group>", bad + "invalid group"},
		{"AA group by its name", setAAGroup, "8900000000000000001", "<group>Live Standard</group>", bad + "invalid group"},
		{"AA group that is empty", setAAGroup, "8900000000000000001", "<group></group>", bad + "invalid group"},
		{"AA group that is missing", setAAGroup, "8900000000000000001", "", bad + "missing parameter group"},
		{"QR status", setQRStatus, "8900000000000000001", "<qr_status>4</qr_status>", ok},
		{"QR status that is none", setQRStatus, "8900000000000000001", "<qr_status>5</qr_status>", bad + "invalid content"},
		{"QR status without a QR code", setQRStatus, "8900000000000000002", "<qr_status>1</qr_status>", bad + "invalid iccid"},
		{"group", setGroup, "8900000000000000001", "<group>S900</group>", ok},
		{"group after a contract", setGroup, "8900000000000000002", "<group>L100</group>", ok},
		{"group during the minimum term", setGroup, "8900000000000000004", "<group>S900</group>", bad + "invalid iccid"},
		{"group during the fixed term", setGroup, "8900000000000000005", "<group>L100</group>", bad + "invalid iccid"},
		{"group that is none", setGroup, "8900000000000000001", "<group>X1</group>", bad + "invalid group"},
		{"activate", setStatus, "8900000000000000002", "<status>active</status>", ok},
		{"deactivate", setStatus, "8900000000000000001", "<status>de-activated</status>", ok},
		{"close", setStatus, "8900000000000000001", "<status>closed</status>", bad + "invalid content"},
		{"activate a closed SIM", setStatus, "8900000000000000003", "<status>active</status>", bad + "invalid iccid"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := recordM2M(New(Config{Fleet: fleet()}), c.operation, c.iccid, c.more)
			require.Equal(t, http.StatusOK, got.status)
			require.Equal(t, "application/xml", got.header.Get("Content-Type"))
			require.Equal(t, c.operation+"_response"+c.want, got.spelled())
		})
	}
}

func TestM2MStateStays(t *testing.T) {
	s := New(Config{})
	success := func(operation, more string) {
		t.Helper()
		require.Contains(t, recordM2M(s, operation, ready, more).spelled(), "api_outcome: success")
	}
	success(setAAGroup, "<group>L100</group>")
	sm, ok := s.SIM(ready)
	require.True(t, ok)
	require.Equal(t, SIM{ICCID: ready, Status: "active", Group: "P100", AAGroup: "L100", CommandsDone: 1,
		HasQRCode: true, QRStatus: 1, ProfileState: "AVAILABLE"}, sm)
	require.Empty(t, s.Stats().CommandedTwice)

	success(setAAGroup, "<group>L200</group>")
	success(setQRStatus, "<qr_status>2</qr_status>")
	success(setStatus, "<status>de-activated</status>")
	sm, _ = s.SIM(ready)
	require.Equal(t, SIM{ICCID: ready, Status: "deactivated", Group: "P100", AAGroup: "L200", CommandsDone: 2,
		HasQRCode: true, QRStatus: 2, ProfileState: "AVAILABLE"}, sm)

	success(setGroup, "<group>L100</group>")
	require.Contains(t, recordM2M(s, setAAGroup, ready, "<group>L100</group>").spelled(), "invalid iccid")
	require.Contains(t, recordM2M(s, queryStatus, ready, "").spelled(), "status: deactivated")

	stats := s.Stats()
	require.Equal(t, []string{ready}, stats.CommandedTwice)
	require.Equal(t, 3, stats.CommandsReceived)
	require.Equal(t, 2, stats.CommandsDone)
	for iccid, n := range s.Commands() {
		require.Equal(t, ready, iccid)
		require.Equal(t, 2, n)
	}
	again, _ := New(Config{}).SIM(ready)
	require.Zero(t, again.CommandsDone, "another sandbox has a fleet of its own")
}

func TestM2MRefusesWhatIsNotARequest(t *testing.T) {
	right := body(queryStatus, ready, "")
	for _, c := range []struct {
		name, text, kind string
		status           int
		want             string
	}{
		{"no XML", "iccid=1", "application/xml", 400, "error_response api_id= | api_outcome: failure | error_description: invalid xml"},
		{"nothing", "", "application/xml", 400, "error_response api_id= | api_outcome: failure | error_description: invalid xml"},
		{"two requests", right + body(setAAGroup, ready, ""), "application/xml", 400, "invalid xml"},
		{"space after it", right + "\n\n", "application/xml; charset=utf-8", 200, "status: active"},
		{"too long", strings.Replace(right, "<iccid>", strings.Repeat(" ", maxRequest)+"<iccid>", 1), "application/xml", 400, "invalid xml"},
		{"a form", right, "application/x-www-form-urlencoded", 415, "content type is not application/xml"},
		{"another operation", body("close_sim", ready, ""), "application/xml", 200, "error_response api_id=4711 | api_outcome: failure | error_description: unknown operation"},
		{"another spelling", strings.ReplaceAll(right, "api_id", "api-id"), "application/xml", 200, "missing parameter api_id"},
		{"no version", strings.Replace(right, `version="1" `, "", 1), "application/xml", 200, "invalid version"},
		{"no ICCID", strings.ReplaceAll(right, "iccid>", "sim>"), "application/xml", 200, "missing parameter iccid"},
		{"an api_id to be escaped", strings.Replace(right, "4711", "&lt;&quot;", 1), "application/xml", 200, `api_id=<" | api_outcome: success`},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := m2mRequestTo(context.Background(), "/", c.text)
			r.Header.Set("Content-Type", c.kind)
			got := record(New(Config{}), r)
			require.Equal(t, c.status, got.status)
			require.Contains(t, got.spelled(), c.want)
		})
	}
}

func TestM2MCredentials(t *testing.T) {
	for _, c := range []struct {
		name   string
		refuse Refusal
		wrong  string
		status int
	}{
		{"another password", RefuseWith401, "<password>" + DemoPassword, 401},
		{"another user", RefuseWith401, "<username>" + DemoUsername, 401},
		{"forbidden", RefuseWith403, "<password>" + DemoPassword, 403},
		{"in an answer", RefuseWith200, "<password>" + DemoPassword, 200},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := New(Config{BadCredentials: c.refuse})
			text := strings.Replace(body(setAAGroup, ready, "<group>L100</group>"), c.wrong, c.wrong+"x", 1)
			got := record(s, m2mRequestTo(context.Background(), "/", text))
			require.Equal(t, c.status, got.status)
			require.Equal(t, "set_aa_group_response api_id=4711 | api_outcome: failure | error_description: authentication failed", got.spelled())
			stats := s.Stats()
			require.Equal(t, 1, stats.M2M.RejectedCredentials)
			require.Equal(t, map[int]int{c.status: 1}, stats.M2M.Statuses)
			require.Zero(t, stats.CommandsDone)
		})
	}
}

func FuzzM2MRequest(f *testing.F) {
	f.Add(body(queryStatus, ready, ""))
	f.Add(body(setAAGroup, ready, "<group>L100</group>"))
	f.Add(body(setQRStatus, ready, "<qr_status/>"))
	f.Add(`<query_status version="1" api_id="` + "\u0001" + `"/>`)
	f.Add(`<a:query_status xmlns:a="b"/>`)
	f.Add("")
	s := New(Config{})
	f.Fuzz(func(t *testing.T, text string) {
		got := record(s, m2mRequestTo(context.Background(), "/", text))
		require.Contains(t, []int{200, 400, 401, 415}, got.status)
		require.NotContains(t, got.spelled(), "unreadable")
	})
}
