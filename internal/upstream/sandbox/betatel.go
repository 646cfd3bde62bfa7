package sandbox

import (
	"encoding/json"
	"net/http"
	"strconv"
	"strings"

	"bulk/internal/jobs"
)

// betatelExchange is a GET for a profile or its QR code.
type betatelExchange struct {
	sandbox   *Sandbox
	operation string
	iccid     string
	trusted   bool
}

func (s *Sandbox) serveProfile(w http.ResponseWriter, r *http.Request) {
	s.serveBetatel(w, r, getProfile)
}
func (s *Sandbox) serveQRCode(w http.ResponseWriter, r *http.Request) {
	s.serveBetatel(w, r, getQRCode)
}

func (s *Sandbox) serveBetatel(w http.ResponseWriter, r *http.Request, operation string) {
	right := s.config.Credentials
	s.serve(w, r, &betatelExchange{
		sandbox:   s,
		operation: operation,
		iccid:     r.PathValue("iccid"),
		trusted:   r.Header.Get("x-api-key") == right.APIKey && r.Header.Get("x-user-id") == right.UserID,
	})
}

func (x *betatelExchange) call() call {
	return call{upstream: jobs.Betatel, operation: x.operation, iccid: x.iccid, trusted: x.trusted}
}

// refuse is the error body that the API has at best (upstreams.md, 2).
func (x *betatelExchange) refuse(status int, message string) answer {
	return jsonAnswer(status, struct {
		Message    string `json:"message"`
		StatusCode int    `json:"statusCode"`
	}{message, status})
}

func (x *betatelExchange) bare(status int) answer { return x.refuse(status, http.StatusText(status)) }

func (x *betatelExchange) perform(m manner) answer {
	if _, ok := pack(x.iccid); !ok {
		return x.refuse(http.StatusBadRequest, "Invalid ICCID format")
	}
	i, ok := x.sandbox.find(x.iccid)
	if !ok || x.sandbox.fleet.sims[i].profile == 0 {
		return x.refuse(http.StatusNotFound, "eUICC profile not found")
	}
	sm := &x.sandbox.fleet.sims[i]
	if x.operation == getProfile {
		shape := x.sandbox.config.Profile
		if m == otherSpelling {
			shape = ProfileShape{!shape.Wrapped, !shape.NumericIMSI, !shape.Milliseconds}
		}
		return x.profile(sm, shape)
	}
	lpa := sm.text(activationCode)
	if lpa == "" {
		return x.refuse(http.StatusNotFound, "eSIM has no activation code")
	}
	if !strings.HasPrefix(lpa, "LPA:") {
		lpa = "LPA:1$" + lpa
	}
	png, err := x.sandbox.pictures.of(lpa)
	if err != nil { // an activation code that is too long for any QR code
		return x.refuse(http.StatusInternalServerError, "Internal server error")
	}
	return answer{status: http.StatusOK, contentType: "image/png", body: png}
}

// profileBody has the fields of upstreams.md, 2; those that a SIM lacks are
// left out. Nothing in it ever changes, so it needs no lock.
type profileBody struct {
	ICCID               string          `json:"iccid"`
	IMSI                any             `json:"imsi,omitempty"`
	State               string          `json:"state"`
	LastOperationDate   json.Number     `json:"last_operation_date,omitempty"`
	ActivationCode      string          `json:"activation_code,omitempty"`
	EID                 string          `json:"eid,omitempty"`
	ReuseRemainingCount json.Number     `json:"reuse_remaining_count,omitempty"`
	ReuseEnabled        json.RawMessage `json:"reuse_enabled,omitempty"`
	ReusePolicy         json.RawMessage `json:"profile_reuse_policy,omitempty"`
	ReleaseDate         json.Number     `json:"release_date,omitempty"`
	CCRequired          json.RawMessage `json:"cc_required,omitempty"`
	CCRetries           json.Number     `json:"cc_retries,omitempty"`
}

func (x *betatelExchange) profile(sm *sim, shape ProfileShape) answer {
	p := profileBody{
		ICCID:               sm.iccid.String(),
		State:               x.sandbox.fleet.names.list[sm.profile],
		LastOperationDate:   unix(sm.text(lastOperationDate), shape),
		ActivationCode:      sm.text(activationCode),
		EID:                 sm.text(eid),
		ReuseRemainingCount: json.Number(sm.text(reuseRemainingCount)),
		ReuseEnabled:        json.RawMessage(sm.text(reuseEnabled)),
		ReusePolicy:         json.RawMessage(sm.text(reusePolicy)),
		ReleaseDate:         unix(sm.text(releaseDate), shape),
		CCRequired:          json.RawMessage(sm.text(ccRequired)),
		CCRetries:           json.Number(sm.text(ccRetries)),
	}
	if text := sm.text(imsi); text != "" {
		p.IMSI = text
		if number, err := strconv.ParseUint(text, 10, 64); shape.NumericIMSI && err == nil {
			p.IMSI = number
		}
	}
	if shape.Wrapped {
		return jsonAnswer(http.StatusOK, struct {
			Profile profileBody `json:"profile"`
		}{p})
	}
	return jsonAnswer(http.StatusOK, p)
}

// unix writes a time, in seconds or empty, as betatel does.
func unix(seconds string, shape ProfileShape) json.Number {
	if shape.Milliseconds && seconds != "" {
		return json.Number(seconds + "000")
	}
	return json.Number(seconds)
}
