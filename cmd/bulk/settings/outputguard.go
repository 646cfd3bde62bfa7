package settings

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"bulk/cmd/bulk/config"
	"bulk/cmd/bulk/console"
	"bulk/internal/jobs/ledger"
	"bulk/internal/report"
)

// OutputFile is where a command writes.
type OutputFile struct {
	Flag   string
	Path   string
	Folder bool // of QR pictures
}

// readsFile finds an argument that names a file, in the words of a command's use.
var readsFile = regexp.MustCompile(`\b(INPUT|PLAN|FILE)\b`)

// Keeps lists what a command reads or keeps, and what any command would with the
// same settings: its arguments that are files, and everything that a flag, a
// variable or the settings file names, whatever the profile: a catalogue is none
// of `bulk runs`' business, and must outlive it all the same.
func (p *Sources) Keeps(cmd *cobra.Command, args []string) []keptFile {
	var all []keptFile
	if readsFile.MatchString(cmd.Use) {
		for _, arg := range args {
			all = append(all, Kept("the input", arg)...)
		}
	}
	if slices.Contains(args, "-") {
		all = append(all, standardInput(p.Stdin)...)
	}
	cmd.Flags().VisitAll(func(f *pflag.Flag) {
		words := []string{f.Value.String()}
		if list, ok := f.Value.(pflag.SliceValue); ok {
			words = list.GetSlice()
		}
		all = append(all, p.named(flagKey(f), "--"+f.Name, words)...)
	})
	for _, key := range SettingKeys(cmd.Root()) {
		name := settingName(key)
		if text, _ := p.Env(name); text != "" {
			words := []string{text}
			if key.List {
				words = strings.Split(text, ",")
			}
			all = append(all, p.named(key, name, words)...)
		}
		if path, _ := p.Env(name + "_FILE"); path != "" {
			all = append(all, Kept("the file of "+name, path)...)
		}
		for value := range p.document.Everything(key.Name) {
			switch value.Form {
			case config.File:
				all = append(all, Kept("the file of "+name, value.Words...)...)
			case config.Literal:
				all = append(all, p.named(key, name, value.Words)...)
			}
		}
	}
	return append(all, slices.Concat(p.keptLedger(""), p.keptMarks(""))...)
}

// named are the files that a setting names: none where it is one that says where
// something is written.
func (p *Sources) named(key config.Key, name string, words []string) (all []keptFile) {
	switch {
	case !key.Path, slices.Contains(outputFlags, key.Name):
		return nil
	case key.Name == "ledger":
		for _, path := range words {
			all = append(all, p.keptLedger(path)...)
		}
		return all
	case key.Name == "mark-dir":
		for _, path := range words {
			all = append(all, p.keptMarks(path)...)
		}
		return all
	}
	return Kept("the file of "+name, words...)
}

// Kept are files that are read.
func Kept(what string, paths ...string) (all []keptFile) {
	for _, path := range paths {
		if path != "" && path != "-" {
			all = append(all, keptFile{what: what, place: placeOf(path)})
		}
	}
	return all
}

// settingName is the variable that a setting has.
func settingName(key config.Key) string {
	for _, s := range UpstreamSettings {
		if s.Key == key.Name {
			return s.Variable
		}
	}
	return EnvName(key.Name)
}

// keptMarks is the folder of this machine's marks; empty: where they are if
// nothing is said.
func (p *Sources) keptMarks(flag string) []keptFile {
	folder, err := p.Marks(flag)
	if err != nil {
		return nil
	}
	return []keptFile{{what: "this machine's marks of the ledger", place: placeOf(folder.Dir()), marks: true}}
}

// keptLedger is a ledger; empty: the one where nothing is said.
func (p *Sources) keptLedger(flag string) []keptFile {
	path, err := p.LedgerPath(flag)
	if err != nil || ledger.InDatabase(path) {
		return nil
	}
	return []keptFile{{what: "the ledger", place: placeOf(path), companions: true}}
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

// GuardOutputs refuses outputs that are what the command reads or keeps, or each
// other, by whatever name, and those that cannot be written and put in place.
// Every command that writes files calls it, before it does anything else.
func (p *Sources) GuardOutputs(outs []OutputFile, more ...keptFile) []*console.Stop {
	var refusals []*console.Stop
	keeps := append(slices.Clone(p.Kept), more...)
	for i, out := range outs {
		if why := p.TakenBy(out, outs[:i], keeps); why != "" {
			refusals = append(refusals, console.Refused(fmt.Sprintf("%s%s: %s", out.said(), out.Path, why), "name another; nothing was sent"))
			continue
		}
		if err := out.Writable(); err != nil {
			refusals = append(refusals, console.Refused(err.Error(), fmt.Sprintf("look at --%s; nothing was sent", out.Flag)))
		}
	}
	return refusals
}

// TakenBy says what an output would be written over; empty: nothing.
func (p *Sources) TakenBy(out OutputFile, others []OutputFile, keeps []keptFile) string {
	at := placeOf(out.Path)
	if out.Path == "-" {
		info, _ := statStream(p.Stdout)
		at = place{path: "-", info: info}
	}
	for _, k := range keeps {
		switch {
		case at.info != nil && k.info != nil && os.SameFile(at.info, k.info), out.Path != "-" && at.same(k.place):
			return "that is " + k.what + ", which must not be written over"
		case out.Path == "-":
		case k.marks && isMark(out.Path) && placeOf(filepath.Dir(Absolute(out.Path))).same(k.place):
			return "that is one of " + k.what + ", which must not be written over"
		case k.companions && (at.belongsTo(k.place) || at.within(placeOf(k.path+".d"))):
			return "names that begin with " + filepath.Base(k.path) + " are for what belongs to " + k.what
		}
	}
	for _, other := range others {
		if other.Path != "-" && out.Path != "-" && out.collides(at, other) {
			return "something else is written there already (--" + other.Flag + ")"
		}
	}
	if out.Flag == "output" && isForeign(out.Path) {
		return "bulk writes CSV, and workbooks as .xlsx"
	}
	if !out.Folder && isDatabase(out.Path) {
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

// collides reports whether two outputs would be written to one place.
func (out OutputFile) collides(at place, other OutputFile) bool {
	there := placeOf(other.Path)
	file, folder, folderAt := out, other, there
	if out.Folder {
		file, folder, folderAt = other, out, at
	}
	if folder.Folder && !file.Folder && report.IsPicture(folded(filepath.Base(file.Path))) && placeOf(filepath.Dir(Absolute(file.Path))).same(folderAt) {
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

// said is how the file was named: by a flag, or as an argument.
func (out OutputFile) said() string {
	if out.Flag == "" {
		return ""
	}
	return "--" + out.Flag + " "
}

// Writable says why an output cannot be written; nil: it can.
func (out OutputFile) Writable() error {
	switch {
	case out.Path == "-":
		return nil
	case out.Folder:
		return report.FolderWritable(out.Path)
	}
	return report.Writable(out.Path)
}
