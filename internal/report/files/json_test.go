package files

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"bulk/internal/jobs"
)

// schema is the published one.
func schema(t *testing.T) map[string]any {
	t.Helper()
	text, err := os.ReadFile("../../../docs/report.schema.json")
	require.NoError(t, err)
	var s map[string]any
	require.NoError(t, json.Unmarshal(text, &s))
	return s
}

func TestJSONFollowsItsSchema(t *testing.T) {
	published := schema(t)
	for name, f := range map[string]*fixture{"nightly": nightly(), "plan": plan(), "nothing": nothing(), "crowd": crowd(500)} {
		t.Run(name, func(t *testing.T) {
			require.Empty(t, complaints(published, published, decoded(t, []byte(written(t, f, JSON))), "$"))
			text, err := Marshal(f.summary)
			require.NoError(t, err)
			require.NotContains(t, string(text), "\n")
			require.Empty(t, complaints(published, published, decoded(t, text), "$"))
		})
	}
}

func decoded(t *testing.T, text []byte) any {
	t.Helper()
	var document any
	decoder := json.NewDecoder(bytes.NewReader(text))
	require.NoError(t, decoder.Decode(&document))
	return document
}

// The schema names what the program's tables hold, and every field that is
// written.
func TestSchemaFollowsTheTables(t *testing.T) {
	published := schema(t)
	defs := published["$defs"].(map[string]any)
	require.Equal(t, anys(jobs.Outcomes), defs["outcome"].(map[string]any)["enum"])
	require.Equal(t, anys(jobs.Outcomes), defs["outcomes"].(map[string]any)["required"])
	require.Equal(t, anys(jobs.Upstreams), defs["upstream"].(map[string]any)["enum"])
	action := published["properties"].(map[string]any)["actions"].(map[string]any)["items"].(map[string]any)["properties"].(map[string]any)["action"]
	require.Equal(t, anys(append(slices.Clone(jobs.Actions), "")), action.(map[string]any)["enum"])
	pattern := regexp.MustCompile(`^[a-z][a-z_]*$`)
	for _, entry := range jobs.Codes {
		require.Regexp(t, pattern, string(entry.Code))
	}
	document := decoded(t, []byte(written(t, nightly(), JSON))).(map[string]any)
	require.Equal(t, float64(SchemaVersion), published["properties"].(map[string]any)["schema_version"].(map[string]any)["const"])
	for name := range document {
		require.Contains(t, published["properties"], name, "a field is described")
		require.Contains(t, published["required"], name)
	}
}

func anys[T ~string](words []T) []any {
	var all []any
	for _, w := range words {
		all = append(all, string(w))
	}
	return all
}

// The check must be able to find fault.
func TestComplaints(t *testing.T) {
	published := schema(t)
	for name, spoil := range map[string]func(map[string]any){
		"a missing field":   func(d map[string]any) { delete(d, "outcomes") },
		"a wrong type":      func(d map[string]any) { d["command"] = 7.0 },
		"a wrong word":      func(d map[string]any) { d["kind"] = "walk" },
		"an extra field":    func(d map[string]any) { d["rows"].(map[string]any)["more"] = 1.0 },
		"a negative count":  func(d map[string]any) { d["outcomes"].(map[string]any)["ok"] = -1.0 },
		"a broken number":   func(d map[string]any) { d["outcomes"].(map[string]any)["ok"] = 1.5 },
		"a wrong time":      func(d map[string]any) { d["started_at"] = "yesterday" },
		"a wrong item":      func(d map[string]any) { d["next"] = []any{1.0} },
		"another version":   func(d map[string]any) { d["schema_version"] = 2.0 },
		"null for a string": func(d map[string]any) { d["run"] = nil },
	} {
		t.Run(name, func(t *testing.T) {
			document := decoded(t, []byte(written(t, nightly(), JSON))).(map[string]any)
			spoil(document)
			require.NotEmpty(t, complaints(published, published, document, "$"))
		})
	}
}

// complaints checks a value against as much of JSON Schema as the schema uses.
func complaints(root, schema map[string]any, value any, at string) (found []string) {
	say := func(format string, args ...any) { found = append(found, at+": "+fmt.Sprintf(format, args...)) }
	if ref, ok := schema["$ref"].(string); ok {
		defs := root["$defs"].(map[string]any)
		found = complaints(root, defs[strings.TrimPrefix(ref, "#/$defs/")].(map[string]any), value, at)
	}
	if wanted, ok := schema["const"]; ok && wanted != value {
		say("is %v, not %v", value, wanted)
	}
	if words, ok := schema["enum"].([]any); ok && !slices.Contains(words, value) {
		say("%v is none of %v", value, words)
	}
	if !rightType(schema["type"], value) {
		say("%v is no %v", value, schema["type"])
		return found
	}
	switch value := value.(type) {
	case string:
		if pattern, ok := schema["pattern"].(string); ok && !regexp.MustCompile(pattern).MatchString(value) {
			say("%q does not match %s", value, pattern)
		}
	case float64:
		if least, ok := schema["minimum"].(float64); ok && value < least {
			say("%v is below %v", value, least)
		}
	case []any:
		if items, ok := schema["items"].(map[string]any); ok {
			for i, item := range value {
				found = append(found, complaints(root, items, item, fmt.Sprintf("%s[%d]", at, i))...)
			}
		}
	case map[string]any:
		found = append(found, members(root, schema, value, at)...)
	}
	return found
}

func members(root, schema, value map[string]any, at string) (found []string) {
	required, _ := schema["required"].([]any)
	for _, name := range required {
		if _, ok := value[name.(string)]; !ok {
			found = append(found, fmt.Sprintf("%s: %s is missing", at, name))
		}
	}
	properties, _ := schema["properties"].(map[string]any)
	for name, member := range value {
		if property, ok := properties[name].(map[string]any); ok {
			found = append(found, complaints(root, property, member, at+"."+name)...)
		} else if schema["additionalProperties"] == false {
			found = append(found, fmt.Sprintf("%s: %s has no place there", at, name))
		}
	}
	return found
}

func rightType(wanted, value any) bool {
	switch wanted := wanted.(type) {
	case []any:
		return slices.ContainsFunc(wanted, func(one any) bool { return rightType(one, value) })
	case string:
		number, isNumber := value.(float64)
		switch wanted {
		case "integer":
			return isNumber && number == math.Trunc(number)
		case "number":
			return isNumber
		case "null":
			return value == nil
		case "string":
			_, ok := value.(string)
			return ok
		case "array":
			_, ok := value.([]any)
			return ok
		case "object":
			_, ok := value.(map[string]any)
			return ok
		}
	}
	return wanted == nil
}
