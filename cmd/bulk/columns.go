package main

import (
	"slices"
	"strings"

	"bulk/internal/jobs"
	"bulk/internal/jobs/input"
)

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
