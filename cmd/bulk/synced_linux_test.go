package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"bulk/internal/upstream/sandbox"
)

// event is what the command had the system do: "sync", "place" (a file is given
// its name: from is the one that it had), "folder" (one is made) or "command"
// (one leaves).
type event struct{ what, path, from string }

var (
	tracedCall    = regexp.MustCompile(`^(\d+) +(?:<\.\.\. )?(\w+)(.*)$`)
	tracedFile    = regexp.MustCompile(`^\(\d+<([^>]*)>`)
	tracedNames   = regexp.MustCompile(`"([^"]*)"`)
	tracedCommand = regexp.MustCompile(`(?i)<operation[^>]*set_?aa_?group|set_aa_group`)
)

// traced runs a command and gives what it did, in the order in which it was done.
func (b *bench) traced(run *exec.Cmd) (events []event) {
	b.t.Helper()
	if _, err := exec.LookPath("strace"); err != nil {
		b.t.Skip("the strace command is not installed")
	}
	args := []string{"-f", "-y", "-qq", "-s", "4096", "-e", "signal=none", "-e", "trace=fsync,fdatasync,/^rename,/^link,/^mkdir,write", "-o", b.path("trace.txt"), "--"}
	cmd := exec.Command("strace", append(args, run.Args...)...)
	cmd.Dir, cmd.Env = run.Dir, run.Env
	code, said := b.finish(cmd)
	require.Zero(b.t, code, said)
	text, err := os.ReadFile(b.path("trace.txt"))
	require.NoError(b.t, err)
	begun := map[string]string{} // by thread: the call that is not finished
	for line := range strings.Lines(string(text)) {
		call := tracedCall.FindStringSubmatch(strings.TrimSpace(line))
		if call == nil {
			continue
		}
		thread, name, rest := call[1], call[2], call[3]
		if name == "write" && strings.Contains(rest, "<socket:") && tracedCommand.MatchString(rest) {
			events = append(events, event{what: "command"}) // it leaves at the earliest when it is begun
		}
		if before, cut := strings.CutSuffix(rest, "<unfinished ...>"); cut {
			begun[thread] = before
			continue
		}
		if strings.HasPrefix(rest, " resumed>") {
			rest = begun[thread] + rest
		}
		if strings.Contains(rest, "= -1 ") {
			continue
		}
		names := tracedNames.FindAllStringSubmatch(rest, -1)
		switch {
		case name == "fsync" || name == "fdatasync":
			events = append(events, event{what: "sync", path: tracedFile.FindStringSubmatch(rest)[1]})
		case strings.HasPrefix(name, "rename") || strings.HasPrefix(name, "link"):
			events = append(events, event{what: "place", from: names[0][1], path: names[1][1]})
		case strings.HasPrefix(name, "mkdir"):
			events = append(events, event{what: "folder", path: names[0][1]})
		}
	}
	return events
}

// TestSynced: what was promised to be there is there after a loss of power. A file has
// its content on disk before it has its name, and its name soon after; and the
// ledger's intents are on disk before their commands leave.
func TestSynced(t *testing.T) {
	b := prepared(t, sandbox.Config{}, []benchRow{{card(1), "set_aa_group", "L100", ""}, {card(2), "set_aa_group", "L100", ""}})
	events := b.traced(b.run("--workers", "1", "--ledger", b.path("state/ledger.db")))
	synced := func(path string, events []event) bool {
		return slices.Contains(events, event{what: "sync", path: path})
	}

	var placed []string
	for i, e := range events {
		if e.what != "place" || strings.HasSuffix(e.path, ".tmp") { // a rehearsal
			continue
		}
		name := filepath.Base(filepath.Dir(e.path)) + "/" + filepath.Base(e.path)
		if strings.HasPrefix(name, "marks/") && slices.Contains(placed, name) {
			continue // moved again, which has to outlast the process alone
		}
		placed = append(placed, name)
		require.True(t, synced(e.from, events[:i]), "the content of %s", e.path)
		next := slices.IndexFunc(events[i+1:], func(e event) bool { return e.what == "place" || e.what == "command" })
		if next < 0 {
			next = len(events) - i - 1
		}
		require.True(t, synced(filepath.Dir(e.path), events[i+1:i+1+next]), "the name of %s", e.path)
	}
	for i, e := range events {
		if e.what == "folder" && !strings.Contains(e.path, "scratch") {
			require.True(t, synced(filepath.Dir(e.path), events[i:]), "the name of the folder %s", e.path)
		}
	}
	for _, want := range []string{"/ledger.db", "inputs/", "marks/", "/out.csv"} {
		require.True(t, slices.ContainsFunc(placed, func(name string) bool { return strings.Contains(name, want) }), "%s: %s", want, placed)
	}

	// A commit syncs the journal, that there is more in it, the ledger, and that the
	// journal is over.
	ledger := b.path("state/ledger.db")
	commits, journal, commands := 0, 0, 0
	for _, e := range events {
		switch {
		case e.what == "sync" && e.path == ledger+"-journal":
			journal++
		case e.what == "sync" && e.path == ledger:
			require.GreaterOrEqual(t, journal, 2, "the journal before the ledger")
			commits, journal = commits+1, -1 // the one that ends it
		case e.what == "command":
			require.Positive(t, commits, "its intent")
			require.GreaterOrEqual(t, journal, 0, "the end of its commit")
			commits, commands = 0, commands+1
		}
	}
	require.Equal(t, 2, commands)
}
