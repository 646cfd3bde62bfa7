package awake

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

func TestKeep(t *testing.T) {
	for name, c := range map[string]struct {
		lasts           time.Duration
		asked, released int
	}{
		"a short run asks nobody": {patience - time.Second, 0, 0},
		"a long one does":         {patience + time.Second, 1, 1},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				asked, released := 0, 0
				release := keep("run 7", patience, func(why string) func() {
					require.Equal(t, "run 7", why)
					asked++
					return func() { released++ }
				})
				time.Sleep(c.lasts)
				synctest.Wait()
				require.Equal(t, c.asked, asked)
				release()
				release()
				time.Sleep(time.Hour)
				synctest.Wait()
				require.Equal(t, c.asked, asked, "not after it was released")
				require.Equal(t, c.released, released, "once")
			})
		})
	}
}

// TestASystemThatDoesNotLet: nothing is held, and nothing is to be released.
func TestASystemThatDoesNotLet(t *testing.T) {
	release := keep("run 7", 0, func(string) func() { return nil })
	time.AfterFunc(0, release)
	release()
}
