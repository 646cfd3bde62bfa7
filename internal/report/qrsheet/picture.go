package qrsheet

import (
	"io"
	"os"

	"bulk/internal/report"
)

const mostPicture = 4 << 20 // bytes; a QR picture has a few thousand

// readCode is what a picture says; empty: nothing that can be read.
func readCode(picture []byte) string {
	text, err := report.Read(picture)
	if err != nil {
		return ""
	}
	return text
}

// read reads a file; nil: it is not there, or too large.
func read(path string) []byte {
	file, err := os.Open(path)
	if err != nil {
		return nil
	}
	defer file.Close()
	content, err := io.ReadAll(io.LimitReader(file, mostPicture+1))
	if err != nil || len(content) > mostPicture {
		return nil
	}
	return content
}
