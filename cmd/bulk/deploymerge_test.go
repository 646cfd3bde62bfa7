package main

import (
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/itchyny/gojq"
	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"
)

// mergeApproval is the filter by which the shipped workflow reads, from what GitHub says
// of a merge, who approved which plan.
func mergeApproval(t *testing.T) *gojq.Query {
	t.Helper()
	text, err := os.ReadFile("../../deploy/github-actions-merge.yml")
	require.NoError(t, err)
	var workflow struct {
		Jobs struct {
			Apply struct{ Steps []struct{ ID, Run string } }
		}
	}
	require.NoError(t, yaml.Unmarshal(text, &workflow))
	for _, step := range workflow.Jobs.Apply.Steps {
		if step.ID == "approval" {
			_, filter, found := strings.Cut(step.Run, "--jq '")
			require.True(t, found)
			filter, _, found = strings.Cut(filter, "')")
			require.True(t, found)
			query, err := gojq.Parse(filter)
			require.NoError(t, err)
			return query
		}
	}
	require.Fail(t, "no step reads the approval")
	return nil
}

// What the merge applies is what a reviewer approved by its digest, in a review of the
// last commit that nobody has edited; anything else approves nothing.
func TestMergeTakesTheReviewersDigest(t *testing.T) {
	const merge, head = "aaaa", "bbbb"
	first, second := strings.Repeat("1f", 32), strings.Repeat("2e", 32)
	type review map[string]any
	reviewed := func(change review) review {
		r := review{"state": "APPROVED", "body": "Read it.\n\n    " + first + "\n", "submittedAt": "2026-11-28T10:00:00Z", "lastEditedAt": nil,
			"authorCanPushToRepository": true, "author": map[string]any{"login": "ann"}, "commit": map[string]any{"oid": head}}
		for k, v := range change {
			r[k] = v
		}
		return r
	}
	approved := "digest=" + first + "\nreviewer=ann\nnumber=17"
	query := mergeApproval(t)
	for name, c := range map[string]struct {
		reviews []review
		merged  string
		want    string
	}{
		"an approval with the digest": {[]review{reviewed(nil)}, merge, approved},
		"no review":                   {nil, merge, ""},
		"no digest in it":             {[]review{reviewed(review{"body": "LGTM"})}, merge, ""},
		"a digest cut short":          {[]review{reviewed(review{"body": first[:63]})}, merge, ""},
		"two digests":                 {[]review{reviewed(review{"body": first + " or " + second})}, merge, ""},
		"edited since":                {[]review{reviewed(review{"lastEditedAt": "2026-11-28T11:00:00Z"})}, merge, ""},
		"of an earlier commit":        {[]review{reviewed(review{"commit": map[string]any{"oid": "cccc"}})}, merge, ""},
		"changes asked for":           {[]review{reviewed(review{"state": "CHANGES_REQUESTED"})}, merge, ""},
		"dismissed":                   {[]review{reviewed(review{"state": "DISMISSED"})}, merge, ""},
		"by one who may not push":     {[]review{reviewed(review{"authorCanPushToRepository": false})}, merge, ""},
		"another pull request's":      {[]review{reviewed(nil)}, "dddd", ""},
		"the last of two": {[]review{
			reviewed(review{"body": second, "submittedAt": "2026-11-28T12:00:00Z", "author": map[string]any{"login": "bob"}}), reviewed(nil),
		}, merge, "digest=" + second + "\nreviewer=bob\nnumber=17"},
	} {
		t.Run(name, func(t *testing.T) {
			answer, err := json.Marshal(map[string]any{"data": map[string]any{"repository": map[string]any{"object": map[string]any{
				"associatedPullRequests": map[string]any{"nodes": []any{map[string]any{
					"number": 17, "headRefOid": head, "mergeCommit": map[string]any{"oid": c.merged}, "latestOpinionatedReviews": map[string]any{"nodes": append([]review{}, c.reviews...)},
				}}},
			}}}})
			require.NoError(t, err)
			var input any
			require.NoError(t, json.Unmarshal(answer, &input))
			code, err := gojq.Compile(query, gojq.WithEnvironLoader(func() []string { return []string{"COMMIT=" + merge} }))
			require.NoError(t, err)
			var said []string
			for all := code.Run(input); ; {
				value, more := all.Next()
				if !more {
					break
				}
				require.NotImplements(t, (*error)(nil), value)
				said = append(said, fmt.Sprint(value))
			}
			require.Equal(t, c.want, strings.Join(said, "\n"))
		})
	}
}
