package awake

import (
	"io"
	"os"
	"os/exec"
	"syscall"
)

// ask holds a lock of logind's for as long as a command lives that reads from
// us: it ends when we end, even by a kill.
func ask(why string) (release func()) {
	return hold("systemd-inhibit", "--what=sleep:idle", "--who=bulk", "--why="+why, "--mode=block", "cat")
}

// hold runs a command until it is released. The command gets nothing of our
// environment, where the credentials are, and no terminal to ask on.
func hold(name string, args ...string) (release func()) {
	path, err := exec.LookPath(name)
	if err != nil {
		return nil
	}
	cmd := exec.Command(path, args...)
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "LC_ALL=C"}
	cmd.Dir = "/"
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true} // a Ctrl-C is meant for us
	in, err := cmd.StdinPipe()
	if err != nil {
		return nil
	}
	cmd.Stdout, cmd.Stderr = io.Discard, io.Discard
	if cmd.Start() != nil {
		return nil
	}
	ended := make(chan struct{})
	go func() { _ = cmd.Wait(); close(ended) }()
	return func() {
		_ = in.Close()
		_ = cmd.Process.Signal(syscall.SIGTERM)
		<-ended
	}
}
