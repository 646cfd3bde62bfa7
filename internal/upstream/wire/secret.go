package wire

import (
	"fmt"
	"io"
	"log/slog"

	"bulk/internal/upstream/mask"
)

const hidden = "***"

// Secret is a text that must never be seen: however it is printed, logged or
// encoded, it comes out as ***. Only [Secret.Reveal] gives the text itself.
//
// It must not be the key of a map that is encoded as JSON: encoding/json writes
// string keys as they are, whatever methods they have. And package fmt cannot call methods on
// unexported fields, so a struct that may be printed must hold its secrets
// behind a pointer or in exported fields.
type Secret string

var (
	_ fmt.Formatter                              = Secret("")
	_ fmt.GoStringer                             = Secret("")
	_ slog.LogValuer                             = Secret("")
	_ interface{ MarshalText() ([]byte, error) } = Secret("")
)

// Reveal gives the secret itself, for the request and nothing else.
func (s Secret) Reveal() string { return string(s) }

func (Secret) String() string               { return hidden }
func (Secret) GoString() string             { return hidden }
func (Secret) LogValue() slog.Value         { return slog.StringValue(hidden) }
func (Secret) MarshalJSON() ([]byte, error) { return []byte(`"` + hidden + `"`), nil }
func (Secret) MarshalText() ([]byte, error) { return []byte(hidden), nil }

// Format prints *** for every verb, %x and %q included.
func (Secret) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, hidden) }

// Hiding returns a mask that hides these secrets.
func Hiding(secrets ...Secret) mask.Mask {
	texts := make([]string, len(secrets))
	for i, s := range secrets {
		texts[i] = s.Reveal()
	}
	return mask.New(texts...)
}
