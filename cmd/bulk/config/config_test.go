package config

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

var keys = []Key{
	{Name: "workers"},
	{Name: "max-failures"},
	{Name: "catalog", Path: true},
	{Name: "report", Path: true, List: true},
	{Name: "only", List: true},
	{Name: "rate", List: true, Pairs: true},
	{Name: "notify", List: true, ByReference: true},
	{Name: "yes", Refused: "must be said each time"},
	{Name: "m2m.url", ByReference: true},
	{Name: "m2m.password", ByReference: true, Secret: true},
	{Name: "ca_file", Path: true},
}

func TestValues(t *testing.T) {
	for _, c := range []struct {
		name, text, key string
		form            Form
		want            []string
	}{
		{"a word", "workers: auto", "workers", Literal, []string{"auto"}},
		{"a number is text", "workers: 010", "workers", Literal, []string{"010"}},
		{"a share", "max-failures: 20%", "max-failures", Literal, []string{"20%"}},
		{"underscores are dashes", "max_failures: 3", "max-failures", Literal, []string{"3"}},
		{"a list", "only: [failed, not_run]", "only", Literal, []string{"failed", "not_run"}},
		{"a list by comma", "only: failed,not_run", "only", Literal, []string{"failed", "not_run"}},
		{"a comma inside a list's word", `notify: ["https://h/a,b"]`, "notify", Literal, []string{"https://h/a,b"}},
		{"pairs", "rate: {m2m: 10, betatel: 0.5}", "rate", Literal, []string{"m2m=10", "betatel=0.5"}},
		{"pairs as a list", "rate: [m2m=10]", "rate", Literal, []string{"m2m=10"}},
		{"made empty", `catalog: ""`, "catalog", Literal, nil},
		{"a path beside the file", "catalog: groups.csv", "catalog", Literal, []string{"/etc/bulk/groups.csv"}},
		{"a path above it", "catalog: ../groups.csv", "catalog", Literal, []string{"/etc/groups.csv"}},
		{"a path of its own", "catalog: /srv/groups.csv", "catalog", Literal, []string{"/srv/groups.csv"}},
		{"standard output", "catalog: \"-\"", "catalog", Literal, []string{"-"}},
		{"a format before a path", "report: [junit:out/r, run.md]", "report", Literal, []string{"junit:/etc/bulk/out/r", "/etc/bulk/run.md"}},
		{"a section", "m2m: {url: https://h}", "m2m.url", Literal, []string{"https://h"}},
		{"a secret's file", "m2m: {password_file: pw}", "m2m.password", File, []string{"/etc/bulk/pw"}},
		{"a secret's file with a dash", "m2m: {password-file: /run/pw}", "m2m.password", File, []string{"/run/pw"}},
		{"a secret's variable", "m2m: {password_env: PW}", "m2m.password", Variable, []string{"PW"}},
		{"a name that ends as a file's does", "ca_file: ca.pem", "ca_file", Literal, []string{"/etc/bulk/ca.pem"}},
		{"a list by reference is one file", "notify_file: a,b", "notify", File, []string{"/etc/bulk/a,b"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			d, err := parse("/etc/bulk/bulk.yaml", []byte("# settings\n"+c.text+"\n"), keys)
			require.NoError(t, err)
			s, err := d.Settings("")
			require.NoError(t, err)
			v, found := s.Lookup(c.key)
			require.True(t, found)
			require.Equal(t, Value{c.form, c.want, Place{"/etc/bulk/bulk.yaml", 2, ""}}, v)
		})
	}
}

