package main

import (
	"encoding/csv"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"bulk/internal/jobs"
	"bulk/internal/jobs/dicetest"
	"bulk/internal/upstream/sandbox"
)

// Whatever is done around the ledger (its locks deleted, its journal lost, an old
// copy put in its place, two processes at once, another name for the host, a SIM
// spelled otherwise, a kill at any moment), no SIM is sent two commands that are
// done, and none that was done is called failed, rejected or not run.
func TestWhateverIsDoneAround(t *testing.T) {
	dice := dicetest.For(t)
	stories := 3
	if long() {
		stories = 60
	}
	for n := range stories {
		t.Run(fmt.Sprint(n), func(t *testing.T) { newAround(t, dice).story() })
	}
}

const (
	aroundSIMs     = 24
	aroundEpisodes = 7
)

// around is a ledger to which things happen.
type around struct {
	*bench
	dice   *rand.Rand
	copies []string // of the ledger, as it was after earlier episodes
}

// spelled is the nth SIM without its check digit, and with it.
func spelled(n int) [2]string {
	bare := fmt.Sprintf("89441200000%08d", n)
	for check := '0'; check <= '9'; check++ {
		if long := bare + string(check); jobs.ICCID(long).LuhnOK() {
			return [2]string{bare, long}
		}
	}
	panic(bare)
}

func newAround(t *testing.T, dice *rand.Rand) *around {
	faults := []string{"", "", "", "set_aa_group:cut", "set_aa_group:reset-after", "set_aa_group:500-after", "set_aa_group:429=1", "set_aa_group:html", "set_aa_group:403"}
	var rows []benchRow
	for n := range aroundSIMs {
		fault := faults[dice.IntN(len(faults))]
		for _, iccid := range spelled(n) {
			rows = append(rows, benchRow{iccid: iccid, action: string(jobs.SetAAGroup), group: "L100", fault: fault})
		}
	}
	config := sandbox.Config{Latency: sandbox.Latency{Min: time.Millisecond, Max: 15 * time.Millisecond}, Seed: dice.Uint64()}
	return &around{bench: prepared(t, config, rows), dice: dice}
}

// done is how often each SIM was given a group, under either spelling.
func (a *around) done() (all [aroundSIMs]int) {
	a.t.Helper()
	for n := range aroundSIMs {
		for _, iccid := range spelled(n) {
			s, _ := a.box.SIM(iccid)
			all[n] += s.CommandsDone
		}
	}
	return all
}

func (a *around) story() {
	for episode := range aroundEpisodes {
		what := a.misfortune(episode)
		before := a.done()
		out := fmt.Sprintf("out%d.csv", episode)
		first := a.job(episode, out)
		a.t.Logf("%d: %s: %s", episode, what, strings.Join(first.Env[len(first.Env)-2:], " "))
		alone := true
		switch what {
		case "two at once", "locks deleted":
			require.NoError(a.t, first.Start())
			time.Sleep(time.Duration(a.dice.IntN(60)) * time.Millisecond)
			if what == "locks deleted" {
				require.NoError(a.t, os.RemoveAll(a.path("state/ledger.db.d/locks")))
				for _, lock := range a.found("state/ledger.db.d/*.lock") {
					_ = os.Remove(lock)
				}
			}
			second := a.job(episode, fmt.Sprintf("second%d.csv", episode))
			_ = second.Run()
			_ = first.Wait()
			alone = false
		case "killed", "killed, its journal lost":
			require.NoError(a.t, first.Start())
			kill := time.AfterFunc(time.Duration(a.dice.IntN(200))*time.Millisecond, func() { _ = first.Process.Kill() })
			_ = first.Wait()
			kill.Stop()
			if what != "killed" {
				_ = os.Remove(a.path("state/ledger.db-journal"))
			}
		case "killed, a copy from its midst put back":
			require.NoError(a.t, first.Start())
			time.Sleep(time.Duration(a.dice.IntN(150)) * time.Millisecond)
			text, err := os.ReadFile(a.path("state/ledger.db"))
			time.Sleep(time.Duration(a.dice.IntN(150)) * time.Millisecond)
			_ = first.Process.Kill()
			_ = first.Wait()
			if err == nil {
				_ = os.Remove(a.path("state/ledger.db-journal"))
				a.write("state/ledger.db", string(text))
			}
		default:
			_ = first.Run()
		}
		after := a.done()
		for n, times := range after {
			require.LessOrEqual(a.t, times, 1, "%s was given a group twice, after %s", spelled(n)[0], what)
		}
		if alone {
			a.truthful(out, before, after)
		}
		if text, err := os.ReadFile(a.path("state/ledger.db")); err == nil {
			copied := fmt.Sprintf("copy%d.db", episode)
			a.write(copied, string(text))
			a.copies = append(a.copies, copied)
		}
	}
}

