package batch

import (
	"context"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"bulk/cmd/bulk/console"
	"bulk/internal/jobs"
	"bulk/internal/jobs/ledger"
	"bulk/internal/report/human"
)

// typed shows what would change and asks for the number of SIMs.
func (j *approved) typed(ctx context.Context) error {
	c := &j.changes
	known, err := j.db.GroupsUsed(ctx, j.up.accounts[jobs.M2M], slices.Sorted(maps.Keys(c.groups)))
	if err != nil {
		return console.Refused(err.Error(), "nothing was sent")
	}
	answer, err := j.u.Ask(ctx, func(size console.Size) string { return "\n" + j.question(known, size) })
	if err != nil {
		return console.Refused("no answer: nothing was sent")
	}
	if !console.IsNumber(answer, c.total) {
		var hints []string
		if j.kind != ledger.Apply {
			hints = []string{"to see first what it would do: bulk run --dry-run"}
		}
		return console.Refused("not confirmed: nothing was sent", hints...)
	}
	c.approval = "typed"
	return nil
}

const (
	leastColumns = 30 // in which a question can be read
	fewGroups    = 3  // that stand in it however small the terminal
	mostOfACode  = 40 // letters of a group's code or name
)

// question says what would change, and what nobody or nothing has made sure of. On
// the terminal all of it can be seen at once, as far as that can be: first it names
// fewer SIMs, then it says of safeguards only by which flags they are off, then it
// names fewer groups. known are the groups that the account was used with.
func (j *approved) question(known map[string]bool, size console.Size) string {
	size.Columns = max(size.Columns, leastColumns)
	groups := j.changes.byGroup(known)
	top, prompt := j.whatWouldChange(size.Columns), console.Prompt("Type the number of SIMs to go on, anything else to leave:", size)
	room := func(rest string) int { return size.Lines - strings.Count(top+rest+prompt, "\n") - 1 }
	rest := j.notSureOf(size.Columns, false)
	for named := fewSIMs; named >= 0; named-- {
		if list := j.listed(groups, named, size.Columns); strings.Count(list, "\n") <= room(rest) {
			return top + list + rest + prompt
		}
	}
	if least := j.some(groups, fewGroups, size.Columns); strings.Count(least, "\n") > room(rest) {
		rest = j.notSureOf(size.Columns, true)
	}
	list := j.some(groups, min(fewGroups, len(groups)), size.Columns)
	for n := fewGroups + 1; n <= len(groups); n++ {
		longer := j.some(groups, n, size.Columns)
		if strings.Count(longer, "\n") > room(rest) {
			break
		}
		list = longer
	}
	return top + list + rest + prompt
}

func (j *approved) whatWouldChange(columns int) string {
	return human.Hang("", fmt.Sprintf("This cannot be undone. %s would be given an auto-activation group on %s", Counted(j.changes.total), j.up.accounts[jobs.M2M]), columns) +
		human.Hang("", "by "+j.inputNamed(columns-len("by :"))+":", columns)
}

// listed lists groups, and of those to look at first some SIMs each.
func (j *approved) listed(groups []groupChange, named, columns int) string {
	var b strings.Builder
	for _, g := range groups {
		b.WriteString(human.Hang(fmt.Sprintf("  %7s  ", human.Number(g.sims)), "into group "+oneWord(g.code)+j.groupName(g.code)+j.changes.remark(g), columns))
		if named > 0 && j.changes.rank(g) < usual {
			b.WriteString(g.named(named))
		}
	}
	return b.String()
}

// some lists the first of the groups and counts the others.
func (j *approved) some(groups []groupChange, n, columns int) string {
	if n >= len(groups) {
		return j.listed(groups, 0, columns)
	}
	sims := 0
	for _, g := range groups[n:] {
		sims += g.sims
	}
	where := "with --dry-run --report plan.md all are listed"
	if j.kind == ledger.Apply {
		where = "all are in the plan"
	}
	return j.listed(groups[:n], 0, columns) + human.Hang("  ", fmt.Sprintf("and %s into %s; %s", Counted(sims), human.Count(len(groups)-n, "more group", "more groups"), where), columns)
}

// flagOf is the flag at the end of what is said of a safeguard.
var flagOf = regexp.MustCompile(`\((--[a-z-]+(?: [^ ,()]+)?)[^()]*\)$`)

// notSureOf says what nobody or nothing has made sure of; short: by the flags alone.
func (j *approved) notSureOf(columns int, short bool) string {
	c := &j.changes
	var b strings.Builder
	say := func(format string, args ...any) {
		b.WriteString(human.Hang("  ", fmt.Sprintf(format, args...), columns))
	}
	if wrong := j.invalidRows(); wrong > 0 {
		say("%s of the file would not be sent: invalid (bulk check names them).", human.Count(wrong, "row", "rows"))
	}
	if c.unsaid > 0 {
		they := map[bool]string{true: "it is", false: "they are"}[c.unsaid == 1]
		say("Of %s nobody has said that %s in a pending group (current_group, --current-groups).", Counted(c.unsaid), they)
	}
	if c.again > 0 {
		say("%s done before and would be sent a command a second time (--again).", human.Count(c.again, "of them was", "of them were"))
	}
	if off := j.off(); short && len(off) > 0 {
		for i, text := range off {
			if flag := flagOf.FindStringSubmatch(text); flag != nil {
				off[i] = flag[1]
			}
		}
		say("Safeguards off: %s.", strings.Join(off, ", "))
	} else {
		for _, text := range off {
			say("Safeguard off: %s.", text)
		}
	}
	if at, flag, set := j.s.Deadline(j.started); set {
		say("No new row begins after %s (%s).", inFull(at), flag)
	}
	if most := j.s.MaxInDoubt; most > 0 {
		say("At worst %s to look up in the portal (--max-in-doubt %d).", Counted(min(most, c.total)), most)
	}
	return b.String()
}

// invalidRows counts the rows that are wrong by the file alone.
func (j *loaded) invalidRows() (n int) {
	for _, f := range j.survey.Faults {
		if f.Outcome == jobs.Invalid {
			n += f.Count
		}
	}
	return n
}

// inputNamed is the file, with its sheet. Of a path that is wider than that the end
// counts.
func (j *loaded) inputNamed(columns int) string {
	name := human.OneLine(j.name)
	if n := utf8.RuneCountInString(name); n > columns {
		name = "…" + string([]rune(name)[n-columns+1:])
	}
	if sheet := j.file.Sheet(); sheet != "" {
		return fmt.Sprintf("%s, sheet %q", name, sheet)
	}
	return name
}

func (j *connected) groupName(code string) string {
	if j.catalog == nil {
		return ""
	}
	if g, ok := j.catalog.Group(code); ok && g.Name != "" {
		return " (" + human.Cut(human.OneLine(g.Name), mostOfACode) + ")"
	}
	return ""
}

// oneWord is a group's code, as it may stand in a file that nobody has looked
// through.
func oneWord(code string) string { return human.Cut(human.OneLine(code), mostOfACode) }
