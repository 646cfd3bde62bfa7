package runner

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"bulk/internal/jobs"
)

// begun does a run in the background.
func begun(t *testing.T, runner *Runner, intake, work context.Context) <-chan Report {
	reports := make(chan Report, 1)
	go func() {
		report, err := runner.Do(intake, work)
		require.NoError(t, err)
		reports <- report
	}()
	return reports
}

func TestFirstSignal(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		up := &played{command: func(ctx context.Context, _ jobs.ICCID, _ string) jobs.Answer {
			select {
			case <-time.After(10 * time.Second):
				return done()
			case <-ctx.Done():
				return ended(jobs.Interrupted, jobs.MaybeSent)
			}
		}}
		r := rigged(t, up, many(20, command)...)
		defer r.close()
		r.Workers = map[jobs.Upstream]int{jobs.M2M: 4}
		intake, signal := context.WithCancel(t.Context())
		reports := begun(t, r.prepare(), intake, t.Context())
		synctest.Wait()
		began := time.Now()
		signal()
		report := <-reports
		require.Equal(t, 10*time.Second, time.Since(began), "those in flight finish")
		require.Equal(t, Interrupted, report.Ending)
		// A row waited for a worker when the signal came, and had its turn.
		require.LessOrEqual(t, len(up.sent), 5)
		require.Equal(t, tally(jobs.OK, len(up.sent)), report.Tally)
		require.Equal(t, 20-len(up.sent), report.NotRun)
		require.True(t, r.lines[jobs.M2M].(*way).isDrained())
		require.Equal(t, tally(jobs.OK, 20), r.run().Tally, "and it can be continued")
		require.Len(t, up.sent, 20)
	})
}

func TestGraceAndSecondSignal(t *testing.T) {
	for _, c := range []struct {
		name   string
		second time.Duration // 0: there is none
		want   time.Duration
	}{
		{"grace", 0, 20 * time.Second}, {"second signal", 3 * time.Second, 3 * time.Second},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				hang := func(ctx context.Context) jobs.Answer {
					<-ctx.Done()
					return ended(jobs.Interrupted, jobs.MaybeSent)
				}
				up := &played{
					command: func(ctx context.Context, _ jobs.ICCID, _ string) jobs.Answer { return hang(ctx) },
					ask: func(ctx context.Context, _ jobs.Action, _ jobs.ICCID) jobs.Answer {
						hang(ctx)
						return ended(jobs.Interrupted, jobs.SurelyNotSent)
					},
				}
				r := rigged(t, up, command(0), command(1), reading(2), profile(3), command(4), command(5))
				defer r.close()
				r.Workers = map[jobs.Upstream]int{jobs.M2M: 3}
				intake, signal := context.WithCancel(t.Context())
				work, leave := context.WithCancel(t.Context())
				defer leave()
				reports := begun(t, r.prepare(), intake, work)
				synctest.Wait()
				began := time.Now()
				signal()
				if c.second > 0 {
					time.Sleep(c.second)
					leave()
				}
				report := <-reports
				require.Equal(t, c.want, time.Since(began))
				require.Equal(t, Interrupted, report.Ending, report.Cause)
				require.Equal(t, jobs.Unknown, r.outcomes()[0], "what was cut off is unknown")
				require.Equal(t, len(up.sent), report.Tally[jobs.Unknown])
				require.Equal(t, 6-len(up.sent), report.NotRun)
				require.Equal(t, jobs.NotRun, r.outcomes()[2], "a read that was cut off can be asked again")
			})
		})
	}
}

func TestSignalAfterTheLastRow(t *testing.T) {
	r := rigged(t, &played{}, many(3, reading)...)
	defer r.close()
	intake, signal := context.WithCancel(t.Context())
	defer signal()
	var left atomic.Int64
	left.Store(3)
	r.Observe = func(*jobs.Row, *jobs.Result) {
		if left.Add(-1) == 0 {
			signal()
		}
	}
	report, err := r.prepare().Do(intake, t.Context())
	require.NoError(t, err)
	require.Equal(t, Complete, report.Ending, "all is done, so nothing was interrupted")
}

