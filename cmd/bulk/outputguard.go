package main

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"bulk/cmd/bulk/config"
	"bulk/internal/report"
)

// keptFile is what a command reads or keeps, and must not write over.
type keptFile struct {
	what string
	place
	companions bool // files beside it that begin with its name, too
	marks      bool // it is a folder of marks: those in it, too
}

// outputFile is where a command writes.
type outputFile struct {
	flag   string
	path   string
	folder bool // of QR pictures
}

// outputFlags are the flags that say where something is written. Every other
// flag that names a file or a folder says where something is read or kept.
var outputFlags = []string{"output", "report", "qr-sheet", "qr-dir"}

// keeps lists what a command reads or keeps: its arguments that are files, those
// that its flags name, the settings file, the files that hold credentials, and
// the ledger, even where the command does not need it.
func (p *process) keeps(cmd *cobra.Command, args []string) []keptFile {
	var all []keptFile
	add := func(what, path string) {
		if path != "" && path != "-" {
			all = append(all, keptFile{what: what, place: placeOf(path)})
		}
	}
	if regexp.MustCompile(`\b(INPUT|PLAN|FILE)\b`).MatchString(cmd.Use) {
		for _, arg := range args {
			add("the input", arg)
		}
	}
	if slices.Contains(args, "-") {
		all = append(all, standardInput(p.stdin)...)
	}
	cmd.Flags().VisitAll(func(f *pflag.Flag) {
		key := flagKey(f)
		if !key.Path || f.Name == "ledger" || f.Name == "mark-dir" || slices.Contains(outputFlags, f.Name) {
			return
		}
		what := "the file of --" + f.Name
		paths := []string{f.Value.String()}
		if list, ok := f.Value.(pflag.SliceValue); ok {
			paths = list.GetSlice()
		}
		for _, path := range paths {
			add(what, path)
		}
	})
	for _, s := range upstreamSettings {
		add("the file of "+s.variable, p.heldIn(s.setting()))
	}
	add("the file of "+envName("notify"), p.heldIn(setting{key: "notify", variable: envName("notify"), byFile: true}))
	return append(append(all, p.keptLedgers(cmd)...), p.keptMarks(cmd)...)
}

// keptMarks are the folder where this machine's marks of the command's ledger are,
// and the one where they would be if nothing else is said.
func (p *process) keptMarks(cmd *cobra.Command) (all []keptFile) {
	for _, flag := range []string{p.said(cmd, "mark-dir"), ""} {
		if folder, err := p.marks(flag); err == nil {
			all = append(all, keptFile{what: "this machine's marks of the ledger", place: placeOf(folder.Dir()), marks: true})
		}
	}
	return all
}

// said is what a flag is set to, or, where the command does not have it, what a
// variable or the settings file says of it.
func (p *process) said(cmd *cobra.Command, flag string) string {
	if f := cmd.Flags().Lookup(flag); f != nil {
		return f.Value.String()
	}
	if found := p.find(setting{key: flag, variable: envName(flag)}); found.words != nil {
		return found.words[0]
	}
	return ""
}

// standardInput is the file that standard input comes from, if it is one.
func standardInput(stdin io.Reader) []keptFile {
	file, ok := stdin.(*os.File)
	if !ok {
		return nil
	}
	info, err := file.Stat()
	if err != nil || !info.Mode().IsRegular() {
		return nil
	}
	return []keptFile{{what: "the file that standard input comes from", place: place{path: "-", info: info}}}
}

// heldIn is the file that holds a setting; empty: none does.
func (p *process) heldIn(s setting) string {
	if s.key == "ca_file" {
		if found := p.find(s); found.words != nil {
			return found.words[0] // the setting is itself a path
		}
	}
	if path, _ := p.env(s.variable + "_FILE"); path != "" {
		return path
	}
	if value, said := p.config.Lookup(s.key); said && value.Form == config.File && value.Words != nil {
		return value.Words[0]
	}
	return ""
}

