package temporal

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"go.temporal.io/api/serviceerror"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"

	"bulk/cmd/bulk/settings"
)

// reachWithin is how long the server has to answer.
const reachWithin = 10 * time.Second

// connect makes the way to a server; nothing is sent yet.
func connect(at *settings.Temporal, identity string, log *slog.Logger) (client.Client, error) {
	o := client.Options{
		HostPort: at.Address, Namespace: at.Namespace, Identity: identity, Logger: quiet{log},
		ConnectionOptions: client.ConnectionOptions{TLS: at.TLS},
	}
	if at.APIKey != "" {
		o.Credentials = client.NewAPIKeyStaticCredentials(at.APIKey.Reveal())
		o.ConnectionOptions.TLSDisabled = at.TLS == nil
	}
	return client.NewLazyClient(o)
}

// reach makes sure that a server answers and has the namespace.
func reach(ctx context.Context, c client.Client, at *settings.Temporal) error {
	ctx, cancel := context.WithTimeout(ctx, reachWithin)
	defer cancel()
	_, err := c.WorkflowService().DescribeNamespace(ctx, &workflowservice.DescribeNamespaceRequest{Namespace: at.Namespace})
	if err == nil {
		return nil
	}
	return &Unreached{At: at.TemporalAt, cause: err}
}

// Unreached is said where a server does not do what is asked of it.
type Unreached struct {
	At    settings.TemporalAt
	cause error
}

func (u *Unreached) Error() string {
	var absent *serviceerror.NamespaceNotFound
	var forbidden *serviceerror.PermissionDenied
	switch {
	case errors.As(u.cause, &absent):
		return fmt.Sprintf("Temporal at %s has no namespace %s", u.At.Address, u.At.Namespace)
	case errors.As(u.cause, &forbidden):
		return fmt.Sprintf("Temporal at %s refuses what was given for the namespace %s", u.At.Address, u.At.Namespace)
	}
	text := u.cause.Error()
	if _, dialling, found := strings.Cut(text, "Error while dialing: "); found {
		text = strings.TrimSuffix(dialling, `"`)
	}
	return fmt.Sprintf("Temporal at %s cannot be reached: %s", u.At.Address, text)
}

func (u *Unreached) Unwrap() error { return u.cause }

// Hint says what to look at.
func (u *Unreached) Hint() string {
	var absent *serviceerror.NamespaceNotFound
	var forbidden *serviceerror.PermissionDenied
	switch {
	case errors.As(u.cause, &absent):
		return "look at --namespace"
	case errors.As(u.cause, &forbidden):
		return "look at BULK_TEMPORAL_API_KEY_FILE, BULK_TEMPORAL_CERT_FILE and --namespace"
	}
	return "is the server up? look at --temporal"
}
