package ledger

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"bulk/internal/jobs"
)

// The test binary is also the other process of the tests about two of them.
const (
	childDoes = "LEDGER_TEST_CHILD"
	childPath = "LEDGER_TEST_PATH"
)

func TestMain(m *testing.M) {
	if what := os.Getenv(childDoes); what != "" {
		if err := child(what, os.Getenv(childPath)); err != nil {
			fmt.Println(err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// child says a line when it is ready, and goes on until it is killed or its
// stdin is closed.
func child(what, path string) error {
	ctx := context.Background()
	db, err := Open(ctx, path, Options{Create: true, Now: time.Now})
	if err != nil {
		return err
	}
	switch what {
	case "lock":
		if _, err := db.Hold(ctx, []string{account}, 0); err != nil {
			return err
		}
		fmt.Println("locked")
	case "write":
		if _, err := db.Hold(ctx, []string{other}, 0); err != nil {
			return err
		}
		run, err := db.Start(ctx, RunInfo{Kind: Real, Digest: "child", Accounts: []string{other}})
		if err != nil {
			return err
		}
		fmt.Println("begun", run.ID)
		for n := range 200 {
			if err := run.Intend(other, new(command(n, sim(n), "CHILD")), jobs.Standing{}).Begin(ctx); err != nil {
				return err
			}
		}
		fmt.Println("written")
	}
	_, err = io.Copy(io.Discard, os.Stdin)
	return err
}

type process struct {
	cmd   *exec.Cmd
	lines *bufio.Scanner
}

func spawn(t *testing.T, what, path string) *process {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), childDoes+"="+what, childPath+"="+path)
	_, err := cmd.StdinPipe() // closed with this process
	require.NoError(t, err)
	out, err := cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	p := &process{cmd, bufio.NewScanner(out)}
	t.Cleanup(p.kill)
	return p
}

func (p *process) says(t *testing.T) string {
	t.Helper()
	require.True(t, p.lines.Scan(), "the other process ended")
	return p.lines.Text()
}

// kill is kill -9.
func (p *process) kill() {
	_ = p.cmd.Process.Kill()
	_ = p.cmd.Wait()
}

func TestLock(t *testing.T) {
	ctx := t.Context()
	db := fresh(t)
	other := opens(t, db.Path())
	const second = "betatel:7@esim.example"

	hold, err := db.Hold(ctx, []string{account, second}, 0)
	require.NoError(t, err)
	_, err = other.Hold(ctx, []string{second}, 0)
	require.ErrorIs(t, err, ErrBusy)
	require.ErrorContains(t, err, second, "it says which")
	free, err := other.Hold(ctx, []string{"m2m:another@portal.example"}, 0)
	require.NoError(t, err)
	free.Release()

	waits := make(chan error, 1)
	go func() {
		again, err := other.Hold(ctx, []string{account}, time.Minute)
		if err == nil {
			again.Release()
		}
		waits <- err
	}()
	hold.Release()
	require.NoError(t, <-waits, "it had its turn")

	gone, cancel := context.WithCancel(ctx)
	hold, err = db.Hold(ctx, []string{account}, 0)
	require.NoError(t, err)
	defer hold.Release()
	cancel()
	_, err = other.Hold(gone, []string{account}, time.Hour)
	require.ErrorIs(t, err, context.Canceled, "an interrupted wait is no busy account")
}

// A part of the accounts is not kept where another one is taken.
func TestLockIsAllOrNothing(t *testing.T) {
	ctx := t.Context()
	db := fresh(t)
	other := opens(t, db.Path())
	hold, err := db.Hold(ctx, []string{"b"}, 0)
	require.NoError(t, err)
	defer hold.Release()
	_, err = other.Hold(ctx, []string{"c", "b", "a"}, 0)
	require.ErrorIs(t, err, ErrBusy)
	for _, account := range []string{"a", "c"} {
		free, err := db.Hold(ctx, []string{account}, 0)
		require.NoError(t, err, account)
		free.Release()
	}
}

func TestLockOfADeadProcess(t *testing.T) {
	db := fresh(t)
	other := spawn(t, "lock", db.Path())
	require.Equal(t, "locked", other.says(t))
	_, err := db.Hold(t.Context(), []string{account}, 0)
	require.ErrorIs(t, err, ErrBusy)
	other.kill()
	hold, err := db.Hold(t.Context(), []string{account}, 0)
	require.NoError(t, err, "a dead process leaves no lock behind")
	hold.Release()
}

func TestTwoProcessesWrite(t *testing.T) {
	db := fresh(t)
	second := spawn(t, "write", db.Path())
	second.says(t)
	run := starts(t, db, Real, "mine")
	for n := range 200 {
		require.NoError(t, run.Intend(account, new(command(n, sim(n), "MINE")), jobs.Standing{}).Begin(t.Context()))
	}
	require.Equal(t, "written", second.says(t))
	open, err := db.InDoubt(t.Context(), "")
	require.NoError(t, err)
	require.Len(t, open, 400)
	second.kill()
	require.NoError(t, opens(t, snapshot(t, db)).Close())
}
