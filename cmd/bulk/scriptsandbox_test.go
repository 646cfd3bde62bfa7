package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"bulk/internal/upstream/sandbox"
)

// scriptSandboxKey finds a script's sandbox.
type scriptSandboxKey struct{}

// runningSandbox is the bulk sandbox that a script talks to.
type runningSandbox struct {
	address string // http://host:port
}

const (
	scriptPatience = 20 * time.Second
	scriptPoll     = 10 * time.Millisecond
)

// scriptSandbox serves one on a free port until the script ends, and sets the
// variables that it prints. The last one started is the one that counts.
func scriptSandbox(ts *testscript.TestScript, neg bool, args []string) {
	if neg {
		ts.Fatalf("usage: sandbox [FLAG...]")
	}
	cmd := exec.Command("bulk", append([]string{"sandbox", "--addr", "127.0.0.1:0"}, args...)...)
	var said bytes.Buffer
	cmd.Dir, cmd.Stderr = ts.MkAbs("."), &said
	cmd.Env = append(os.Environ(), "GORACE="+ts.Getenv("GORACE"))
	out, err := cmd.StdoutPipe()
	ts.Check(err)
	ts.Check(cmd.Start())
	ts.Defer(func() {
		_ = cmd.Process.Signal(os.Interrupt)
		_ = cmd.Wait()
	})
	const variables = 6
	var lines []string
	for scanner := bufio.NewScanner(out); len(lines) < variables && scanner.Scan(); {
		lines = append(lines, scanner.Text())
	}
	if len(lines) < variables {
		ts.Fatalf("bulk sandbox %s ended before it served: %v\n%s", strings.Join(args, " "), cmd.Wait(), said.String())
	}
	pointAt(ts, lines)
}

// scriptRefusing serves a sandbox that refuses wrong credentials as no flag of
// bulk sandbox can make it: how m2m does is not documented.
func scriptRefusing(ts *testscript.TestScript, neg bool, args []string) {
	known := map[string]sandbox.Refusal{"403": sandbox.RefuseWith403, "200": sandbox.RefuseWith200}
	if neg || len(args) != 1 || known[args[0]] == 0 {
		ts.Fatalf("usage: refusing 403|200")
	}
	running, err := sandbox.New(sandbox.Config{BadCredentials: known[args[0]]}).Start("127.0.0.1:0")
	ts.Check(err)
	ts.Defer(running.Close)
	pointAt(ts, running.Environment())
}

// pointAt makes a sandbox the one that the script talks to.
func pointAt(ts *testscript.TestScript, environment []string) {
	for _, line := range environment {
		name, value, _ := strings.Cut(line, "=")
		ts.Setenv(name, value)
	}
	sandboxOf(ts).address = strings.TrimSuffix(ts.Getenv("BULK_M2M_URL"), "/")
}

func sandboxOf(ts *testscript.TestScript) *runningSandbox {
	return ts.Value(scriptSandboxKey{}).(*runningSandbox)
}

func (s *runningSandbox) get(ts *testscript.TestScript, path string) []byte {
	reply, err := http.Get(s.address + path)
	ts.Check(err)
	defer reply.Body.Close()
	body, err := io.ReadAll(reply.Body)
	ts.Check(err)
	return body
}

func (s *runningSandbox) post(ts *testscript.TestScript, path, kind, body string) string {
	reply, err := http.Post(s.address+path, kind, strings.NewReader(body))
	ts.Check(err)
	defer reply.Body.Close()
	text, err := io.ReadAll(reply.Body)
	ts.Check(err)
	if reply.StatusCode/100 != 2 {
		ts.Fatalf("%s: %s %s", path, reply.Status, text)
	}
	return string(text)
}