// misfortune is what happens in an episode; what happens to a ledger that nobody
// uses has happened when it returns.
func (a *around) misfortune(episode int) string {
	all := []string{"nothing", "killed", "killed, its journal lost", "two at once", "locks deleted", "an old copy put back", "the ledger deleted", "killed, a copy from its midst put back"}
	what := all[a.dice.IntN(len(all))]
	switch {
	case episode == 0:
		return "killed"
	case what == "an old copy put back" && len(a.copies) > 0:
		copyFile(a.t, a.path(a.copies[a.dice.IntN(len(a.copies))]), a.path("state/ledger.db"))
		_ = os.Remove(a.path("state/ledger.db-journal"))
	case what == "the ledger deleted":
		_ = os.Remove(a.path("state/ledger.db"))
		_ = os.Remove(a.path("state/ledger.db-journal"))
	}
	return what
}

// job is a scheduler's run of some of the SIMs, in some order and spelling, under
// some name of the account.
func (a *around) job(episode int, out string) *exec.Cmd {
	var file strings.Builder
	file.WriteString("iccid,action,group\n")
	for _, n := range a.dice.Perm(aroundSIMs)[:aroundSIMs*2/3] {
		fmt.Fprintf(&file, "%s,set_aa_group,L100\n", spelled(n)[a.dice.IntN(2)])
	}
	name := strings.Replace(out, ".csv", ".in.csv", 1)
	a.write(name, file.String())
	cmd := a.later("--ledger", a.path("state/ledger.db"), "--workers", "4", "--preflight", "none", "--max-in-doubt", "0", "--max-failures", "none",
		"--max-refusals", "none", "--retries", "2", "-o", a.path(out))
	if a.dice.IntN(3) == 0 || episode == 0 {
		cmd.Args = append(cmd.Args, "--new-ledger")
	}
	cmd.Args[2] = a.path(name)
	port := a.addr[strings.LastIndex(a.addr, ":"):]
	host := []string{"127.0.0.1", "127.0.0.1", "localhost", "LOCALHOST"}[a.dice.IntN(4)]
	account := []string{"", "", "m2m:bench@test"}[a.dice.IntN(3)]
	cmd.Env = append(cmd.Env, "BULK_M2M_URL=http://"+host+port+"/", "BULK_M2M_ACCOUNT="+account)
	return cmd
}

// truthful holds a result file, if there is one, against what was done meanwhile.
func (a *around) truthful(out string, before, after [aroundSIMs]int) {
	a.t.Helper()
	file, err := os.Open(a.path(out))
	if err != nil {
		return // refused, or killed
	}
	defer file.Close()
	records, err := csv.NewReader(file).ReadAll()
	require.NoError(a.t, err)
	for _, record := range records[1:] {
		row := map[string]string{}
		for i, column := range records[0] {
			row[column] = record[i]
		}
		var n int
		_, err := fmt.Sscanf(row["iccid"], "89441200000%08d", &n)
		require.NoError(a.t, err)
		did := after[n] - before[n]
		switch row["outcome"] {
		case "ok":
			require.Equal(a.t, 1, after[n], row)
		case "unknown", "skipped":
		default:
			require.Zero(a.t, did, "it was done meanwhile: %v", row)
		}
	}
}
