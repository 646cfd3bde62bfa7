package runner

import "golang.org/x/sync/errgroup"

// crew is a lane's workers: goroutines that come as they are needed, up to
// most, and stay, since a new one for each row would grow its stack anew each
// time. One goroutine hands out the work.
type crew struct {
	most    int
	started int
	tasks   chan func()
	group   errgroup.Group
}

func newCrew(most int) *crew { return &crew{most: most, tasks: make(chan func())} }

// hand gives a task to a worker that waits for one, else to a new one; where
// there are as many as may be it waits.
func (c *crew) hand(task func()) {
	select {
	case c.tasks <- task:
		return
	default:
	}
	if c.started == c.most {
		c.tasks <- task
		return
	}
	c.started++
	c.group.Go(func() error {
		task()
		for task := range c.tasks {
			task()
		}
		return nil
	})
}

// wait lets the workers go and returns when the last has ended.
func (c *crew) wait() {
	close(c.tasks)
	_ = c.group.Wait() // no worker returns an error
}
