package workbook

import (
	"bytes"
	"strconv"
)

// The limits of a sheet (Excel specifications and limits, Microsoft).
const (
	MaxRows    = 1_048_576
	MaxColumns = 16_384
)

// Reference names a cell, as B17: the column counts from 0, the row from 1.
func Reference(column, row int) string {
	var letters []byte
	for n := column + 1; n > 0; n = (n - 1) / 26 {
		letters = append([]byte{byte('A' + (n-1)%26)}, letters...)
	}
	return string(letters) + strconv.Itoa(row)
}

// columnOf reads the column of a reference, from 0; -1: there is none.
func columnOf(reference []byte) int {
	n := 0
	for _, b := range reference {
		switch {
		case b >= 'A' && b <= 'Z':
			n = n*26 + int(b-'A') + 1
		case b >= 'a' && b <= 'z':
			n = n*26 + int(b-'a') + 1
		default:
			return n - 1
		}
		if n > MaxColumns {
			return n - 1
		}
	}
	return n - 1
}

// rowOf reads the row of a reference, from 1; 0: there is none.
func rowOf(reference []byte) int {
	digits := bytes.TrimLeft(reference, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz")
	n, err := strconv.Atoi(string(digits))
	if err != nil || n < 1 || n > MaxRows {
		return 0
	}
	return n
}