// keptLedgers are the ledger of the command, and the one that would be used
// where nothing else is said.
func (p *process) keptLedgers(cmd *cobra.Command) (all []keptFile) {
	for _, flag := range []string{p.said(cmd, "ledger"), ""} {
		if path, err := p.ledgerPath(flag); err == nil {
			all = append(all, keptFile{what: "the ledger", place: placeOf(path), companions: true})
		}
	}
	return all
}

// guardOutputs refuses outputs that are what the command reads or keeps, or each
// other, by whatever name, and those that cannot be written and put in place.
// Every command that writes files calls it, before it does anything else.
func (p *process) guardOutputs(outs []outputFile, more ...keptFile) []*stop {
	var refusals []*stop
	keeps := append(slices.Clone(p.kept), more...)
	for i, out := range outs {
		if why := p.takenBy(out, outs[:i], keeps); why != "" {
			refusals = append(refusals, refused(fmt.Sprintf("--%s %s: %s", out.flag, out.path, why), "name another; nothing was sent"))
			continue
		}
		if err := out.writable(); err != nil {
			refusals = append(refusals, refused(err.Error(), fmt.Sprintf("look at --%s; nothing was sent", out.flag)))
		}
	}
	return refusals
}

// takenBy says what an output would be written over; empty: nothing.
func (p *process) takenBy(out outputFile, others []outputFile, keeps []keptFile) string {
	at := placeOf(out.path)
	if out.path == "-" {
		info, _ := statStream(p.stdout)
		at = place{path: "-", info: info}
	}
	for _, k := range keeps {
		switch {
		case at.info != nil && k.info != nil && os.SameFile(at.info, k.info), out.path != "-" && at.same(k.place):
			return "that is " + k.what + ", which must not be written over"
		case out.path == "-":
		case k.marks && isMark(out.path) && placeOf(filepath.Dir(absolute(out.path))).same(k.place):
			return "that is one of " + k.what + ", which must not be written over"
		case k.companions && (at.belongsTo(k.place) || at.within(placeOf(k.path+".d"))):
			return "names that begin with " + filepath.Base(k.path) + " are for what belongs to " + k.what
		}
	}
	for _, other := range others {
		if other.path != "-" && out.path != "-" && out.collides(at, other) {
			return "something else is written there already (--" + other.flag + ")"
		}
	}
	if !out.folder && isDatabase(out.path) {
		return "that is a database, perhaps a ledger, which must not be written over"
	}
	return ""
}

func statStream(stream any) (os.FileInfo, error) {
	file, ok := stream.(*os.File)
	if !ok {
		return nil, os.ErrInvalid
	}
	info, err := file.Stat()
	if err != nil || !info.Mode().IsRegular() {
		return nil, os.ErrInvalid
	}
	return info, nil
}

// isMark reports whether a file is called as those in a folder of marks are.
func isMark(path string) bool {
	name := folded(filepath.Base(path))
	return name == "lock" || filepath.Ext(name) == ".mark"
}

// pictureFile is how a QR picture is called in its folder.
var pictureFile = regexp.MustCompile(`^[0-9]{19,20}(\.[a-z0-9]+)?\.png$`)

// collides reports whether two outputs would be written to one place.
func (out outputFile) collides(at place, other outputFile) bool {
	there := placeOf(other.path)
	file, folder, folderAt := out, other, there
	if out.folder {
		file, folder, folderAt = other, out, at
	}
	if folder.folder && !file.folder && pictureFile.MatchString(folded(filepath.Base(file.path))) && placeOf(filepath.Dir(absolute(file.path))).same(folderAt) {
		return true
	}
	return at.same(there)
}

// isDatabase reports whether a file is SQLite's.
func isDatabase(path string) bool {
	if info, err := os.Stat(path); err != nil || !info.Mode().IsRegular() { // a pipe would wait for its writer
		return false
	}
	file, err := os.Open(path)
	if err != nil {
		return false
	}
	defer file.Close()
	start := make([]byte, 16)
	_, err = io.ReadFull(file, start)
	return err == nil && bytes.Equal(start, []byte("SQLite format 3\x00"))
}

// writable says why an output cannot be written; nil: it can.
func (out outputFile) writable() error {
	switch {
	case out.path == "-":
		return nil
	case out.folder:
		return report.FolderWritable(out.path)
	}
	return report.Writable(out.path)
}
