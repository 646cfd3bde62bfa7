package notify

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"time"

	"github.com/cenkalti/backoff/v5"
)

// The limits of a notification.
const (
	attempts = 4
	oneTry   = 10 * time.Second
	patience = 30 * time.Second // of all attempts at one address
	firstGap = 500 * time.Millisecond
	mostRead = 256 // bytes of an answer that are looked at
)

// Post posts a message to a web hook, again where that may help: when it could
// not be reached, answers 429 (Retry-After is heeded) or 5xx. It takes no more
// than half a minute. The error holds nothing of the address but its host.
func Post(ctx context.Context, client *http.Client, to Target, message []byte) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	gaps := backoff.NewExponentialBackOff()
	gaps.InitialInterval = firstGap
	var last error
	_, err := backoff.Retry(ctx, func() (struct{}, error) {
		last = once(ctx, client, to, message)
		return struct{}{}, last
	}, backoff.WithBackOff(gaps), backoff.WithMaxTries(attempts), backoff.WithMaxElapsedTime(patience))
	if err != nil {
		return fmt.Errorf("notifying %s: %w", to, last)
	}
	return nil
}

func once(ctx context.Context, client *http.Client, to Target, message []byte) error {
	ctx, cancel := context.WithTimeout(ctx, oneTry)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, to.address.String(), bytes.NewReader(message))
	if err != nil {
		return backoff.Permanent(shown(err))
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("User-Agent", "bulk")
	answer, err := client.Do(request)
	if err != nil {
		return shown(err)
	}
	defer answer.Body.Close()
	body, _ := io.ReadAll(io.LimitReader(answer.Body, mostRead))
	return judged(answer, body)
}

// oneWord is how Slack says what is wrong: no_service, invalid_payload. Longer
// answers are not repeated: some quote the address.
var oneWord = regexp.MustCompile(`^[a-z_]{3,40}$`)

// judged says what an answer means.
func judged(answer *http.Response, body []byte) error {
	status := answer.StatusCode
	if status/100 == 2 {
		return nil
	}
	err := fmt.Errorf("it answered %d %s", status, http.StatusText(status))
	if reason := bytes.TrimSpace(body); oneWord.Match(reason) {
		err = fmt.Errorf("%w: %s", err, reason)
	}
	wait, given := strconv.Atoi(answer.Header.Get("Retry-After"))
	switch {
	case status == http.StatusTooManyRequests && given == nil && time.Duration(wait)*time.Second < patience:
		return &later{err, backoff.RetryAfter(wait)}
	case status == http.StatusTooManyRequests || status >= 500:
		return err
	case status/100 == 3:
		return backoff.Permanent(fmt.Errorf("%w: redirects are not followed", err))
	}
	return backoff.Permanent(err)
}

// later is an error after which the server wants a pause.
type later struct {
	cause error
	pause error
}

func (l *later) Error() string   { return l.cause.Error() }
func (l *later) Unwrap() []error { return []error{l.cause, l.pause} }

// shown is an error without the address that package http puts into it.
func shown(err error) error {
	if errors.Is(err, context.DeadlineExceeded) {
		return errors.New("no answer came in time")
	}
	var inURL *url.Error
	if errors.As(err, &inURL) {
		return inURL.Err
	}
	return err
}
