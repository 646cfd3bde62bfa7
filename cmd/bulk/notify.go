package main

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

	"github.com/spf13/pflag"

	"bulk/internal/jobs/ledger"
	"bulk/internal/report"
	"bulk/internal/report/notify"
	"bulk/internal/upstream/wire"
)

// notices says who hears how a run ended.
type notices struct {
	notify   []string
	onFinish string
	targets  []notify.Target // of notify
}

const (
	finishPatience = time.Minute     // that the command of --on-finish has
	finishPipes    = 2 * time.Second // that what it left behind may keep stderr open
)

func (t *notices) register(f *pflag.FlagSet) {
	f.StringSliceVar(&t.notify, "notify", nil, "post the summary as JSON to this `URL` at every end, refusals too (Slack understands it); repeatable")
	f.StringVar(&t.onFinish, "on-finish", "", "run this shell `COMMAND` at every end, refusals too, the summary as JSON on its standard input")
}

// check reads the addresses before anything is sent.
func (t *notices) check() error {
	var targets []notify.Target
	for _, raw := range t.notify {
		target, err := notify.ParseTarget(strings.TrimSpace(raw))
		if err != nil {
			return misused("--notify is not usable: %v", err)
		}
		targets = append(targets, target)
	}
	t.targets = targets
	return nil
}

// notify posts and runs what was asked for at the end of a run. It is the last
// thing of every run, however that ended, and changes nothing about it: what
// goes wrong here is a warning. A signal that comes now ends it.
func (j *job) notify(ctx context.Context, s report.Summary) {
	t := &j.s.notices
	if len(t.targets) == 0 && t.onFinish == "" {
		return
	}
	message, err := notify.Message(s)
	if err != nil {
		j.u.warn("%v", err)
		return
	}
	for _, failed := range j.p.post(ctx, t.targets, message) {
		j.u.warn("%v", failed)
	}
	if t.onFinish == "" {
		return
	}
	if err := j.p.runAfterwards(ctx, t.onFinish, t.notify, s, message); err != nil {
		j.u.warn("the command of --on-finish: %v", err)
	}
}

// post posts to all addresses at once and gives what went wrong.
func (p *sources) post(ctx context.Context, targets []notify.Target, message []byte) (failed []error) {
	if len(targets) == 0 {
		return nil
	}
	ca := (&environment{p: p}).get("BULK_CA_FILE")
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
func (p *sources) runAfterwards(ctx context.Context, command string, addresses []string, s report.Summary, message []byte) error {
	limited, cancel := context.WithTimeout(ctx, finishPatience)
	defer cancel()
	cmd := shellCommand(limited, command)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = bytes.NewReader(append(message, '\n')), p.stderr, p.stderr
	cmd.WaitDelay = finishPipes
	// BULK_OUTPUT would be --output to a bulk that the command runs.
	cmd.Env = append(p.withoutSecrets(os.Environ(), addresses), fmt.Sprintf("BULK_EXIT_CODE=%d", s.ExitCode), "BULK_RUN="+s.Run, "BULK_RESULTS="+absoluteOrNone(s.Output))
	err := cmd.Start()
	if err == nil {
		p.finisher.Store(cmd)
		defer p.finisher.Store(nil)
		err = cmd.Wait()
	}
	switch {
	case ctx.Err() != nil:
		return errors.New("it was ended by a signal")
	case limited.Err() != nil:
		return fmt.Errorf("it was ended after %s", finishPatience)
	case errors.Is(err, exec.ErrWaitDelay):
		return nil // it left something running, which is its affair
	}
	return err
}

func absoluteOrNone(path string) string {
	if path == "" {
		return ""
	}
	return absolute(path)
}

// kindLabel is a run's kind as reports have it.
func kindLabel(kind ledger.Kind) string { return strings.ReplaceAll(string(kind), "-", "_") }

// withoutAddresses is a command line without the addresses of --notify: it goes
// into reports and logs, and whoever knows an address can post there. With mask,
// the line says that there was one; without, it can be pasted.
func withoutAddresses(args []string, mask bool) []string {
	var kept []string
	for i := 0; i < len(args); i++ {
		raw, joined := strings.CutPrefix(args[i], "--notify=")
		if !joined && (args[i] != "--notify" || i+1 == len(args)) {
			kept = append(kept, args[i])
			continue
		}
		if !joined {
			i++
			raw = args[i]
		}
		if mask {
			kept = append(kept, "--notify="+strings.Join(shownWords("notify", strings.Split(raw, ",")), ","))
		}
	}
	return kept
}
