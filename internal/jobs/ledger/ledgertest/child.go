package ledgertest

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"bulk/internal/jobs"
	"bulk/internal/jobs/ledger"
)

// What a child is told.
const (
	childDoes  = "BULK_LEDGERTEST_CHILD"
	childWhere = "BULK_LEDGERTEST_WHERE"
	childSends = "BULK_LEDGERTEST_SENDS" // the file that it appends to what it sends
)

// What a child can do.
const (
	ChildHolds   = "hold"   // holds Account, says "held", and waits to be killed
	ChildBegins  = "begin"  // holds Account, begins commands for SIMs 0 to 4, says "begun", and waits
	ChildWrites  = "write"  // holds Other, says "held", begins commands for 200 SIMs under it, says "written", and waits
	ChildSends   = "send"   // says "open", waits for a line; holds Account and sends to SIMs from 0 on; ends by itself
	ChildRecords = "record" // begins a run of reads, says "begun", and records results until it is killed
)

// SendMost is how many SIMs ChildSends sends to.
const SendMost = 150

// Main is TestMain of a store's tests: the test binary is also the other process
// of the tests about two of them.
func Main(m *testing.M, open func(ctx context.Context, where string, options ledger.Options) (*ledger.DB, error)) int {
	what := os.Getenv(childDoes)
	if what == "" {
		return m.Run()
	}
	c := &child{open: open, where: os.Getenv(childWhere)}
	if err := c.do(what); err != nil {
		fmt.Println("error:", err)
		return 1
	}
	return 0
}

type child struct {
	open  func(ctx context.Context, where string, options ledger.Options) (*ledger.DB, error)
	where string
	db    *ledger.DB
}

func (c *child) do(what string) (err error) {
	ctx := context.Background()
	c.db, err = c.open(ctx, c.where, ledger.Options{Create: true, Now: time.Now, User: "child", Host: "nursery"})
	if err != nil {
		return err
	}
	does := map[string]func(context.Context) error{
		ChildHolds: c.hold, ChildBegins: c.begin, ChildWrites: c.write, ChildSends: c.send, ChildRecords: c.record,
	}[what]
	if err := does(ctx); err != nil {
		return err
	}
	if what == ChildSends {
		return c.db.Close()
	}
	_, err = io.Copy(io.Discard, os.Stdin)
	return err
}

func (c *child) run(ctx context.Context, account string) (*ledger.Run, error) {
	if _, err := c.db.Hold(ctx, []string{account}, 0); err != nil {
		return nil, err
	}
	info := Info(ledger.Real, "child")
	info.Accounts, info.User, info.Host = []string{account}, "child", "nursery"
	return c.db.Start(ctx, info)
}

func (c *child) hold(ctx context.Context) error {
	_, err := c.run(ctx, Account)
	fmt.Println("held")
	return err
}

func (c *child) begin(ctx context.Context) error {
	run, err := c.run(ctx, Account)
	for n := 0; n < 5 && err == nil; n++ {
		err = run.Intend(Account, new(Command(n, SIM(n), "CHILD")), jobs.Standing{}).Begin(ctx)
	}
	fmt.Println("begun")
	return err
}

func (c *child) write(ctx context.Context) error {
	run, err := c.run(ctx, Other)
	fmt.Println("held")
	for n := 0; n < 200 && err == nil; n++ {
		err = run.Intend(Other, new(Command(n, SIM(n), "CHILD")), jobs.Standing{}).Begin(ctx)
		if errors.Is(err, jobs.ErrBarred) { // the other process was first
			err = nil
		}
	}
	fmt.Println("written")
	return err
}

func (c *child) record(ctx context.Context) error {
	run, err := c.db.Start(ctx, ledger.RunInfo{Kind: ledger.Real, Digest: "reads", Settings: "{}"})
	fmt.Println("begun")
	for n := 0; err == nil; n++ {
		row := Query(n, SIM(n%1000))
		err = run.Record(&row, new(Result(row, jobs.OK, "")), func(error) {})
	}
	return err
}

// send sends each SIM's command as a run does, and ends where it may not go on.
func (c *child) send(ctx context.Context) error {
	sends, err := os.OpenFile(os.Getenv(childSends), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer sends.Close()
	fmt.Println("open")
	_, _ = bufio.NewReader(os.Stdin).ReadString('\n')
	run, err := c.run(ctx, Account)
	if err != nil {
		return err
	}
	fmt.Println("begun")
	for n := range SendMost {
		row := Command(n, SIM(n), "L100")
		s, err := c.db.Standing(ctx, Account, row.ICCID)
		if err != nil {
			return err
		}
		if s.State != jobs.Untouched {
			continue
		}
		err = run.Intend(Account, &row, jobs.Standing{}).Begin(ctx)
		if errors.Is(err, jobs.ErrBarred) {
			continue
		}
		if err != nil {
			return err
		}
		if _, err := fmt.Fprintln(sends, row.ICCID); err != nil {
			return err
		}
		time.Sleep(2 * time.Millisecond) // the answer
		if err := run.Record(&row, new(Result(row, jobs.OK, "")), func(error) {}); err != nil {
			return err
		}
	}
	return nil
}

// Process is a child.
type Process struct {
	cmd   *exec.Cmd
	in    io.WriteCloser
	lines *bufio.Scanner
}

// Spawn starts a child on a place; sends is the file for ChildSends.
func Spawn(t *testing.T, p Place, what, sends string) *Process {
	t.Helper()
	binary, err := os.Executable()
	require.NoError(t, err)
	cmd := exec.Command(binary)
	cmd.Env = append(os.Environ(), childDoes+"="+what, childWhere+"="+p.Where, childSends+"="+sends)
	in, err := cmd.StdinPipe() // closed with this process
	require.NoError(t, err)
	out, err := cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	c := &Process{cmd, in, bufio.NewScanner(out)}
	t.Cleanup(c.Kill)
	return c
}

// Says waits for the child's next line.
func (c *Process) Says(t *testing.T) string {
	t.Helper()
	require.True(t, c.lines.Scan(), "the other process ended")
	return c.lines.Text()
}

// Go lets a child go on that waits for a line.
func (c *Process) Go(t *testing.T) {
	t.Helper()
	_, err := fmt.Fprintln(c.in, "go")
	require.NoError(t, err)
}

// Rest is what else the child says, until it has ended.
func (c *Process) Rest() (all []string) {
	for c.lines.Scan() {
		all = append(all, c.lines.Text())
	}
	_ = c.cmd.Wait()
	return all
}

// Kill is kill -9.
func (c *Process) Kill() {
	_ = c.cmd.Process.Kill()
	_ = c.cmd.Wait()
}
