package wire

import (
	"strings"

	"bulk/internal/jobs"
)

// SameSIM reports whether an ICCID that an answer names is that of the SIM
// asked for. Separators and a filler make no other SIM, nor does the check digit
// on one side only (ITU-T E.118); nothing at all names no SIM.
func SameSIM(named string, asked jobs.ICCID) bool {
	digits := strings.Map(func(r rune) rune {
		if r < '0' || r > '9' {
			return -1
		}
		return r
	}, named)
	if strings.TrimSpace(named) == "" || digits == string(asked) {
		return true
	}
	shorter, longer := digits, string(asked)
	if len(shorter) > len(longer) {
		shorter, longer = longer, shorter
	}
	return shorter == longer[:max(0, len(longer)-1)] && jobs.ICCID(longer).LuhnOK()
}
