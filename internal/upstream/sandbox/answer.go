package sandbox

import (
	"bytes"
	"encoding/json"
	"net"
	"net/http"
	"strconv"
	"time"
)

const (
	redirectPath = "/_sandbox/elsewhere"
	hugeSize     = 64 << 20               // bytes
	dribblePause = 100 * time.Millisecond // between two bytes
)

// answer is what goes back for a request.
type answer struct {
	status      int
	contentType string
	body        []byte
	retryAfter  bool // Retry-After: 1
	location    string
	send        sender // nil: as HTTP has it
}

// sender puts an answer on the wire in a way of its own. It returns the status
// that went out, 0 for none; it may panic with http.ErrAbortHandler, which
// closes the connection.
type sender func(s *Sandbox, w http.ResponseWriter, r *http.Request, a answer) int

func (a answer) head(w http.ResponseWriter, length int) {
	h := w.Header()
	if a.contentType != "" {
		h["Content-Type"] = []string{a.contentType}
	}
	if a.retryAfter {
		h["Retry-After"] = []string{"1"}
	}
	if a.location != "" {
		h["Location"] = []string{a.location}
	}
	if length >= 0 {
		h["Content-Length"] = []string{strconv.Itoa(length)}
	}
	w.WriteHeader(a.status)
}

// whole sends an answer as it is meant to be.
func whole(_ *Sandbox, w http.ResponseWriter, _ *http.Request, a answer) int {
	a.head(w, len(a.body))
	_, _ = w.Write(a.body)
	return a.status
}

// hang sends nothing until the client leaves or the sandbox closes.
func hang(s *Sandbox, _ http.ResponseWriter, r *http.Request, _ answer) int {
	select {
	case <-r.Context().Done():
	case <-s.closed:
	}
	panic(http.ErrAbortHandler)
}

// reset closes the connection with a TCP RST in place of an answer.
func reset(_ *Sandbox, w http.ResponseWriter, _ *http.Request, _ answer) int {
	conn, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		panic(http.ErrAbortHandler) // not a connection of our own server: closing is all there is
	}
	if tcp, ok := conn.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0)
	}
	_ = conn.Close()
	return 0
}

// cutShort promises the whole answer, sends half of it and closes.
func cutShort(_ *Sandbox, w http.ResponseWriter, _ *http.Request, a answer) int {
	a.head(w, len(a.body))
	_, _ = w.Write(a.body[:len(a.body)/2])
	_ = http.NewResponseController(w).Flush()
	panic(http.ErrAbortHandler)
}

// hangUp sends the whole answer and closes the connection, which it has not
// announced.
func hangUp(_ *Sandbox, w http.ResponseWriter, _ *http.Request, a answer) int {
	a.head(w, len(a.body))
	_, _ = w.Write(a.body)
	_ = http.NewResponseController(w).Flush()
	panic(http.ErrAbortHandler)
}

// pour stretches the answer to hugeSize.
func pour(s *Sandbox, w http.ResponseWriter, r *http.Request, a answer) int {
	a.head(w, -1)
	// XML and JSON allow space before their last byte: all of it is well formed,
	// only far too long.
	last := len(a.body) - 1
	_, err := w.Write(a.body[:last])
	filler := bytes.Repeat([]byte{' '}, 1<<16)
	for sent := 0; err == nil && sent < hugeSize && s.wait(r.Context(), 0); sent += len(filler) {
		_, err = w.Write(filler)
	}
	if err == nil {
		_, _ = w.Write(a.body[last:])
	}
	return a.status
}

// dribble sends the answer a byte at a time.
func dribble(s *Sandbox, w http.ResponseWriter, r *http.Request, a answer) int {
	a.head(w, len(a.body))
	out := http.NewResponseController(w)
	for i := range a.body {
		if _, err := w.Write(a.body[i : i+1]); err != nil {
			break
		}
		_ = out.Flush()
		if !s.wait(r.Context(), dribblePause) {
			panic(http.ErrAbortHandler)
		}
	}
	return a.status
}

func jsonAnswer(status int, body any) answer {
	text, err := json.Marshal(body)
	if err != nil {
		panic("a checked fleet makes sound JSON: " + err.Error())
	}
	return answer{status: status, contentType: "application/json; charset=utf-8", body: text}
}
