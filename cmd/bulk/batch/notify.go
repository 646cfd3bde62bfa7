package batch

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"sync"
	"time"

	"bulk/cmd/bulk/console"
	"bulk/cmd/bulk/settings"
	"bulk/internal/jobs/ledger"
	"bulk/internal/report"
	"bulk/internal/report/notify"
	"bulk/internal/upstream/wire"
)

const (
	FinishPatience = time.Minute     // that the command of --on-finish has
	finishPipes    = 2 * time.Second // that what it left behind may keep stderr open
)

// notify posts and runs what was asked for at the end of a run. It is the last
// thing of every run, however that ended, and changes nothing about it: what
// goes wrong here is a warning. A signal that comes now ends it.
func (j *Job) notify(ctx context.Context, s report.Summary) {
	t := &j.s.Notices
	if !j.isHeard() {
		return
	}
	j.beginning.posted(ctx)
	message, err := notify.Message(s)
	if err != nil {
		j.u.Warn("%v", err)
		return
	}
	for _, failed := range post(ctx, j.p, t.Targets, message) {
		j.u.Warn("%v", failed)
	}
	if t.OnFinish == "" {
		return
	}
	if err := runAfterwards(ctx, j.p, t.OnFinish, t.Notify, s, message); err != nil {
		j.u.Warn("the command of --on-finish: %v", err)
	}
}

// isHeard reports whether somebody is to hear of the end.
func (j *Job) isHeard() bool { return len(j.s.Notices.Targets) > 0 || j.s.Notices.OnFinish != "" }

// beginning is the post of a run's beginning, which is under way while the rows are.
type beginning struct {
	done   chan struct{} // closed once it is over; nil: nobody is to hear of it
	giveUp context.CancelFunc
}

// posted waits for it, so that nobody hears of the end first; a signal ends it.
func (b *beginning) posted(ctx context.Context) {
	if b.done == nil {
		return
	}
	defer context.AfterFunc(ctx, b.giveUp)()
	<-b.done
}

// tellBeginning posts that the run begins, or goes on, where that was asked for. No
// row waits for it, and what goes wrong is a warning.
func (j *begun) tellBeginning(verb string, off []string, given settings.Handed) {
	t := &j.s.Notices
	if !t.Start {
		return
	}
	ctx := context.Background()
	message, err := notify.Beginning(report.Summary{
		Command: j.commandLine(), Kind: kindLabel(j.kind), Version: console.VersionText(), Run: j.number(), Input: j.name,
		Started: j.started, Total: j.survey.Selected, Origin: j.origin(ctx, given), InDoubt: j.doubts(ctx), Off: off, Notes: j.notes,
	}, verb)
	if err != nil {
		j.u.Warn("%v", err)
		return
	}
	ctx, cancel := context.WithCancel(ctx)
	done := make(chan struct{})
	j.beginning = beginning{done, cancel}
	go func() {
		defer close(done)
		defer cancel()
		for _, failed := range post(ctx, j.p, t.Targets, message) {
			j.u.Warn("%v", failed)
		}
	}()
}

// post posts to all addresses at once and gives what went wrong.
func post(ctx context.Context, p *settings.Sources, targets []notify.Target, message []byte) (failed []error) {
	if len(targets) == 0 {
		return nil
	}
	ca := (&settings.Environment{P: p}).Get("BULK_CA_FILE")
	client, err := wire.NewClient(wire.Options{Connections: 1, CAFile: ca})
	if err != nil {
		return []error{fmt.Errorf("no notification was sent: %w", err)}
	}
	defer client.CloseIdleConnections()
	errs := make([]error, len(targets))
	var all sync.WaitGroup
	for i, to := range targets {
		all.Go(func() { errs[i] = notify.Post(ctx, client, to, message) })
	}
	all.Wait()
	for _, err := range errs {
		if err != nil {
			failed = append(failed, err)
		}
	}
	return failed
}

// runAfterwards runs the command of --on-finish. What it prints goes to stderr:
// standard output is for data.
func runAfterwards(ctx context.Context, p *settings.Sources, command string, addresses []string, s report.Summary, message []byte) error {
	limited, cancel := context.WithTimeout(ctx, FinishPatience)
	defer cancel()
	cmd := console.ShellCommand(limited, command)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = bytes.NewReader(append(message, '\n')), p.Stderr, p.Stderr
	cmd.WaitDelay = finishPipes
	// BULK_OUTPUT would be --output to a bulk that the command runs.
	cmd.Env = append(p.WithoutSecrets(os.Environ(), addresses), fmt.Sprintf("BULK_EXIT_CODE=%d", s.ExitCode), "BULK_RUN="+s.Run, "BULK_RESULTS="+absoluteOrNone(s.Output))
	err := cmd.Start()
	if err == nil {
		p.Finisher.Store(cmd)
		defer p.Finisher.Store(nil)
		err = cmd.Wait()
	}
	switch {
	case ctx.Err() != nil:
		return errors.New("it was ended by a signal")
	case limited.Err() != nil:
		return fmt.Errorf("it was ended after %s", FinishPatience)
	case errors.Is(err, exec.ErrWaitDelay):
		return nil // it left something running, which is its affair
	}
	return err
}

func absoluteOrNone(path string) string {
	if path == "" {
		return ""
	}
	return settings.Absolute(path)
}

// kindLabel is a run's kind as reports have it.
func kindLabel(kind ledger.Kind) string { return strings.ReplaceAll(string(kind), "-", "_") }
