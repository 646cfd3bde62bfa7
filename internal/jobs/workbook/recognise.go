package workbook

import (
	"bytes"
	"io"
)

// The first bytes of files that spreadsheet programs write.
const (
	zipMagic = "PK\x03\x04"
	oleMagic = "\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1" // [MS-CFB] 2.2
	// MagicSize is how many bytes Recognises wants to see.
	MagicSize = len(oleMagic)
)

// Recognises reports by a file's first bytes whether it is to be opened here: a
// workbook, or something that can be told from one only by opening it.
func Recognises(start []byte) bool {
	return bytes.HasPrefix(start, []byte(zipMagic)) || bytes.HasPrefix(start, []byte(oleMagic))
}

// oldFormat says what a compound file is. An encrypted workbook is one, too:
// its folder names the stream EncryptedPackage ([MS-OFFCRYPTO] 2.3.4.4).
func oldFormat(r io.Reader) error {
	name := utf16("EncryptedPackage")
	buf := make([]byte, 1<<16)
	kept := 0
	for {
		n, err := r.Read(buf[kept:])
		if bytes.Contains(buf[:kept+n], name) {
			return protected()
		}
		if err != nil {
			return unreadable(saveAsXLSX, "the file is a workbook of an old format (.xls)")
		}
		tail := min(kept+n, len(name)-1)
		copy(buf, buf[kept+n-tail:kept+n])
		kept = tail
	}
}

func utf16(text string) []byte {
	var out []byte
	for i := range len(text) {
		out = append(out, text[i], 0)
	}
	return out
}
