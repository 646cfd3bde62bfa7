package main

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"

	"google.golang.org/protobuf/encoding/protowire"
)

// guide makes the profile that the compiler optimizes bulk by: that of a run of
// reads and of one of irreversible rows, as one.
func guide(b *bench, path string) error {
	if err := profile(b, b.folder, io.Discard); err != nil {
		return err
	}
	profiles, err := filepath.Glob(filepath.Join(b.folder, "*.cpu.pprof"))
	if err != nil {
		return err
	}
	cmd := exec.Command("go", append([]string{"tool", "pprof", "-proto"}, profiles...)...)
	cmd.Stderr = os.Stderr
	zipped, err := cmd.Output()
	if err != nil {
		return fmt.Errorf("merging the profiles: %w", err)
	}
	merged, err := gzip.NewReader(bytes.NewReader(zipped))
	if err != nil {
		return err
	}
	text, err := io.ReadAll(merged)
	if err != nil {
		return err
	}
	if text, err = without(text, b.bulk); err != nil {
		return fmt.Errorf("the merged profile: %w", err)
	}
	var out bytes.Buffer
	to := gzip.NewWriter(&out)
	if _, err := to.Write(text); err != nil {
		return err
	}
	if err := to.Close(); err != nil {
		return err
	}
	return os.WriteFile(path, out.Bytes(), 0o644)
}

// without replaces a string of a profile: where the binary was says nothing, and
// would make each profile differ from the last.
func without(profile []byte, path string) ([]byte, error) {
	const stringTable = 6 // https://github.com/google/pprof/blob/main/proto/profile.proto
	var out []byte
	for len(profile) > 0 {
		number, kind, tag := protowire.ConsumeTag(profile)
		if tag < 0 {
			return nil, protowire.ParseError(tag)
		}
		n := protowire.ConsumeFieldValue(number, kind, profile[tag:])
		if n < 0 {
			return nil, protowire.ParseError(n)
		}
		n += tag
		value, _ := protowire.ConsumeBytes(profile[tag:n])
		if number == stringTable && kind == protowire.BytesType && string(value) == path {
			out = protowire.AppendString(protowire.AppendTag(out, number, kind), "bulk")
		} else {
			out = append(out, profile[:n]...)
		}
		profile = profile[n:]
	}
	return out, nil
}
