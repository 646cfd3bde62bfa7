package awake

import (
	"runtime"

	"golang.org/x/sys/windows"
)

// The flags of SetThreadExecutionState (winbase.h).
const (
	esContinuous     = 0x80000000
	esSystemRequired = 0x00000001
)

// ask tells Windows that the system is required. The state is one thread's and
// ends with it, so a thread is kept for it.
func ask(string) (release func()) {
	set := windows.NewLazySystemDLL("kernel32.dll").NewProc("SetThreadExecutionState")
	if set.Find() != nil {
		return nil
	}
	over, ended := make(chan struct{}), make(chan struct{})
	go func() {
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		defer close(ended)
		_, _, _ = set.Call(esContinuous | esSystemRequired)
		<-over
		_, _, _ = set.Call(esContinuous)
	}()
	return func() { close(over); <-ended }
}