func TestMistakes(t *testing.T) {
	for _, c := range []struct{ name, text, want string }{
		{"an unknown key", "\nworker: 1", "bulk.yaml:2: there is no setting worker (did you mean workers?)"},
		{"one that resembles nothing", "x: 1", "bulk.yaml:1: there is no setting x"},
		{"an unknown key of a section", "m2m:\n  usl: x", "bulk.yaml:2: there is no setting m2m.usl (did you mean m2m.url?)"},
		{"a secret", "m2m:\n  password: hunter2", "bulk.yaml:2: m2m.password would be a secret in this file: write password_file: PATH or password_env: NAME, and keep it there"},
		{"a secret in a profile", "profiles: {a: {m2m: {password: hunter2}}}", "bulk.yaml:1: m2m.password would be a secret in this file: write password_file: PATH or password_env: NAME, and keep it there"},
		{"both ways", "m2m:\n  password_env: A\n  password_file: b", "bulk.yaml:3: m2m.password is set on line 2 already"},
		{"twice", "max-failures: 1\nmax_failures: 2", "bulk.yaml:2: max-failures is set on line 1 already"},
		{"a safeguard", "yes: true", "bulk.yaml:1: yes must be said each time"},
		{"no value", "workers:", `bulk.yaml:1: workers has no value: write one, or "" to make it empty, or leave the line out`},
		{"a list for one value", "workers: [1, 2]", "bulk.yaml:1: workers takes a single value"},
		{"a list for a reference", "notify_file: [a, b]", "bulk.yaml:1: notify_file takes a single value"},
		{"a mapping for a list", "only: {a: b}", "bulk.yaml:1: only takes a value or a list of them"},
		{"a list of lists", "only: [[a]]", "bulk.yaml:1: only is a list of single values"},
		{"a mapping of lists", "rate: {m2m: [1]}", "bulk.yaml:1: rate.m2m takes a single value"},
		{"a section with a value", "m2m: https://h", "bulk.yaml:1: m2m has settings of its own, written below it: password_file, password_env, password_command, url"},
		{"no settings", "[1, 2]", "bulk.yaml:1: settings are written as KEY: VALUE, a line each"},
		{"profiles without names", "profiles: [a]", "bulk.yaml:1: profiles holds a name for each profile, and below it the settings"},
		{"a profile without settings", "profiles:\n  a: b", "bulk.yaml:2: the profile a holds settings, written as KEY: VALUE, a line each"},
		{"profiles in a profile", "profiles:\n  a:\n    profiles: {b: {}}", "bulk.yaml:3: there is no setting profiles"},
		{"a profile twice", "profiles:\n  a: {}\n  a: {}", "bulk.yaml:3: the profile a is written twice"},
		{"profiles twice", "profiles: {}\nprofiles: {}", "bulk.yaml:2: profiles is written twice"},
		{"in one that nobody asked for", "profiles:\n  a:\n    workrs: 1", "bulk.yaml:3: there is no setting workrs (did you mean workers?)"},
		{"a second document", "workers: 1\n---\nworkers: 2", "bulk.yaml:2: a second document begins; a settings file has one"},
		{"no YAML", "workers: [1", "bulk.yaml is no YAML: line 1: did not find expected ',' or ']'"},
		{"all at once, in their order", "x: 1\nprofiles: {a: {y: 1}}\nworkers: []\nz: 1",
			"bulk.yaml:1: there is no setting x; bulk.yaml:2: there is no setting y; bulk.yaml:3: workers takes a single value; bulk.yaml:4: there is no setting z"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := parse("bulk.yaml", []byte(c.text), keys)
			require.EqualError(t, err, c.want)
			require.NotContains(t, err.Error(), "hunter2")
		})
	}
}

func TestProfiles(t *testing.T) {
	const text = `workers: 4
m2m: &test
  url: https://test
  password_file: /run/test
profiles:
  prod:
    workers: 8
    m2m:
      password_env: PW
  test:
    m2m: *test
  bare:
`
	d, err := parse("bulk.yaml", []byte(text), keys)
	require.NoError(t, err)
	for _, c := range []struct{ profile, key, want, at string }{
		{"", "workers", "4", "bulk.yaml:1"},
		{"bare", "workers", "4", "bulk.yaml:1"},
		{"prod", "workers", "8", "profile prod in bulk.yaml:7"},
		{"prod", "m2m.url", "https://test", "bulk.yaml:3"},
		{"prod", "m2m.password", "PW", "profile prod in bulk.yaml:9"},
		{"test", "m2m.password", "/run/test", "profile test in bulk.yaml:4"},
	} {
		s, err := d.Settings(c.profile)
		require.NoError(t, err)
		v, _ := s.Lookup(c.key)
		require.Equal(t, []string{c.want}, v.Words)
		require.Equal(t, c.at, v.Place.String())
	}
	_, err = d.Settings("staging")
	require.EqualError(t, err, `bulk.yaml has no profile "staging"; it has prod, test, bare`)
}

func TestFileWithoutSettings(t *testing.T) {
	for name, text := range map[string]string{"nothing": "", "a comment": "# none yet\n", "null": "null\n", "no profiles": "profiles:\n"} {
		t.Run(name, func(t *testing.T) {
			d, err := parse("bulk.yaml", []byte(text), keys)
			require.NoError(t, err)
			s, err := d.Settings("")
			require.NoError(t, err)
			require.Empty(t, s)
			_, err = d.Settings("prod")
			require.EqualError(t, err, `bulk.yaml has no profile "prod": it has no profiles`)
		})
	}
}

func TestRead(t *testing.T) {
	path := filepath.Join(t.TempDir(), "bulk.yaml")
	_, err := Read(path, keys)
	require.ErrorIs(t, err, os.ErrNotExist)
	require.NoError(t, os.WriteFile(path, []byte("catalog: groups.csv"), 0o600))
	d, err := Read(path, keys)
	require.NoError(t, err)
	s, _ := d.Settings("")
	v, _ := s.Lookup("catalog")
	require.Equal(t, []string{filepath.Join(filepath.Dir(path), "groups.csv")}, v.Words)
}

// Whatever stands in a file, it is read or refused in a line.
func FuzzParse(f *testing.F) {
	for _, seed := range []string{
		"workers: 4\nprofiles: {prod: {workers: 8}}", "m2m: &a {url: x}\nprofiles: {a: {m2m: *a}}", "a: &a [*a]", "? [x]\n: y",
		"m2m:\n  password: x", "rate: {m2m: x}\nrate: 1", "<<: {workers: 1}", "\xff\xfe", "workers: !!binary x",
		"profiles: {? {a: b} : c}", "--- x\n---\n",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		d, err := parse("bulk.yaml", []byte(text), keys)
		if err != nil {
			require.NotContains(t, err.Error(), "\n")
			return
		}
		for _, profile := range append(d.names, "") {
			_, err := d.Settings(profile)
			require.NoError(t, err)
		}
	})
}
