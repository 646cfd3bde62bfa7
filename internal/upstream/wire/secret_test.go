package wire_test

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"log/slog"
	"testing"

	"github.com/stretchr/testify/require"

	"bulk/internal/upstream/wire"
)

func TestSecretIsNeverSeen(t *testing.T) {
	const password = "s3cr3t<&>pass"
	s := wire.Secret(password)
	holder := struct {
		Name     string
		Password wire.Secret
	}{"ops", s}

	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "%10s"} {
		require.NotContains(t, fmt.Sprintf(verb, s), "s3cr", verb)
		require.NotContains(t, fmt.Sprintf(verb, &s), "s3cr", verb)
		text := fmt.Sprintf(verb, holder)
		require.NotContains(t, text, "s3cr", verb)
		require.NotContains(t, text, fmt.Sprintf("%x", password), verb)
	}
	require.Equal(t, "***", s.String())
	require.Equal(t, "***", s.GoString())
	require.NotContains(t, fmt.Errorf("logging in with %s: %w", s, errors.New("no")).Error(), "s3cr")

	asJSON, err := json.Marshal([]any{s, &s, holder})
	require.NoError(t, err)
	require.NotContains(t, string(asJSON), "s3cr")
	asXML, err := xml.Marshal(s)
	require.NoError(t, err)
	require.NotContains(t, string(asXML), "s3cr")

	var log bytes.Buffer
	slog.New(slog.NewTextHandler(&log, nil)).Info("a", "s", s, "holder", holder)
	slog.New(slog.NewJSONHandler(&log, nil)).Info("a", "s", s, "holder", holder)
	require.NotContains(t, log.String(), "s3cr")
	require.Equal(t, password, s.Reveal())
}
