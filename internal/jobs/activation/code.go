// Package activation reads the activation codes of eSIMs, as GSMA SGP.22,
// section 4.1, has them: what a QR code must hold for a phone to fetch a profile.
package activation

import (
	"errors"
	"regexp"
	"slices"
	"strings"
)

// Prefix is what an activation code begins with in a QR code (SGP.22, 4.1.2).
const Prefix = "LPA:"

// Code is an activation code.
type Code struct {
	Text       string // as it stands in a QR code
	Address    string // of the SM-DP+: a host name
	MatchingID string // may be empty
	Confirms   bool   // it says that a confirmation code is needed
}

// longest is how long a code may be (SGP.22, 4.1).
const longest = 255

// Complete adds what a vendor left out in front: "LPA:", or "LPA:1$". Nothing
// else is changed.
func Complete(text string) string {
	switch {
	case strings.HasPrefix(text, Prefix):
		return text
	case strings.HasPrefix(text, "1$"):
		return Prefix + text
	}
	return Prefix + "1$" + text
}

var (
	label      = regexp.MustCompile(`^[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?$`)
	digits     = regexp.MustCompile(`^[0-9]+$`)
	matchingID = regexp.MustCompile(`^[A-Za-z0-9-]*$`)
	oid        = regexp.MustCompile(`^([0-9]+(\.[0-9]+)*)?$`)
)

// Parse reads what a QR code holds. Its errors say what is wrong and hold
// nothing of the text, which is a secret of its SIM.
func Parse(text string) (Code, error) {
	rest, ok := strings.CutPrefix(text, Prefix)
	if !ok {
		return Code{}, errors.New("it lacks LPA: at its beginning")
	}
	if len(rest) > longest {
		return Code{}, errors.New("it is longer than 255 characters")
	}
	fields := strings.Split(rest, "$")
	if fields[0] != "1" {
		return Code{}, errors.New("its format is not 1")
	}
	if len(fields) < 3 {
		return Code{}, errors.New("the address or the matching ID is missing")
	}
	fields = append(fields, "", "")
	code := Code{Text: text, Address: fields[1], MatchingID: fields[2], Confirms: fields[4] == "1"}
	switch {
	case !hostName(code.Address):
		return Code{}, errors.New("its address is no host name")
	case !matchingID.MatchString(code.MatchingID):
		return Code{}, errors.New("its matching ID holds something else than letters, digits and dashes")
	case !oid.MatchString(fields[3]):
		return Code{}, errors.New("its third field is no OID")
	case !slices.Contains([]string{"", "0", "1"}, fields[4]):
		return Code{}, errors.New("its confirmation-code flag is neither 0 nor 1")
	}
	return code, nil
}

// hostName reports whether a text is the full name of a host (RFC 1123, 2.1), and
// no address in numbers.
func hostName(text string) bool {
	labels := strings.Split(text, ".")
	for _, l := range labels {
		if !label.MatchString(l) {
			return false
		}
	}
	return len(text) <= 253 && len(labels) > 1 && !digits.MatchString(labels[len(labels)-1])
}

// Same reports whether two codes fetch the same profile: what is optional, and
// the host's case, make no difference.
func (c Code) Same(other Code) bool {
	return strings.EqualFold(c.Address, other.Address) && c.MatchingID == other.MatchingID
}
