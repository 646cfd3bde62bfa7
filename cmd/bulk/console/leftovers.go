package console

import (
	"sync"

	"bulk/internal/jobs/scratch"
)

// scratches are the temporary folders of the process, which go with it.
type scratches struct {
	mu   sync.Mutex
	dirs []*scratch.Dir
}

// Temporary makes a private folder in parent, and clears parent of what killed
// processes left there. The folder goes with remove, or where a signal ends the
// process; where it is killed, with the next start.
func (p *Process) Temporary(parent string) (path string, remove func(), err error) {
	dir, err := scratch.New(parent)
	if err != nil {
		return "", nil, Refused(err.Error(), "nothing was sent")
	}
	p.scratches.mu.Lock()
	defer p.scratches.mu.Unlock()
	p.scratches.dirs = append(p.scratches.dirs, dir)
	return dir.Path, func() { _ = dir.Remove() }, nil
}

// tidy ends the command of --on-finish and removes all temporary folders, of a
// process that is about to be left.
func (p *Process) tidy() {
	if cmd := p.Finisher.Load(); cmd != nil {
		_ = cmd.Cancel()
	}
	p.scratches.mu.Lock()
	defer p.scratches.mu.Unlock()
	for _, dir := range p.scratches.dirs {
		_ = dir.Remove()
	}
}
