// Command dist makes the release: one archive for each system, with the static
// binary, the man pages and the completion scripts that the binary itself writes,
// the documents and what they link, and the licences of what went into it; and
// SHA256SUMS beside them. The same commit gives the same bytes, whoever builds
// it: no path, clock or user name goes in, and the time of every file is the
// commit's (or SOURCE_DATE_EPOCH's). Run it with make dist.
package main

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"time"
)

var systems = []string{"linux/amd64", "linux/arm64", "darwin/amd64", "darwin/arm64", "windows/amd64", "windows/arm64"}

// completions are the shells, and what each calls its script.
var completions = map[string]string{"bash": "bulk.bash", "zsh": "_bulk", "fish": "bulk.fish", "powershell": "bulk.ps1"}

func main() {
	out := flag.String("o", "dist", "folder for the archives; what is in it is replaced")
	version := flag.String("version", "", "version to stamp (git describe)")
	binary := flag.String("binary", "", "build the binary of this system alone (GOOS/GOARCH), as file -o")
	only := flag.String("only", strings.Join(systems, ","), "the systems to make archives for (GOOS/GOARCH)")
	flag.Parse()
	var err error
	if *binary != "" {
		err = one(*out, *version, *binary)
	} else {
		err = release(*out, *version, strings.Split(*only, ","))
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "dist:", err)
		os.Exit(1)
	}
}

// one builds one binary.
func one(out, version, system string) error {
	r := &releasing{version: version}
	if err := r.findVersion(); err != nil {
		return err
	}
	return r.build(out, system)
}

func release(out, version string, systems []string) error {
	r := &releasing{out: out, version: version}
	if err := r.identify(); err != nil {
		return err
	}
	work, err := os.MkdirTemp("", "bulk-dist-*")
	if err != nil {
		return err
	}
	defer os.RemoveAll(work)
	if err := os.RemoveAll(out); err != nil {
		return err
	}
	if err := os.MkdirAll(out, 0o755); err != nil {
		return err
	}
	shared, err := r.shared(work)
	if err != nil {
		return err
	}
	var sums strings.Builder
	for _, system := range systems {
		name, err := r.archive(work, system, shared)
		if err != nil {
			return fmt.Errorf("%s: %w", system, err)
		}
		content, err := os.ReadFile(filepath.Join(out, name))
		if err != nil {
			return err
		}
		fmt.Fprintf(&sums, "%x  %s\n", sha256.Sum256(content), name)
		fmt.Printf("%s  %.1f MB\n", filepath.Join(out, name), float64(len(content))/1e6)
	}
	return os.WriteFile(filepath.Join(out, "SHA256SUMS"), []byte(sums.String()), 0o644)
}

// released finds the versions of which CHANGELOG.md speaks.
var released = regexp.MustCompile(`^v\d+\.\d+\.\d+$`)

type releasing struct {
	out, version string
	at           time.Time
}

// findVersion finds the version.
func (r *releasing) findVersion() error {
	if r.version != "" {
		return nil
	}
	text, err := exec.Command("git", "describe", "--tags", "--always", "--dirty").Output()
	if err != nil {
		return fmt.Errorf("git describe: %w (give -version)", err)
	}
	r.version = strings.TrimSpace(string(text))
	return nil
}

// identify finds the version, of which the changelog must speak, and the time of
// the commit.
func (r *releasing) identify() error {
	if err := r.findVersion(); err != nil {
		return err
	}
	if released.MatchString(r.version) {
		changes, err := os.ReadFile("CHANGELOG.md")
		if err != nil {
			return err
		}
		if !bytes.Contains(changes, []byte("\n## "+r.version)) {
			return fmt.Errorf("CHANGELOG.md has no part \"## %s\"", r.version)
		}
	}
	seconds := os.Getenv("SOURCE_DATE_EPOCH")
	if seconds == "" {
		text, err := exec.Command("git", "log", "-1", "--format=%ct").Output()
		if err != nil {
			return fmt.Errorf("git log: %w (set SOURCE_DATE_EPOCH)", err)
		}
		seconds = strings.TrimSpace(string(text))
	}
	n, err := strconv.ParseInt(seconds, 10, 64)
	r.at = time.Unix(n, 0).UTC()
	return err
}

