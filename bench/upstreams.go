package main

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"time"

	"bulk/internal/jobs"
	"bulk/internal/upstream/sandbox"
)

// upstreams is the process that serves them, seen from here.
type upstreams struct {
	cmd   *exec.Cmd
	stdin io.Closer
	addr  string
}

// startUpstreams starts one with a fleet of so many SIMs.
func startUpstreams(sims int, latency string) (*upstreams, error) {
	cmd := helper("serve", "-sims", strconv.Itoa(sims), "-latency", latency)
	cmd.Stderr = os.Stderr
	stdin, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	addr, err := bufio.NewReader(stdout).ReadString('\n')
	if err != nil {
		_ = cmd.Wait()
		return nil, fmt.Errorf("starting the upstreams: %w", err)
	}
	return &upstreams{cmd, stdin, strings.TrimSpace(addr)}, nil
}

func (u *upstreams) stop() {
	_ = u.stdin.Close()
	_ = u.cmd.Wait()
}

// variables point bulk at them.
func (u *upstreams) variables() []string {
	return []string{
		"BULK_M2M_URL=http://" + u.addr, "BULK_M2M_USERNAME=" + sandbox.DemoUsername, "BULK_M2M_PASSWORD=" + sandbox.DemoPassword,
		"BULK_BETATEL_URL=http://" + u.addr + "/api/v1/esim", "BULK_BETATEL_API_KEY=" + sandbox.DemoAPIKey,
		"BULK_BETATEL_USER_ID=" + sandbox.DemoUserID,
	}
}

// arrivals are the times of an upstream's requests since they were asked for
// last, from an arbitrary beginning.
func (u *upstreams) arrivals(name jobs.Upstream) (arrivals, error) {
	body, err := u.get("/_bench/arrivals?upstream=" + string(name))
	if err != nil {
		return nil, err
	}
	times := make(arrivals, len(body)/8)
	return times, binary.Read(bytes.NewReader(body), binary.LittleEndian, times)
}

func (u *upstreams) stats() (s sandbox.Stats, err error) {
	body, err := u.get("/_sandbox/stats")
	if err != nil {
		return s, err
	}
	return s, json.Unmarshal(body, &s)
}

// control changes how they behave.
func (u *upstreams) control(c sandbox.Control) error {
	body, err := json.Marshal(c)
	if err != nil {
		return err
	}
	return u.post("/_sandbox/control", body)
}

// down has connections refused for a while.
func (u *upstreams) down(length time.Duration) error {
	return u.post("/_bench/down?for="+length.String(), nil)
}

func (u *upstreams) get(path string) ([]byte, error) {
	resp, err := asking.Get("http://" + u.addr + path)
	if err != nil {
		return nil, err
	}
	return answered(resp)
}

func (u *upstreams) post(path string, body []byte) error {
	resp, err := asking.Post("http://"+u.addr+path, "application/json", bytes.NewReader(body))
	if err != nil {
		return err
	}
	_, err = answered(resp)
	return err
}

// asking keeps no connection: the upstreams count them.
var asking = &http.Client{Transport: &http.Transport{DisableKeepAlives: true}, Timeout: 30 * time.Second}

func answered(resp *http.Response) ([]byte, error) {
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err == nil && resp.StatusCode >= 300 {
		err = fmt.Errorf("%s: %s", resp.Status, body)
	}
	return body, err
}
