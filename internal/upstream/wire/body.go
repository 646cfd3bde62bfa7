package wire

import (
	"errors"
	"fmt"
	"io"
	"net/http"
)

// errUpgrade: the body of a 101 is the bare connection, and a read from it
// would outlast every context.
var errUpgrade = errors.New("switching protocols")

// maxAhead is how much memory an announced length is given before it is there.
const maxAhead = 64 << 10

type tooLargeError struct{ limit int64 }

func (e *tooLargeError) Error() string { return fmt.Sprintf("more than %d bytes", e.limit) }

// readBody reads a whole body of at most limit bytes.
func readBody(resp *http.Response, limit int64) ([]byte, error) {
	n := resp.ContentLength
	switch {
	case resp.StatusCode == http.StatusSwitchingProtocols:
		return nil, errUpgrade
	case n > limit:
		return nil, &tooLargeError{limit}
	case n >= 0 && n <= maxAhead:
		// The spare byte lets the last read see the end, which frees the connection.
		body := make([]byte, n+1)
		got, err := io.ReadFull(resp.Body, body)
		if int64(got) == n && (errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF)) {
			return body[:n], nil
		}
		return nil, err
	}
	body, err := io.ReadAll(io.LimitReader(resp.Body, limit+1))
	if err == nil && int64(len(body)) > limit {
		return nil, &tooLargeError{limit}
	}
	return body, err
}
