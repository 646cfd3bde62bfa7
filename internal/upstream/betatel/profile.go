package betatel

import (
	"encoding/json"
	"errors"
	"math"
	"strconv"
	"strings"
	"time"

	"bulk/internal/jobs"
)

// field is one field of a profile: its folded name, where its text goes, and
// how it is written there; nil: as it is.
type field struct {
	name   string
	column jobs.Column
	write  func(string) string
}

// fields are the documented fields of a profile (upstreams.md, 2).
var fields = []field{
	{"state", jobs.ProfileState, nil},
	{"imsi", jobs.IMSI, nil},
	{"eid", jobs.EID, nil},
	{"activationcode", jobs.ActivationCode, activationCode},
	{"lastoperationdate", jobs.LastOperationDate, date},
	{"reuseremainingcount", jobs.ReuseRemainingCount, nil},
	{"reuseenabled", jobs.ReuseEnabled, boolean},
	{"profilereusepolicy", jobs.ReusePolicy, nil},
	{"releasedate", jobs.ReleaseDate, date},
	{"ccrequired", jobs.CCRequired, boolean},
	{"ccretries", jobs.CCRetries, nil},
}

// wrappers are the names under which a profile may stand, outermost first.
var wrappers = []string{"data", "profile"}

// readProfile takes the data out of a profile, flat or wrapped, and the ICCID
// that it names. It fails only where there is no state: no other field and no
// value makes a row fail.
func readProfile(o object) (data jobs.Data, iccid string, err error) {
	for _, wrapper := range wrappers {
		if inner, ok := o.inside(wrapper); ok && o.text("state") == "" {
			o = inner
		}
	}
	if !scalar(o["state"].value) {
		return data, "", errors.New("it holds no profile: there is no state")
	}
	for _, f := range fields {
		value := o.text(f.name)
		if f.write != nil && value != "" {
			value = f.write(value)
		}
		data[f.column] = value
	}
	return data, strings.TrimRight(o.text("iccid"), "Ff"), nil
}

// scalar tells whether a value is a text or number that says something.
func scalar(raw json.RawMessage) bool {
	return text(raw) != "" && raw[0] != '{' && raw[0] != '['
}

// activationCode adds the LPA:1$ that may be missing.
func activationCode(code string) string {
	switch {
	case len(code) >= 4 && strings.EqualFold(code[:4], "LPA:"):
		return code
	case strings.HasPrefix(code, "1$"):
		return "LPA:" + code
	case strings.HasPrefix(code, "$"):
		return "LPA:1" + code
	default:
		return "LPA:1$" + code
	}
}

// boolean writes the usual spellings as true and false.
func boolean(value string) string {
	switch strings.ToLower(value) {
	case "true", "yes", "1":
		return "true"
	case "false", "no", "0":
		return "false"
	default:
		return value
	}
}

const (
	// milliseconds is where Unix timestamps stop being seconds: 1e11 s is in the
	// year 5138, 1e11 ms in 1973. A guess of ours, not the vendor's word.
	milliseconds = 1e11
	lastMoment   = 253402300799 // 9999-12-31T23:59:59Z: RFC 3339 has no later year
)

// date writes a Unix timestamp, in seconds or milliseconds, or an RFC 3339 time
// as RFC 3339 in UTC. Zero is how an empty date looks, and no other text is
// touched.
func date(value string) string {
	if at, err := time.Parse(time.RFC3339Nano, value); err == nil {
		return at.UTC().Format(time.RFC3339Nano)
	}
	stamp, err := strconv.ParseFloat(value, 64)
	if err != nil || math.IsNaN(stamp) || stamp < 0 || stamp > lastMoment*1000 {
		return value
	}
	if stamp == 0 {
		return ""
	}
	ms := int64(math.Round(stamp))
	if stamp <= milliseconds {
		ms = int64(math.Round(stamp * 1000))
	}
	return time.UnixMilli(ms).UTC().Format(time.RFC3339Nano)
}
