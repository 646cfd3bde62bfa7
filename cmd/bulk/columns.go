package main

import (
	"context"
	"os"
	"slices"
	"strings"

	"github.com/spf13/pflag"

	"bulk/internal/jobs"
	"bulk/internal/jobs/input"
)

func (s *settings) registerCurrentGroups(f *pflag.FlagSet) {
	f.StringVar(&s.currentIn, "current-groups", "", "`FILE` that says in which group SIMs are, for rows that do not say it: iccid and group, such as a portal's export")
}

// readCurrentGroups opens the file of --current-groups, copying it into dir; it is
// to be released in the end. Without one both are nil.
func (p *sources) readCurrentGroups(ctx context.Context, s *settings, dir string, columns map[string]string) (*input.CurrentGroups, *input.Copy, error) {
	if s.currentIn == "" {
		return nil, nil, nil
	}
	if _, err := os.Stat(s.currentIn); err != nil {
		return nil, nil, refused("opening the file of --current-groups: "+err.Error(), "look at --current-groups; nothing was sent")
	}
	c, err := p.take(ctx, s.currentIn, dir)
	if err != nil {
		return nil, nil, err
	}
	groups, err := input.OpenCurrentGroups(ctx, c, s.currentIn, columns)
	if err != nil {
		c.Release()
		return nil, nil, unusable(s.currentIn, err)
	}
	return groups, c, nil
}

// columnNames reads --column.
func (s *settings) columnNames() (map[string]string, error) {
	if len(s.columns) == 0 {
		return nil, nil
	}
	names := map[string]string{}
	for _, pair := range s.columns {
		own, other, found := strings.Cut(pair, "=")
		own, other = jobs.NormalName(own), strings.TrimSpace(other)
		switch {
		case !found || other == "":
			return nil, misused("--column is NAME=\"OTHER NAME\", such as iccid=\"SIM Serial\", not %q", pair)
		case !slices.Contains(input.ColumnNames(), own):
			return nil, misused("--column %s: bulk reads no column of that name; it reads %s", pair, strings.Join(input.ColumnNames(), ", "))
		case names[own] != "":
			return nil, misused("--column names %s twice", own)
		}
		names[own] = other
	}
	return names, nil
}