// build builds the binary of a system.
func (r *releasing) build(to, system string) error {
	goos, goarch, _ := strings.Cut(system, "/")
	cmd := exec.Command("go", "build", "-trimpath", "-buildvcs=false", "-ldflags", "-s -w -X bulk/cmd/bulk/console.version="+r.version, "-o", to, "./cmd/bulk")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOOS="+goos, "GOARCH="+goarch, "GOAMD64=v1", "GOARM64=v8.0")
	cmd.Stderr = os.Stderr
	return cmd.Run()
}

// file is one of an archive.
type file struct {
	name    string
	content []byte
	mode    fs.FileMode
}

// shared makes what is the same in all archives: it is written by the binary of
// this machine.
func (r *releasing) shared(work string) ([]file, error) {
	binary := filepath.Join(work, "bulk")
	if err := r.build(binary, runtime.GOOS+"/"+runtime.GOARCH); err != nil {
		return nil, err
	}
	files, err := documents()
	if err != nil {
		return nil, err
	}
	notices, err := notices(systems)
	if err != nil {
		return nil, err
	}
	files = append(files, file{"THIRD_PARTY_NOTICES", notices, 0o644})
	for shell, name := range completions {
		script, err := exec.Command(binary, "completion", shell).Output()
		if err != nil {
			return nil, fmt.Errorf("completion %s: %w", shell, err)
		}
		files = append(files, file{"completions/" + name, script, 0o644})
	}
	pages := filepath.Join(work, "man1")
	cmd := exec.Command(binary, "manual", pages)
	cmd.Env = append(os.Environ(), fmt.Sprintf("SOURCE_DATE_EPOCH=%d", r.at.Unix()))
	cmd.Stderr = os.Stderr
	if err := cmd.Run(); err != nil {
		return nil, fmt.Errorf("manual: %w", err)
	}
	names, err := filepath.Glob(filepath.Join(pages, "*.1"))
	if err != nil {
		return nil, err
	}
	for _, name := range names {
		content, err := os.ReadFile(name)
		if err != nil {
			return nil, err
		}
		files = append(files, file{"man/man1/" + filepath.Base(name), content, 0o644})
	}
	return files, nil
}

// archive makes the archive of a system and gives its name.
func (r *releasing) archive(work, system string, shared []file) (string, error) {
	binary := "bulk"
	if strings.HasPrefix(system, "windows/") {
		binary = "bulk.exe"
	}
	built := filepath.Join(work, strings.ReplaceAll(system, "/", "-")+"-"+binary)
	if err := r.build(built, system); err != nil {
		return "", err
	}
	content, err := os.ReadFile(built)
	if err != nil {
		return "", err
	}
	folder := "bulk-" + r.version + "-" + strings.ReplaceAll(system, "/", "-")
	files := append([]file{{binary, content, 0o755}}, shared...)
	slices.SortFunc(files, func(a, b file) int { return strings.Compare(a.name, b.name) })
	for i := range files {
		files[i].name = folder + "/" + files[i].name
	}
	name, pack := folder+".tar.gz", r.tarball
	if binary == "bulk.exe" {
		name, pack = folder+".zip", r.zipped
	}
	packed, err := pack(files)
	if err != nil {
		return "", err
	}
	return name, os.WriteFile(filepath.Join(r.out, name), packed, 0o644)
}

func (r *releasing) tarball(files []file) ([]byte, error) {
	var packed bytes.Buffer
	compressed, err := gzip.NewWriterLevel(&packed, gzip.BestCompression)
	if err != nil {
		return nil, err
	}
	out := tar.NewWriter(compressed)
	for _, f := range files {
		header := &tar.Header{Name: f.name, Mode: int64(f.mode), Size: int64(len(f.content)), ModTime: r.at, Typeflag: tar.TypeReg, Format: tar.FormatUSTAR}
		if err := out.WriteHeader(header); err != nil {
			return nil, err
		}
		if _, err := out.Write(f.content); err != nil {
			return nil, err
		}
	}
	if err := out.Close(); err != nil {
		return nil, err
	}
	err = compressed.Close()
	return packed.Bytes(), err
}

func (r *releasing) zipped(files []file) ([]byte, error) {
	var packed bytes.Buffer
	out := zip.NewWriter(&packed)
	for _, f := range files {
		header := &zip.FileHeader{Name: f.name, Method: zip.Deflate, Modified: r.at}
		header.SetMode(f.mode)
		w, err := out.CreateHeader(header)
		if err != nil {
			return nil, err
		}
		if _, err := w.Write(f.content); err != nil {
			return nil, err
		}
	}
	err := out.Close()
	return packed.Bytes(), err
}
