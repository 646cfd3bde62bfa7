package files

import (
	"encoding/xml"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// suites is as much of a JUnit report as a CI server reads.
type suites struct {
	Suite struct {
		Tests    int `xml:"tests,attr"`
		Failures int `xml:"failures,attr"`
		Errors   int `xml:"errors,attr"`
		Skipped  int `xml:"skipped,attr"`
		Cases    []struct {
			Name    string    `xml:"name,attr"`
			Class   string    `xml:"classname,attr"`
			Failure *problem  `xml:"failure"`
			Error   *problem  `xml:"error"`
			Skipped *struct{} `xml:"skipped"`
		} `xml:"testcase"`
	} `xml:"testsuite"`
}

// What the head of a JUnit report counts is what its body holds.
func TestJUnitCounts(t *testing.T) {
	for name, f := range map[string]*fixture{"nightly": nightly(), "plan": plan(), "nothing": nothing(), "crowd": crowd(2000)} {
		t.Run(name, func(t *testing.T) {
			var s suites
			require.NoError(t, xml.Unmarshal([]byte(written(t, f, JUnit)), &s))
			failures, errors, skipped, names := 0, 0, 0, map[string]bool{}
			for _, c := range s.Suite.Cases {
				require.False(t, names[c.Class+c.Name], "CI servers take cases of one name for one")
				names[c.Class+c.Name] = true
				switch {
				case c.Failure != nil:
					failures++
				case c.Error != nil:
					errors++
				case c.Skipped != nil:
					skipped++
				}
			}
			require.Equal(t, f.summary.Total-f.summary.Copied, s.Suite.Tests)
			require.Len(t, s.Suite.Cases, s.Suite.Tests)
			require.Equal(t, []int{failures, errors, skipped}, []int{s.Suite.Failures, s.Suite.Errors, s.Suite.Skipped})
		})
	}
}

func TestJUnitFollowsItsSchema(t *testing.T) {
	xmllint, err := exec.LookPath("xmllint")
	if err != nil {
		t.Skip("xmllint is not installed")
	}
	for name, f := range map[string]*fixture{"nightly": nightly(), "plan": plan(), "nothing": nothing(), "nasty": nasty("\x00<a>]]>&\"'\u2028\uFFFE\xff")} {
		path := filepath.Join(t.TempDir(), "junit.xml")
		require.NoError(t, os.WriteFile(path, []byte(written(t, f, JUnit)), 0o600))
		out, err := exec.Command(xmllint, "--noout", "--schema", "testdata/junit.xsd", path).CombinedOutput()
		require.NoError(t, err, "%s: %s", name, out)
	}
}
