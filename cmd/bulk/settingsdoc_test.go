package main

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/spf13/pflag"
	"github.com/stretchr/testify/require"

	"bulk/cmd/bulk/config"
	"bulk/cmd/bulk/console"
	"bulk/cmd/bulk/settings"
)

var settingsPage = filepath.Join("..", "..", "docs", "settings.md")

// The page's settings file is read, and the table below it is what bulk config
// prints for it.
func TestSettingsPage(t *testing.T) {
	page, err := os.ReadFile(settingsPage)
	require.NoError(t, err)
	example := regexp.MustCompile("(?s)```yaml\n(.*?)```").FindSubmatch(page)[1]
	command := regexp.MustCompile(`(?m)^\$ (bulk config [^|]*) \|`).FindSubmatch(page)[1]
	whole, err := filepath.Abs(settingsPage)
	require.NoError(t, err)
	t.Chdir(t.TempDir())
	require.NoError(t, os.WriteFile("bulk.yaml", example, 0o600))
	require.NoError(t, os.Mkdir("secrets", 0o700))
	require.NoError(t, os.WriteFile("secrets/m2m", []byte("SECRET"), 0o600))
	require.NoError(t, os.WriteFile("slack-hook", []byte("https://hooks.slack.com/services/T0/B0/SECRET\n"), 0o600))

	got := configured(t, map[string]string{"BETATEL_KEY": "SECRET"}, strings.Fields(string(command))[1:]...)
	require.NotContains(t, got, "SECRET")
	// The page has what is not a default: the rest is long.
	var shown []string
	for line := range strings.Lines(got) {
		if !regexp.MustCompile(`(default|not set)\n$`).MatchString(line) {
			shown = append(shown, line)
		}
	}
	want := "$ " + string(command) + " | grep -Ev '(default|not set)$'\n" + strings.Join(shown, "")
	said := string(regexp.MustCompile("(?s)```text\n(.*?)```").FindSubmatch(page)[1])
	if *update {
		require.NoError(t, os.WriteFile(whole, []byte(strings.Replace(string(page), said, want, 1)), 0o644))
		return
	}
	require.Equal(t, want, said, "go test ./cmd/bulk -run SettingsPage -update writes it")

	for _, profile := range []string{"", "test"} {
		configured(t, map[string]string{"BETATEL_KEY": "SECRET", "M2M_TEST_URL": "https://test.example.com"}, "config", "--config", "bulk.yaml", "--profile", profile)
	}
}

// The page names every setting of the upstreams, with its variable.
func TestSettingsPageNamesTheUpstreamsSettings(t *testing.T) {
	page, err := os.ReadFile(settingsPage)
	require.NoError(t, err)
	for _, s := range settings.UpstreamSettings {
		require.Contains(t, string(page), "| `"+s.Key+"` | `"+s.Variable+"` |")
	}
	for _, s := range settings.Safeguards {
		require.Contains(t, string(page), "`"+strings.TrimSpace(s.Flag+" "+s.Value)+"`")
	}
}

// configured is what bulk config prints.
func configured(t *testing.T, env map[string]string, args ...string) string {
	t.Helper()
	var stdout, stderr bytes.Buffer
	p := &console.Process{
		Args: args, Stdin: strings.NewReader(""), Stdout: &stdout, Stderr: &stderr, Now: time.Now,
		Env: func(name string) (string, bool) { v, ok := env[name]; return v, ok },
	}
	require.Zero(t, run(context.Background(), p), stderr.String())
	return stdout.String()
}

// Which flags are paths, lists and pairs is read from their help: a new one
// must not be taken for something else.
func TestSettingKeys(t *testing.T) {
	var paths, lists, pairs, refused []string
	for _, k := range settings.SettingKeys(commandTree()) {
		for _, c := range []struct {
			is   bool
			into *[]string
		}{{k.Path, &paths}, {k.List, &lists}, {k.Pairs && k.List, &pairs}, {k.Refused != "", &refused}} {
			if c.is {
				*c.into = append(*c.into, k.Name)
			}
		}
	}
	for _, list := range []*[]string{&paths, &lists, &pairs, &refused} {
		slices.Sort(*list)
	}
	require.Equal(t, []string{"ca_file", "catalog", "config", "current-groups", "fleet", "from", "in-doubt", "ledger", "mark-dir", "output", "qr-dir", "qr-sheet", "report"}, paths)
	require.Equal(t, []string{"accounts", "column", "fault", "from", "in-doubt", "notify", "only", "preflight", "qr-label", "rate", "report"}, lists)
	require.Equal(t, []string{"column", "fault", "rate"}, pairs)
	said := []string{}
	for _, s := range settings.Safeguards {
		if s.Value == "" {
			said = append(said, s.Flag)
		}
	}
	require.Equal(t, slices.Sorted(slices.Values(append([]string{"config", "profile"}, said...))), refused)
}