func TestUpstreamEndsTheRun(t *testing.T) {
	for _, c := range []struct {
		name   string
		answer jobs.Answer
		ending Ending
		code   jobs.Code
	}{
		{"credentials refused", jobs.Answer{Verdict: jobs.Refused, Code: jobs.AuthFailed, Detail: "It said 401.", Ends: jobs.EndsCredentials, Attempts: 1}, Credentials, jobs.AuthFailed},
		{"down for too long", jobs.Answer{Verdict: jobs.SurelyNotSent, Code: jobs.Aborted, Detail: "It was down.", Ends: jobs.EndsOutage}, Guarded, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			up := &played{ask: func(context.Context, jobs.Action, jobs.ICCID) jobs.Answer { return c.answer }}
			r := rigged(t, up, many(10, reading)...)
			defer r.close()
			r.Workers = map[jobs.Upstream]int{jobs.M2M: 1}
			report := r.run()
			require.Equal(t, c.ending, report.Ending)
			require.Equal(t, c.answer.Detail, report.Cause, "the first reason stands, without advice")
			require.GreaterOrEqual(t, report.NotRun, 8)
			if c.code != "" {
				require.Equal(t, c.code, r.results()[0].Code)
			} else {
				require.Empty(t, r.results())
			}
		})
	}
}

// The ledger fails while commands are on their way: what became of them is kept
// for the result file, and no other one is sent.
func TestLedgerFails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		up := &played{}
		r := rigged(t, up, append(many(30, command), many(30, func(n int) string { return profile(100 + n) })...)...)
		gone := sync.OnceFunc(func() { require.NoError(t, os.RemoveAll(filepath.Dir(r.db.Path()))) })
		up.command = func(context.Context, jobs.ICCID, string) jobs.Answer {
			time.Sleep(time.Second)
			gone()
			return done()
		}
		up.ask = func(context.Context, jobs.Action, jobs.ICCID) jobs.Answer {
			time.Sleep(1050 * time.Millisecond) // late results that were handed over already
			return done()
		}
		r.Workers = map[jobs.Upstream]int{jobs.M2M: 5}
		report := r.run()
		require.Error(t, r.db.Close())
		require.Equal(t, DiskTrouble, report.Ending)
		require.Contains(t, report.Cause, "the ledger is gone")
		require.Len(t, up.sent, 5, "not one more")
		for seq := range 5 {
			require.Equal(t, jobs.OK, report.Unrecorded[seq].Outcome)
		}
		kept := map[jobs.Outcome]int{}
		for _, result := range report.Unrecorded {
			kept[result.Outcome]++
		}
		require.Equal(t, report.Tally[jobs.OK], kept[jobs.OK], "reads included")
		require.Equal(t, 60-report.Tally[jobs.OK], report.NotRun)
	})
}

// The ledger fails in a run of reads, whose results are written a moment after
// they were handed over: the run ends, and none of them is lost.
func TestLedgerFailsAtReads(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		up := &played{}
		r := rigged(t, up, many(30, reading)...)
		gone := sync.OnceFunc(func() { require.NoError(t, os.RemoveAll(filepath.Dir(r.db.Path()))) })
		var asked atomic.Int64
		up.ask = func(context.Context, jobs.Action, jobs.ICCID) jobs.Answer {
			n := asked.Add(1)
			time.Sleep(time.Second)
			if n > 5 {
				gone()
			}
			return done()
		}
		r.Workers = map[jobs.Upstream]int{jobs.M2M: 5}
		report := r.run()
		require.Error(t, r.db.Close())
		require.Equal(t, DiskTrouble, report.Ending)
		require.Contains(t, report.Cause, "the ledger is gone")
		require.GreaterOrEqual(t, report.NotRun, 10)
		require.Equal(t, 30, report.Tally[jobs.OK]+report.NotRun)
		require.Len(t, report.Unrecorded, report.Tally[jobs.OK]-5, "all but those that are on disk")
		for seq := 5; seq < 10; seq++ {
			require.Equal(t, jobs.OK, report.Unrecorded[seq].Outcome, "they were handed over before it was known")
		}
	})
}

// A picture that cannot be saved ends the run.
func TestPictureFails(t *testing.T) {
	up := &played{ask: func(context.Context, jobs.Action, jobs.ICCID) jobs.Answer {
		return jobs.Answer{Verdict: jobs.Done, Picture: []byte("png"), Attempts: 1}
	}}
	r := rigged(t, up, string(card(1))+",get_qr_code,,", string(card(2))+",get_qr_code,,")
	defer r.close()
	r.Deps.Pictures = noPictures{}
	r.Workers = map[jobs.Upstream]int{jobs.Betatel: 1}
	report := r.run()
	require.Equal(t, DiskTrouble, report.Ending)
	require.Equal(t, "Saving the QR picture: no space left.", report.Cause)
	require.Equal(t, 2, report.NotRun)
	require.Empty(t, r.results())
}

type noPictures struct{}

func (noPictures) Save(jobs.Action, jobs.ICCID, []byte) (string, error) {
	return "", errors.New("no space left")
}
func (noPictures) Draw(string) ([]byte, error) { return nil, nil }
func (noPictures) Load(string) ([]byte, error) { return nil, nil }
func (noPictures) Read([]byte) (string, error) { return "LPA:1$smdp.example.com$K2", nil }
