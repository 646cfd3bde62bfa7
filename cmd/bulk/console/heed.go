package console

import (
	"context"
	"io"
	"os"
)

// Heed makes a reader end with its context: between two reads, and, where it may
// wait for somebody to write (a terminal, a pipe), in the midst of one.
func Heed(ctx context.Context, from io.Reader) io.Reader {
	if file, ok := from.(*os.File); ok {
		if info, err := file.Stat(); err == nil && info.Mode().IsRegular() {
			return &heeding{ctx: ctx, from: from}
		}
	}
	return &heeding{ctx: ctx, from: from, waits: make(chan read, 1)}
}

// heeding is a reader that ends with its context.
type heeding struct {
	ctx   context.Context
	from  io.Reader
	waits chan read // nil: a read never waits long
	own   []byte    // what a read that is left behind may still write into
	fresh []byte    // of own, what was not handed on yet
	err   error     // what follows fresh
}

// read is what a read came to.
type read struct {
	n   int
	err error
}

// heedBuffer is how much is read at a time where reading may wait.
const heedBuffer = 64 << 10

// Read reads, until the context ends.
func (h *heeding) Read(to []byte) (int, error) {
	if err := h.ctx.Err(); err != nil {
		return 0, context.Cause(h.ctx)
	}
	if h.waits == nil {
		return h.from.Read(to)
	}
	for len(h.fresh) == 0 {
		if h.err != nil {
			return 0, h.err
		}
		if h.own == nil {
			h.own = make([]byte, heedBuffer)
		}
		go func() {
			n, err := h.from.Read(h.own)
			h.waits <- read{n, err}
		}()
		select {
		case <-h.ctx.Done():
			h.err = context.Cause(h.ctx)
		case r := <-h.waits:
			h.fresh, h.err = h.own[:r.n], r.err
		}
	}
	n := copy(to, h.fresh)
	h.fresh = h.fresh[n:]
	return n, nil
}
