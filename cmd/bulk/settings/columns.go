package settings

import (
	"slices"
	"strings"

	"github.com/spf13/pflag"

	"bulk/cmd/bulk/console"
	"bulk/internal/jobs"
	"bulk/internal/jobs/input"
	"bulk/internal/jobs/meant"
)

func (s *Options) RegisterCurrentGroups(f *pflag.FlagSet) {
	f.StringVar(&s.CurrentIn, "current-groups", "", "`FILE` that says in which group SIMs are, for rows that do not say it: iccid and group, such as a portal's export")
}

// columnNames reads --column: what the file calls columns, and which it does not have.
func (s *Options) columnNames() (names map[string]string, absent []string, err error) {
	if len(s.columns) == 0 {
		return nil, nil, nil
	}
	names = map[string]string{}
	for _, pair := range s.columns {
		own, other, found := strings.Cut(pair, "=")
		own, other = jobs.NormalName(own), strings.TrimSpace(other)
		_, twice := names[own]
		switch {
		case !found:
			return nil, nil, console.Misused("--column is NAME=\"OTHER NAME\", such as iccid=\"SIM Serial\", not %q", pair)
		case !slices.Contains(input.ColumnNames(), own):
			return nil, nil, console.Misused("--column %s: bulk reads no column of that name; it reads %s%s", pair, strings.Join(input.ColumnNames(), ", "), meant.Ask(own, input.ColumnNames()))
		case twice || slices.Contains(absent, own):
			return nil, nil, console.Misused("--column names %s twice", own)
		case other == "" && own == input.ColumnNames()[0]:
			return nil, nil, console.Misused("--column %s: without ICCIDs there is nothing to do; --column iccid=\"OTHER NAME\" says where they are", pair)
		case other == "":
			absent = append(absent, own)
		default:
			names[own] = other
		}
	}
	return names, absent, nil
}
