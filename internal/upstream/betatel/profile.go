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

// wrappers are the names under which a profile may stand, outermost first.
var wrappers = []string{"data", "profile"}

// readProfile takes the data out of a profile, flat or wrapped, and the ICCIDs
// that are named. It fails where there is no state, or an error beside it: no
// other field and no value makes a row fail.
func readProfile(o object) (data jobs.Data, iccids []string, err error) {
	iccids = o.iccids(nil)
	for _, wrapper := range wrappers {
		if inner, ok := o.inside(wrapper); ok && o.text("state") == "" {
			o, iccids = inner, inner.iccids(iccids)
		}
	}
	switch {
	case !scalar(o["state"].value):
		return data, nil, errors.New("it holds no profile: there is no state")
	case o.saysError():
		return data, nil, errors.New("it names an error beside the profile")
	}
	// The documented fields (upstreams.md, 2), by their folded names.
	data = jobs.Data{
		ProfileState: o.text("state"), IMSI: o.text("imsi"), EID: o.text("eid"), ActivationCode: activationCode(o.text("activationcode")),
		LastOperationDate: date(o.text("lastoperationdate")), ReleaseDate: date(o.text("releasedate")),
		ReuseRemainingCount: o.text("reuseremainingcount"), ReuseEnabled: boolean(o.text("reuseenabled")), ReusePolicy: o.text("profilereusepolicy"),
		CCRequired: boolean(o.text("ccrequired")), CCRetries: o.text("ccretries"),
	}
	return data, iccids, nil
}

// scalar reports whether a value is a text or number that says something.
func scalar(raw json.RawMessage) bool {
	return text(raw) != "" && raw[0] != '{' && raw[0] != '['
}

// activationCode adds the LPA:1$ that may be missing; nothing stays nothing.
func activationCode(code string) string {
	switch {
	case code == "":
		return ""
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
