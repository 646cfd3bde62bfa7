package awake

import (
	"os"
	"os/exec"
	"strconv"
)

// ask runs caffeinate, which ends when this process ends, even by a kill.
func ask(string) (release func()) {
	cmd := exec.Command("/usr/bin/caffeinate", "-i", "-w", strconv.Itoa(os.Getpid()))
	cmd.Env = []string{}
	if cmd.Start() != nil {
		return nil
	}
	ended := make(chan struct{})
	go func() { _ = cmd.Wait(); close(ended) }()
	return func() {
		_ = cmd.Process.Kill()
		<-ended
	}
}
