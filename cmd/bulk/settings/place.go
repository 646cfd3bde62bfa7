package settings

import (
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/text/unicode/norm"
)

// place is where a path leads, to be compared with where others lead: by
// symbolic links, hard links, mounts and file systems to which upper and lower
// case are the same.
type place struct {
	path string      // absolute
	info os.FileInfo // of what is there, links followed; nil: nothing is
	dirs []dirEntry  // by which it is, or would be, found
}

// dirEntry is a name in a folder.
type dirEntry struct {
	folder os.FileInfo // nil: the folder is not there either
	at     string      // of the folder
	name   string
}

// placeOf finds where a path leads. It never fails: what cannot be seen is
// compared by its name.
func placeOf(path string) place {
	p := place{path: Absolute(path)}
	p.info, _ = os.Stat(p.path)
	p.dirs = append(p.dirs, entryOf(p.path))
	if real, err := resolve(p.path); err == nil && real != p.path {
		p.dirs = append(p.dirs, entryOf(real))
	}
	return p
}

func entryOf(path string) dirEntry {
	e := dirEntry{at: filepath.Dir(path), name: filepath.Base(path)}
	e.folder, _ = os.Stat(e.at)
	return e
}

// mostLinks is how many links are followed at most, as systems have it.
const mostLinks = 40

// resolve follows the links that path is, to what need not be there.
func resolve(path string) (string, error) {
	for range mostLinks {
		to, err := os.Readlink(path)
		if err != nil {
			return path, nil // no link
		}
		if !filepath.IsAbs(to) {
			to = filepath.Join(filepath.Dir(path), to)
		}
		path = to
	}
	return "", os.ErrInvalid
}

// same reports whether two paths lead to one file.
func (p place) same(other place) bool {
	if p.info != nil && other.info != nil {
		return os.SameFile(p.info, other.info)
	}
	for _, a := range p.dirs {
		for _, b := range other.dirs {
			if a.sameFolder(b) && (a.name == b.name || p.info == nil && other.info == nil && folded(a.name) == folded(b.name)) {
				return true
			}
		}
	}
	return false
}

func (e dirEntry) sameFolder(other dirEntry) bool {
	if e.folder != nil && other.folder != nil {
		return os.SameFile(e.folder, other.folder)
	}
	return e.folder == nil && other.folder == nil && folded(e.at) == folded(other.at)
}

// folded is a name as the least particular file system compares names.
func folded(name string) string { return strings.ToLower(norm.NFC.String(name)) }

// within reports whether the path is the folder or somewhere below it.
func (p place) within(folder place) bool {
	for _, entry := range p.dirs {
		for at := filepath.Join(entry.at, entry.name); ; at = filepath.Dir(at) {
			if placeOf(at).same(folder) {
				return true
			}
			if at == filepath.Dir(at) {
				break
			}
		}
	}
	return false
}

// belongsTo reports whether the path's name is that of a file, followed by a dash
// or a dot and more, in the file's folder: so are the companions of a ledger
// called.
func (p place) belongsTo(file place) bool {
	for _, a := range p.dirs {
		for _, b := range file.dirs {
			rest, begins := strings.CutPrefix(folded(a.name), folded(b.name))
			if begins && rest != "" && strings.ContainsAny(rest[:1], "-.") && a.sameFolder(b) {
				return true
			}
		}
	}
	return false
}

// keptFile is what a command reads or keeps, and must not write over.
type keptFile struct {
	what string
	place
	companions bool // files beside it that begin with its name, too
	marks      bool // it is a folder of marks: those in it, too
}

func Absolute(path string) string {
	if path == "-" {
		return path
	}
	if abs, err := filepath.Abs(path); err == nil {
		return abs
	}
	return path
}
