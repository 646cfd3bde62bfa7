package sandbox

import (
	"bytes"
	"context"
	"encoding/json"
	"image/png"
	"net/http"
	"strings"
	"testing"

	"github.com/makiuchi-d/gozxing"
	"github.com/makiuchi-d/gozxing/qrcode"
	"github.com/stretchr/testify/require"
)

const profilePath = "/api/v1/esim/euicc-profiles/"

const profiles = `iccid,profile_state,imsi,eid,activation_code,last_operation_date,reuse_remaining_count,reuse_enabled,reuse_policy,release_date,cc_required,cc_retries,status
8900000000000000001,ENABLED,234500100000101,89044045000000000000000000040104,LPA:1$smdp.example.com$K2-ABC,2026-05-01T12:00:00Z,2,true,"{""reuse_type"":""LIMITED"",""max_count"":3}",2026-04-01T00:00:00Z,false,0,
8900000000000000002,SOMETHING NEW,,,,,,,,,,,
8900000000000000003,RELEASED,,,smdp.example.com$K2-ABC,,,,,,,,
8900000000000000004,,,,,,,,,,,,active
`

func TestBetatelProfile(t *testing.T) {
	const full = `"state":"ENABLED","last_operation_date":1777636800,"activation_code":"LPA:1$smdp.example.com$K2-ABC",` +
		`"eid":"89044045000000000000000000040104","reuse_remaining_count":2,"reuse_enabled":true,` +
		`"profile_reuse_policy":{"reuse_type":"LIMITED","max_count":3},"release_date":1775001600,"cc_required":false,"cc_retries":0}`
	const fullAs = `{"iccid":"8900000000000000001","imsi":`
	for _, c := range []struct {
		name, iccid string
		shape       ProfileShape
		status      int
		want        string
	}{
		{"every field", "8900000000000000001", ProfileShape{}, 200, fullAs + `"234500100000101",` + full},
		{"wrapped", "8900000000000000001", ProfileShape{Wrapped: true}, 200, `{"profile":` + fullAs + `"234500100000101",` + full + `}`},
		{"the IMSI a number", "8900000000000000001", ProfileShape{NumericIMSI: true}, 200, fullAs + `234500100000101,` + full},
		{"milliseconds", "8900000000000000001", ProfileShape{Milliseconds: true}, 200,
			strings.NewReplacer("1777636800", "1777636800000", "1775001600", "1775001600000").Replace(fullAs + `"234500100000101",` + full)},
		{"no optional field", "8900000000000000002", ProfileShape{}, 200, `{"iccid":"8900000000000000002","state":"SOMETHING NEW"}`},
		{"a SIM that only m2m knows", "8900000000000000004", ProfileShape{}, 404, `{"message":"eUICC profile not found","statusCode":404}`},
		{"an unknown SIM", "8900000000000000009", ProfileShape{}, 404, `{"message":"eUICC profile not found","statusCode":404}`},
		{"no ICCID", "890000000000000000X", ProfileShape{}, 400, `{"message":"Invalid ICCID format","statusCode":400}`},
		{"too short", "890", ProfileShape{}, 400, `{"message":"Invalid ICCID format","statusCode":400}`},
	} {
		t.Run(c.name, func(t *testing.T) {
			fleet, err := LoadFleet(strings.NewReader(profiles))
			require.NoError(t, err)
			s := New(Config{Fleet: fleet, Profile: c.shape})
			got := record(s, betatelRequestTo(context.Background(), profilePath+c.iccid))
			require.Equal(t, c.status, got.status)
			require.Contains(t, got.header.Get("Content-Type"), "application/json")
			require.Equal(t, c.want, string(got.body))
			require.Equal(t, map[string]int{getProfile: 1}, s.Stats().Betatel.Operations)
		})
	}
}

func TestBetatelQRCode(t *testing.T) {
	for _, c := range []struct {
		name, iccid string
		status      int
		want        string
	}{
		{"an activation code", "8900000000000000001", 200, "LPA:1$smdp.example.com$K2-ABC"},
		{"one without its prefix", "8900000000000000003", 200, "LPA:1$smdp.example.com$K2-ABC"},
		{"none", "8900000000000000002", 404, `{"message":"eSIM has no activation code","statusCode":404}`},
		{"an unknown SIM", "8900000000000000009", 404, `{"message":"eUICC profile not found","statusCode":404}`},
		{"no ICCID", "x", 400, `{"message":"Invalid ICCID format","statusCode":400}`},
	} {
		t.Run(c.name, func(t *testing.T) {
			fleet, err := LoadFleet(strings.NewReader(profiles))
			require.NoError(t, err)
			s := New(Config{Fleet: fleet})
			for range 2 { // drawn, then kept
				got := record(s, betatelRequestTo(context.Background(), profilePath+c.iccid+"/qrcode"))
				require.Equal(t, c.status, got.status)
				if c.status != http.StatusOK {
					require.Equal(t, c.want, string(got.body))
					continue
				}
				require.Equal(t, "image/png", got.header.Get("Content-Type"))
				require.Equal(t, c.want, scan(t, got.body))
			}
		})
	}
}

// scan reads a QR code as a phone would, and looks at its quiet zone.
func scan(t *testing.T, picture []byte) string {
	t.Helper()
	img, err := png.Decode(bytes.NewReader(picture))
	require.NoError(t, err)
	for i := range img.Bounds().Dx() {
		r, _, _, _ := img.At(i, quietZone*moduleSize-1).RGBA()
		require.EqualValues(t, 0xFFFF, r, "the quiet zone is white")
	}
	r, _, _, _ := img.At(quietZone*moduleSize, quietZone*moduleSize).RGBA()
	require.Zero(t, r, "the code begins where the quiet zone ends")
	bitmap, err := gozxing.NewBinaryBitmapFromImage(img)
	require.NoError(t, err)
	result, err := qrcode.NewQRCodeReader().Decode(bitmap, nil)
	require.NoError(t, err)
	return result.GetText()
}

func TestBetatelCredentials(t *testing.T) {
	for _, c := range []struct {
		name, header, value string
		refuse              Refusal
		status              int
	}{
		{"no key", "x-api-key", "", RefuseWith401, 401},
		{"another key", "x-api-key", "other", RefuseWith401, 401},
		{"another user", "x-user-id", "other", RefuseWith401, 401},
		{"a failure inside 200 is m2m's alone", "x-user-id", "other", RefuseWith200, 401},
		{"forbidden", "x-user-id", "other", RefuseWith403, 403},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := New(Config{BadCredentials: c.refuse})
			r := betatelRequestTo(context.Background(), profilePath+ready)
			r.Header.Set(c.header, c.value)
			got := record(s, r)
			require.Equal(t, c.status, got.status)
			var refusal struct {
				Message    string
				StatusCode int
			}
			require.NoError(t, json.Unmarshal(got.body, &refusal))
			require.Equal(t, c.status, refusal.StatusCode)
			require.NotEmpty(t, refusal.Message)
			require.Equal(t, 1, s.Stats().Betatel.RejectedCredentials)
		})
	}
}

func TestConfiguredCredentials(t *testing.T) {
	s := New(Config{Credentials: Credentials{Username: "u", Password: "p", APIKey: "k", UserID: "i"}})
	require.Equal(t, 401, recordM2M(s, queryStatus, ready, "").status)
	text := strings.NewReplacer(DemoUsername+"<", "u<", DemoPassword+"<", "p<").Replace(body(queryStatus, ready, ""))
	require.Equal(t, 200, record(s, m2mRequestTo(context.Background(), "/", text)).status)
}
