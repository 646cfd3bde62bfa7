package main

import (
	"go/types"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/tools/go/packages"
)

// In no room of ours do more than half of the files lie in one circle of
// references: a file says what it needs, and what needs it stands elsewhere. What
// a file refers to is what another declares, fields and methods included.
func TestNoCircleSpansHalfARoom(t *testing.T) {
	rooms, err := packages.Load(&packages.Config{Mode: packages.LoadSyntax}, "bulk/cmd/...", "bulk/internal/...")
	require.NoError(t, err)
	require.Greater(t, len(rooms), 30)
	for _, room := range rooms {
		require.Empty(t, room.Errors)
		refers := references(room)
		if circle := largestCircle(refers); len(refers) > 2 {
			require.LessOrEqual(t, 2*len(circle), len(refers), "%s: %s refer to each other in a circle", room.PkgPath, strings.Join(circle, ", "))
		}
	}
}

// references are, by the name of a file of a room, the files that it refers to.
func references(room *packages.Package) map[string]map[string]bool {
	refers := map[string]map[string]bool{}
	for _, file := range room.CompiledGoFiles {
		refers[filepath.Base(file)] = map[string]bool{}
	}
	for word, what := range room.TypesInfo.Uses {
		v, isVar := what.(*types.Var)
		if what.Pkg() != room.Types || isVar && !v.IsField() && v.Parent() != room.Types.Scope() {
			continue
		}
		from, to := filepath.Base(room.Fset.Position(word.Pos()).Filename), filepath.Base(room.Fset.Position(what.Pos()).Filename)
		if from != to {
			refers[from][to] = true
		}
	}
	return refers
}

// largestCircle is the largest set of files of which each leads to every other.
func largestCircle(refers map[string]map[string]bool) (largest []string) {
	reach := map[string]map[string]bool{}
	var walk func(from, at string)
	walk = func(from, at string) {
		for to := range refers[at] {
			if !reach[from][to] {
				reach[from][to] = true
				walk(from, to)
			}
		}
	}
	for file := range refers {
		reach[file] = map[string]bool{}
		walk(file, file)
	}
	for _, file := range slices.Sorted(maps.Keys(refers)) {
		circle := []string{file}
		for other := range refers {
			if other != file && reach[file][other] && reach[other][file] {
				circle = append(circle, other)
			}
		}
		if len(circle) > len(largest) {
			largest = circle
		}
	}
	slices.Sort(largest)
	return largest
}
