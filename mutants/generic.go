package main

import (
	"fmt"
	"go/ast"
	"go/build"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"strings"
)

// pkg is a package that generic mutants are made of, and the packages beside it
// whose tests should notice.
type pkg struct {
	folder string
	others []string
}

var packages = []pkg{
	{"internal/jobs", []string{"internal/jobs/runner"}},
	{"internal/jobs/runner", nil},
	{"internal/jobs/ledger", []string{"internal/jobs/ledger/sqlite", "internal/jobs/runner"}},
	{"internal/jobs/ledger/sqlite", []string{"internal/jobs/ledger"}},
	{"internal/upstream", []string{"internal/upstream/gateway", "internal/upstream/m2m"}},
	{"internal/upstream/m2m", nil},
	{"internal/upstream/betatel", nil},
	{"internal/upstream/pace", []string{"internal/upstream"}},
	{"internal/upstream/wire", []string{"internal/upstream/m2m", "internal/upstream/betatel"}},
}

// swapped are the operators that are taken for each other.
var swapped = map[token.Token]token.Token{
	token.LSS: token.LEQ, token.LEQ: token.LSS, token.GTR: token.GEQ, token.GEQ: token.GTR,
	token.EQL: token.NEQ, token.NEQ: token.EQL, token.LAND: token.LOR, token.LOR: token.LAND,
}

// genericMutants makes all mutants of a package's files, tests left out.
func genericMutants(p pkg) (all []*mutant, err error) {
	notice := []*suite{tests(p.folder, "")}
	for _, other := range p.others {
		notice = append(notice, tests(other, ""))
	}
	paths, err := filepath.Glob(filepath.Join(p.folder, "*.go"))
	if err != nil {
		return nil, err
	}
	for _, path := range paths {
		ours, err := build.Default.MatchFile(p.folder, filepath.Base(path))
		if err != nil {
			return nil, err
		}
		if !ours || strings.HasSuffix(path, "_test.go") {
			continue
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return nil, err
		}
		of, err := mutantsOf(path, text)
		if err != nil {
			return nil, err
		}
		for _, m := range of {
			m.tests = notice
		}
		all = append(all, of...)
	}
	if len(all) == 0 {
		return nil, fmt.Errorf("there are no mutants of %s: is it somewhere else now?", p.folder)
	}
	return all, nil
}

// source is a file that mutants are made of.
type source struct {
	path    string
	text    []byte
	files   *token.FileSet
	in      string // the function looked at
	isBool  bool   // that function returns a bool and nothing else
	mutants []*mutant
}

func mutantsOf(path string, text []byte) ([]*mutant, error) {
	s := &source{path: path, text: text, files: token.NewFileSet()}
	file, err := parser.ParseFile(s.files, path, text, parser.SkipObjectResolution)
	if err != nil {
		return nil, err
	}
	for _, d := range file.Decls {
		if f, ok := d.(*ast.FuncDecl); ok && f.Body != nil {
			s.in, s.isBool = f.Name.Name, returnsBool(f.Type)
			ast.Inspect(f.Body, s.look)
		}
	}
	return s.mutants, nil
}

func returnsBool(f *ast.FuncType) bool {
	if f.Results == nil || len(f.Results.List) != 1 || len(f.Results.List[0].Names) > 1 {
		return false
	}
	name, ok := f.Results.List[0].Type.(*ast.Ident)
	return ok && name.Name == "bool"
}

// look makes the mutants of one node. What a function inside a function returns
// is not looked at as the outer one's.
func (s *source) look(n ast.Node) bool {
	switch n := n.(type) {
	case *ast.FuncLit:
		outer := s.isBool
		s.isBool = returnsBool(n.Type)
		ast.Inspect(n.Body, s.look)
		s.isBool = outer
		return false
	case *ast.IfStmt:
		s.negate(n.Cond)
	case *ast.BinaryExpr:
		if other, ok := swapped[n.Op]; ok {
			s.edit(n.Pos(), n.End(), s.said(n.X)+" "+other.String()+" "+s.said(n.Y))
		}
	case *ast.ExprStmt:
		if _, call := n.X.(*ast.CallExpr); call {
			s.edit(n.Pos(), n.End(), "")
		}
	case *ast.DeferStmt:
		s.edit(n.Pos(), n.End(), "")
	case *ast.ReturnStmt:
		s.returned(n)
	}
	return true
}

func (s *source) returned(n *ast.ReturnStmt) {
	if len(n.Results) == 0 {
		return
	}
	if last, ok := n.Results[len(n.Results)-1].(*ast.Ident); ok && last.Name == "err" {
		s.edit(n.Pos(), n.End(), "")
	}
	for _, r := range n.Results {
		name, ok := r.(*ast.Ident)
		switch {
		case ok && name.Name == "true":
			s.edit(r.Pos(), r.End(), "false")
		case ok && name.Name == "false":
			s.edit(r.Pos(), r.End(), "true")
		case s.isBool:
			s.negate(r)
		}
	}
}

// negate turns a condition round, but for == and !=, which are swapped anyway.
func (s *source) negate(x ast.Expr) {
	if b, ok := x.(*ast.BinaryExpr); !ok || b.Op != token.EQL && b.Op != token.NEQ {
		s.edit(x.Pos(), x.End(), "!("+s.said(x)+")")
	}
}

func (s *source) said(n ast.Node) string {
	return string(s.text[s.offset(n.Pos()):s.offset(n.End())])
}

func (s *source) offset(p token.Pos) int { return s.files.Position(p).Offset }

func (s *source) edit(from, to token.Pos, text string) {
	m := edited(s.path, s.text, s.offset(from), s.offset(to), text)
	m.in = s.in
	s.mutants = append(s.mutants, m)
}

// edited is the mutant in which a stretch of a file is another text.
func edited(path string, text []byte, from, to int, instead string) *mutant {
	changed := append([]byte{}, text[:from]...)
	changed = append(append(changed, instead...), text[to:]...)
	return &mutant{file: filepath.ToSlash(path), line: 1 + strings.Count(string(text[:from]), "\n"), old: string(text[from:to]), new: instead, text: changed}
}