// count finds a number of the sandbox's statistics, such as
// m2m.operations.set_aa_group; what was never counted is 0, and of a list its
// length counts.
func (s *runningSandbox) count(ts *testscript.TestScript, field string) int {
	var found any
	ts.Check(json.Unmarshal(s.get(ts, "/_sandbox/stats"), &found))
	for name := range strings.SplitSeq(field, ".") {
		inside, ok := found.(map[string]any)
		if !ok {
			ts.Fatalf("the sandbox does not count %s", field)
		}
		found = inside[name]
	}
	switch value := found.(type) {
	case float64:
		return int(value)
	case []any:
		return len(value)
	case nil:
		return 0
	}
	ts.Fatalf("%s is no number", field)
	return 0
}

func scriptSaw(ts *testscript.TestScript, neg bool, args []string) {
	field, want := fieldAndNumber(ts, neg, args)
	if got := sandboxOf(ts).count(ts, field); got != want {
		ts.Fatalf("the sandbox counted %s %d, want %d", field, got, want)
	}
}

func scriptAwait(ts *testscript.TestScript, neg bool, args []string) {
	field, want := fieldAndNumber(ts, neg, args)
	got := 0
	if !soon(func() bool { got = sandboxOf(ts).count(ts, field); return got >= want }) {
		ts.Fatalf("after %s the sandbox has counted %s %d, want %d", scriptPatience, field, got, want)
	}
}

func scriptSees(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: sees FILE TEXT")
	}
	if !soon(func() bool {
		content, _ := os.ReadFile(ts.MkAbs(args[0])) // it may not be there yet
		return strings.Contains(string(content), args[1])
	}) {
		ts.Fatalf("after %s %q is not in %s", scriptPatience, args[1], args[0])
	}
}

func scriptAppears(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) != 1 {
		ts.Fatalf("usage: appears PATTERN")
	}
	found := func() bool { return len(named(ts, args[0])) > 0 }
	switch {
	case neg && found():
		ts.Fatalf("there is a file %s", args[0])
	case !neg && !soon(found):
		ts.Fatalf("after %s there is no file %s", scriptPatience, args[0])
	}
}

func scriptCount(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: count N PATTERN")
	}
	if names := named(ts, args[1]); strconv.Itoa(len(names)) != args[0] {
		ts.Fatalf("there are %d files %s, want %s: %v", len(names), args[1], args[0], names)
	}
}

func named(ts *testscript.TestScript, pattern string) []string {
	names, err := filepath.Glob(ts.MkAbs(pattern))
	ts.Check(err)
	return names
}

// soon waits until something is so.
func soon(so func() bool) bool {
	deadline := time.After(scriptPatience)
	tick := time.NewTicker(scriptPoll)
	defer tick.Stop()
	for !so() {
		select {
		case <-tick.C:
		case <-deadline:
			return false
		}
	}
	return true
}

func fieldAndNumber(ts *testscript.TestScript, neg bool, args []string) (string, int) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: saw FIELD N, or await FIELD N")
	}
	n, err := strconv.Atoi(args[1])
	ts.Check(err)
	return args[0], n
}

func scriptControl(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: control JSON")
	}
	sandboxOf(ts).post(ts, "/_sandbox/control", "application/json", args[0])
}

// scriptPortal changes a SIM's status as somebody at the portal would, with
// credentials that are right whatever the script has set since.
func scriptPortal(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: portal ICCID STATUS")
	}
	body := fmt.Sprintf(`<set_status version="1" api_id="1"><authentication><username>sandbox</username>`+
		`<password>sandbox-password</password></authentication><iccid>%s</iccid><status>%s</status></set_status>`, args[0], args[1])
	if answer := sandboxOf(ts).post(ts, "/", "application/xml", body); !strings.Contains(answer, "<api_outcome>success<") {
		ts.Fatalf("%s", answer)
	}
}

func scriptCommanded(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 0 {
		ts.Fatalf("usage: commands")
	}
	_, err := ts.Stdout().Write(sandboxOf(ts).get(ts, "/_sandbox/commands"))
	ts.Check(err)
}
