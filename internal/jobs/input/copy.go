package input

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"bulk/internal/jobs/durable"
	"bulk/internal/jobs/sheet"
)

const copyBuffer = 256 << 10

// Take copies src, once and to its end, into a new file in dir that only its
// owner can read, and hashes it on the way. dir is made where it is missing.
func Take(src io.Reader, dir string) (*Copy, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("making the folder for the copy of the input: %w", err)
	}
	file, err := os.CreateTemp(dir, "input-*.csv") // 0600
	if err != nil {
		return nil, fmt.Errorf("making the copy of the input: %w", err)
	}
	c := &Copy{Path: file.Name()}
	if err := errors.Join(c.learn(src, file), file.Close()); err != nil {
		_ = os.Remove(c.Path)
		return nil, fmt.Errorf("copying the input: %w", err)
	}
	return c, nil
}

// Adopt takes up a copy that an earlier process kept. It is hashed again.
func Adopt(path string) (*Copy, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("opening the kept copy of the input: %w", err)
	}
	c := &Copy{Path: path}
	if err := errors.Join(c.learn(file, io.Discard), file.Close()); err != nil {
		return nil, fmt.Errorf("reading the kept copy of the input: %w", err)
	}
	return c, nil
}

// learn reads src to its end, passing the bytes on to dst.
func (c *Copy) learn(src io.Reader, dst io.Writer) error {
	hash := sha256.New()
	buf := make([]byte, copyBuffer)
	// The struct hides WriterTo and ReaderFrom, so that buf is what is used.
	size, err := io.CopyBuffer(io.MultiWriter(dst, hash, &c.facts), struct{ io.Reader }{src}, buf)
	if err != nil {
		return err
	}
	c.Size, c.Digest = size, hex.EncodeToString(hash.Sum(nil))
	c.encoding, c.formulas, c.ended, c.text = c.facts.Encoding(), c.facts.Formulas(), c.facts.Ended(), c.facts.Size()
	return nil
}

// Keep moves the copy to path, on the same file system, so that it outlives
// the process and a loss of power; [Adopt] takes it up again.
func (c *Copy) Keep(path string) error {
	if err := c.keep(path); err != nil {
		return fmt.Errorf("keeping the copy of the input: %w", err)
	}
	c.Path = path
	return nil
}

func (c *Copy) keep(path string) error {
	if err := durable.File(c.Path); err != nil {
		return err
	}
	c.letGo() // Windows renames no open file
	if err := os.Rename(c.Path, path); err != nil {
		return err
	}
	return durable.Folder(filepath.Dir(path))
}

// inspect looks through a copy that is not plainly UTF-8. One that is damaged, or
// no text at all, is a [*Refusal].
func (c *Copy) inspect(ctx context.Context) error {
	file, err := os.Open(c.Path)
	if err != nil {
		return fmt.Errorf("opening the copy of the input: %w", err)
	}
	defer file.Close()
	start := make([]byte, 64)
	n, err := file.ReadAt(start, 0)
	if err != nil && !errors.Is(err, io.EOF) {
		return fmt.Errorf("reading the copy of the input: %w", err)
	}
	if kind, known := sheet.KindOfBytes(start[:n]); known {
		return isNot(kind)
	}
	c.encoding, c.note, err = sheet.Inspect(&ending{ctx, file}, &c.facts)
	var damage *sheet.Damage
	switch {
	case errors.As(err, &damage):
		return &Refusal{Text: damage.Error(), Hint: damage.Hint}
	case err != nil:
		return fmt.Errorf("reading the copy of the input: %w", err)
	}
	return nil
}

func (e *ending) Read(p []byte) (int, error) {
	if e.ctx.Err() != nil {
		return 0, context.Cause(e.ctx)
	}
	return e.file.Read(p)
}

func (e *ending) ReadAt(p []byte, off int64) (int, error) {
	if e.ctx.Err() != nil {
		return 0, context.Cause(e.ctx)
	}
	return e.file.ReadAt(p, off)
}

// open begins a passage over the text of the copy.
func (c *Copy) open() (io.ReadCloser, error) {
	if c.sheet != nil {
		return c.sheet.open(), nil
	}
	c.holding.Lock()
	defer c.holding.Unlock()
	if c.held == nil {
		file, err := os.Open(c.Path)
		if err != nil {
			return nil, err
		}
		c.held = file
	}
	return io.NopCloser(io.NewSectionReader(c.held, 0, c.text)), nil
}

// Release gives back what the reading of the copy took up. Nothing can be read
// from the copy's [File] afterwards.
func (c *Copy) Release() {
	if c.sheet != nil {
		c.sheet.release()
	}
	c.letGo()
}

// letGo closes the copy until the next passage.
func (c *Copy) letGo() {
	c.holding.Lock()
	defer c.holding.Unlock()
	if c.held != nil {
		_ = c.held.Close()
		c.held = nil
	}
}

// Remove deletes the copy.
func (c *Copy) Remove() error {
	c.Release()
	if err := os.Remove(c.Path); err != nil {
		return fmt.Errorf("removing the copy of the input: %w", err)
	}
	return nil
}