func TestPrecedence(t *testing.T) {
	file := func(line int, words ...string) config.Settings {
		return config.Settings{"workers": {Words: words, Place: config.Place{File: "b.yaml", Line: line}}}
	}
	for _, c := range []struct {
		name     string
		args     []string
		variable string
		file     config.Settings
		want     string
		from     string
	}{
		{"nothing", nil, "", nil, "auto", ""},
		{"the file", nil, "", file(3, "5"), "5", "b.yaml:3"},
		{"the variable", nil, "6", nil, "6", "variable BULK_WORKERS"},
		{"the variable above the file", nil, "6", file(3, "5"), "6", "variable BULK_WORKERS"},
		{"the flag above all", []string{"--workers", "7"}, "6", file(3, "5"), "7", "flag"},
		{"a file that makes it empty", nil, "", file(3), "auto", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := &settings.Sources{Config: c.file, Process: &console.Process{Env: func(name string) (string, bool) {
				return c.variable, name == "BULK_WORKERS" && c.variable != ""
			}}}
			s := &settings.Options{}
			flags := pflag.NewFlagSet("test", pflag.ContinueOnError)
			s.RegisterPace(flags)
			require.NoError(t, flags.Parse(c.args))
			f := flags.Lookup("workers")
			if !f.Changed {
				require.NoError(t, p.SettleFlag(flags, f))
			}
			from, _ := settings.Origin(f)
			require.Equal(t, []string{c.want, c.from}, []string{s.Workers, from})
		})
	}
}

// Every way to say where a secret is, each above the next.
func TestFindOfCredentials(t *testing.T) {
	dir := t.TempDir()
	holder := func(name, text string) string {
		path := filepath.Join(dir, name)
		require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
		return path
	}
	byFile := config.Settings{"m2m.password": {Form: config.File, Words: []string{holder("config", "of the file's file\r\n")}}}
	byVariable := config.Settings{"m2m.password": {Form: config.Variable, Words: []string{"PW"}}}
	env := map[string]string{
		"BULK_M2M_PASSWORD": "of the variable", "BULK_M2M_PASSWORD_FILE": holder("env", "of the variable's file\n"), "PW": " with spaces ",
	}
	for _, c := range []struct {
		name   string
		env    []string
		config config.Settings
		want   string
		wrong  string
	}{
		{"the variable", []string{"BULK_M2M_PASSWORD", "BULK_M2M_PASSWORD_FILE", "PW"}, byFile, "of the variable", ""},
		{"the variable's file", []string{"BULK_M2M_PASSWORD_FILE", "PW"}, byVariable, "of the variable's file", ""},
		{"the file's file", nil, byFile, "of the file's file", ""},
		{"the file's variable", []string{"PW"}, byVariable, " with spaces ", ""},
		{"the file's variable is not set", nil, byVariable, "", "the variable PW is not set"},
		{"nothing", nil, nil, "", "not set: BULK_M2M_PASSWORD"},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := &settings.Sources{Config: c.config, Process: &console.Process{Env: onlyThese(env, c.env)}}
			e := &settings.Environment{P: p}
			require.Equal(t, c.want, e.Need("BULK_M2M_PASSWORD"))
			if c.wrong == "" {
				require.NoError(t, e.Failure())
				return
			}
			require.ErrorContains(t, e.Failure(), c.wrong)
		})
	}
}

func onlyThese(env map[string]string, names []string) func(string) (string, bool) {
	return func(name string) (string, bool) {
		if !slices.Contains(names, name) {
			return "", false
		}
		v, ok := env[name]
		return v, ok
	}
}
