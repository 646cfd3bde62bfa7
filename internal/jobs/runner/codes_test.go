package runner

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"bulk/internal/jobs"
)

// album is a folder of pictures that are the text that they show.
type album struct {
	mu    sync.Mutex
	files map[string]string
}

func (a *album) Save(action jobs.Action, iccid jobs.ICCID, png []byte) (string, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	name := string(action) + " " + string(iccid)
	a.files[name] = string(png)
	return name, nil
}
func (a *album) Draw(code string) ([]byte, error) { return []byte(code), nil }
func (a *album) Read(png []byte) (string, error)  { return string(png), nil }
func (a *album) Load(file string) ([]byte, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if png, ok := a.files[file]; ok {
		return []byte(png), nil
	}
	return nil, errors.New("gone")
}

// vendors are two upstreams with their codes, by SIM.
type vendors struct {
	m2m, betatel map[jobs.SIM]string
	failing      jobs.Action
}

func (v *vendors) ask(_ context.Context, action jobs.Action, iccid jobs.ICCID) jobs.Answer {
	a := done()
	switch {
	case action == v.failing:
		return ended(jobs.Timeout, jobs.MaybeSent)
	case action == jobs.QueryQRInfo:
		a.Data = &jobs.Data{QRCode: v.m2m[iccid.SIM()], QRStatus: "1"}
	case action == jobs.GetQRCode:
		a.Picture = []byte(v.betatel[iccid.SIM()])
	default:
		a.Data = &jobs.Data{ProfileState: "RELEASED", ActivationCode: v.betatel[iccid.SIM()]}
	}
	return a
}

// Where the two upstreams' codes for a SIM differ all its rows that have one are
// drift, whichever came first; the others are as they were.
func TestCodesThatDiffer(t *testing.T) {
	const code, other = "LPA:1$smdp.example.com$K2-1", "LPA:1$smdp.example.com$K2-2"
	v := &vendors{m2m: map[jobs.SIM]string{}, betatel: map[jobs.SIM]string{}}
	give := func(n int, m2m, betatel string) { v.m2m[card(n).SIM()], v.betatel[card(n).SIM()] = m2m, betatel }
	give(1, code, code)
	give(2, code, other)
	give(3, "SMDP.Example.com$K2-1", code+"$1.2.3$1")
	give(4, code, other)
	give(5, code, other)
	give(6, code, other)
	give(7, code, "n/a - ask support")
	row := func(n int, action string) string { return string(card(n)) + "," + action + ",," }
	played := &played{ask: v.ask}
	r := rigged(t, played,
		row(1, "query_qr_info"), row(1, "get_qr_code"),
		row(2, "query_qr_info"), row(2, "get_qr_code"), row(2, "query_qr_info"), row(2, "query_status"),
		row(3, "get_qr_code"), row(3, "query_qr_info"),
		row(4, "get_qr_code"), string(card(4))+",query_qr_info,,qr_status=3",
		string(otherSpelling(card(4)))+",get_euicc_profile,,",
		row(5, "query_qr_info"), row(6, "get_qr_code"),
		row(7, "query_qr_info"), row(7, "get_euicc_profile"),
	)
	defer r.close()
	r.Deps.Pictures = &album{files: map[string]string{}}
	var mu sync.Mutex
	told := map[int]jobs.Outcome{}
	r.Observe = func(row *jobs.Row, result *jobs.Result) { mu.Lock(); told[row.Seq] = result.Outcome; mu.Unlock() }
	report := r.run()
	require.Equal(t, Complete, report.Ending)
	ok, drift := jobs.OK, jobs.Drift
	want := []jobs.Outcome{ok, ok, drift, drift, drift, ok, ok, ok, drift, drift, drift, ok, ok, ok, ok}
	require.Equal(t, want, r.outcomes())
	require.Equal(t, tally(jobs.OK, 9, jobs.Drift, 6), report.Tally)
	results := r.results()
	for seq, outcome := range want {
		require.Equal(t, outcome, told[seq], "whoever watches hears of it")
		if outcome == drift {
			require.Equal(t, jobs.QRDiffers, results[seq].Code)
			require.Contains(t, results[seq].Description, "different activation codes")
			require.NotContains(t, results[seq].Description, "K2")
		}
	}
	require.Contains(t, results[9].Description, "qr_status", "what was expected is said too")
	require.Len(t, played.asked, 14, "one was asked twice, and sent once")
}

// A run that goes on compares with what it kept; and what agrees again is no drift.
func TestCodesOfAResumedRun(t *testing.T) {
	v := &vendors{failing: jobs.GetQRCode}
	sim := card(1).SIM()
	v.m2m, v.betatel = map[jobs.SIM]string{sim: "LPA:1$smdp.example.com$A"}, map[jobs.SIM]string{sim: "LPA:1$smdp.example.com$B"}
	r := rigged(t, &played{ask: v.ask}, string(card(1))+",query_qr_info,,", string(card(1))+",get_qr_code,,")
	defer r.close()
	r.Deps.Pictures = &album{files: map[string]string{}}
	r.run()
	require.Equal(t, []jobs.Outcome{jobs.OK, jobs.Failed}, r.outcomes())
	v.failing = ""
	report := r.run()
	require.Equal(t, []jobs.Outcome{jobs.Drift, jobs.Drift}, r.outcomes())
	require.Equal(t, tally(jobs.Drift, 2), report.Tally)

	// The first row is to be read again, the second is fresh.
	v.m2m[sim] = strings.Replace(v.m2m[sim], "$A", "$B", 1)
	stale := r.results()[0]
	stale.Started = stale.Started.Add(-time.Hour)
	require.NoError(t, r.prepare().Run.Record(&jobs.Row{Seq: 0, Action: jobs.QueryQRInfo, ICCID: card(1)}, &stale, func(error) {}))
	require.NoError(t, r.db.Flush(t.Context()))
	r.run()
	require.Equal(t, []jobs.Outcome{jobs.OK, jobs.OK}, r.outcomes())
}

// What cannot be read any more is no reason to call a row wrong.
func TestCodesOfPicturesThatAreGone(t *testing.T) {
	v := &vendors{m2m: map[jobs.SIM]string{card(1).SIM(): "LPA:1$smdp.example.com$A"}, betatel: map[jobs.SIM]string{card(1).SIM(): "LPA:1$smdp.example.com$B"}}
	r := rigged(t, &played{ask: v.ask}, string(card(1))+",query_qr_info,,", string(card(1))+",get_qr_code,,")
	defer r.close()
	pictures := &album{files: map[string]string{}}
	r.Deps.Pictures = pictures
	r.Observe = func(*jobs.Row, *jobs.Result) { pictures.mu.Lock(); clear(pictures.files); pictures.mu.Unlock() }
	require.Equal(t, tally(jobs.OK, 2), r.run().Tally)
}
