// Package awake keeps the machine from going to sleep by itself while a run goes
// on: after a sleep nobody knows what became of the requests that were under way.
//
// It asks the system in the system's own way, and is silent where there is none
// or it does not let: a run must never fail for it. A lid that is closed is
// stronger than a program.
package awake

import (
	"sync"
	"time"
)

// patience is how long a run must last before the system is asked: no machine
// falls asleep sooner.
const patience = 10 * time.Second

// Keep keeps the machine awake from some seconds on until release is called,
// which may be more than once, or the process ends, however it ends. why is
// shown to whoever asks the system what keeps it awake.
func Keep(why string) (release func()) { return keep(why, patience, ask) }

// keep asks after a while, unless it was released by then.
func keep(why string, patience time.Duration, ask func(why string) (release func())) (release func()) {
	var (
		mu       sync.Mutex
		over     bool
		letSleep func()
	)
	timer := time.AfterFunc(patience, func() {
		mu.Lock()
		defer mu.Unlock()
		if !over {
			letSleep = ask(why)
		}
	})
	return func() {
		timer.Stop()
		mu.Lock()
		defer mu.Unlock()
		over = true
		if letSleep != nil {
			letSleep()
			letSleep = nil
		}
	}
}
