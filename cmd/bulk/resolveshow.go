package main

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"text/tabwriter"
	"unicode/utf8"

	"bulk/cmd/bulk/console"
	"bulk/internal/jobs/ledger"
	"bulk/internal/report/human"
)

// shownMost is how many requests are shown before a question.
const shownMost = 30

// confirm shows what is to be settled and, on a terminal, asks.
func (r *resolving) confirm(ctx context.Context, words []word) error {
	var all []settling
	verdicts := map[ledger.Verdict]bool{}
	for _, w := range words {
		verdicts[w.verdict] = true
		for _, a := range w.acts {
			what := happened(a)
			if aside, found := w.aside(&a); found {
				what += fmt.Sprintf("; another command, %s on %s, was confirmed and counts where this one was not done", aside.DoneGroup(), console.UTC(aside.At))
			}
			all = append(all, settling{as(w.verdict, w.found()), what, r.portal.Of(a.ICCID), a})
		}
	}
	top := fmt.Sprintf("\n%s to be settled:\n", console.Plural(len(all), "request is", "requests are"))
	proves := ""
	if verdicts[ledger.FoundNotDone] {
		proves = provesNothing
	}
	if !r.u.Interactive() {
		end := "\n"
		if proves != "" {
			end = proves + "\n\n"
		}
		fmt.Fprint(r.u, top+tabled(all, shownMost)+end)
		return nil
	}
	answer, err := r.u.Ask(ctx, func(size console.Size) string {
		end := "\n" + console.Prompt("Type the number of requests to go on, anything else to leave:", size)
		if proves != "" {
			end = human.Hang("", proves, size.Columns) + end
		}
		return top + shown(all, size.Columns, size.Lines-strings.Count(strings.TrimPrefix(top, "\n")+end, "\n")-1) + end
	})
	if err != nil || !console.IsNumber(answer, len(all)) {
		return console.Refused("not confirmed: nothing was settled")
	}
	return nil
}

// settling is a request that is to be settled.
type settling struct {
	as, happened, page string
	ledger.ActInfo
}

// shown lists as many requests as have room in so many lines, as a table where the
// terminal is wide enough for one.
func shown(all []settling, columns, lines int) string {
	fits := func(text string) bool {
		return !slices.ContainsFunc(strings.Split(text, "\n"), func(line string) bool { return utf8.RuneCountInString(line) > columns })
	}
	lay := tabled
	if !fits(tabled(all, shownMost)) {
		lay = func(all []settling, most int) string { return told(all, most, columns) }
	}
	for most := shownMost; most > 1; most-- {
		if text := lay(all, most); strings.Count(text, "\n") <= lines {
			return text
		}
	}
	return lay(all, 1)
}

func tabled(all []settling, most int) string {
	var b strings.Builder
	w := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "  AS\tSIM\tACCOUNT\tGROUP\tSENT\tRUN\tLINE\tWHAT HAPPENED")
	for _, s := range all[:min(most, len(all))] {
		what := s.happened
		if s.page != "" {
			what += "  " + s.page
		}
		fmt.Fprintf(w, "  %s\t%s\t%s\t%s\t%s\t%d\t%d\t%s\n", s.as, s.ICCID, s.Account, s.Group, console.UTC(s.At), s.Run, s.Line, what)
	}
	_ = w.Flush()
	return b.String() + andMore(len(all)-most)
}

// told lists the same in words.
func told(all []settling, most, columns int) string {
	var b strings.Builder
	for _, s := range all[:min(most, len(all))] {
		b.WriteString(human.Hang("  ", fmt.Sprintf("%s as %s: sent into group %s on %s at %s by run %d, line %d; %s %s",
			s.ICCID, s.as, s.Group, s.Account, console.UTC(s.At), s.Run, s.Line, s.happened, s.page), columns))
	}
	return b.String() + andMore(len(all)-most)
}

func andMore(n int) string {
	if n <= 0 {
		return ""
	}
	return fmt.Sprintf("  and %d more\n", n)
}

// as is what a request is to be settled as.
func as(v ledger.Verdict, group string) string {
	switch v {
	case ledger.FoundDone:
		if group != "" {
			return "done, into " + group
		}
		return "done"
	case ledger.FoundNotDone:
		return "not done"
	case ledger.NotToBeTold:
		return "cannot tell"
	}
	return "in doubt again"
}

// foundIt is what a person has said of a request.
var foundIt = map[ledger.State]string{
	ledger.ResolvedDone: as(ledger.FoundDone, ""), ledger.ResolvedNotDone: as(ledger.FoundNotDone, ""), ledger.CannotTell: as(ledger.NotToBeTold, ""),
}

// stateInWords is what is known of a request.
func stateInWords(s ledger.State) string {
	if words, said := foundIt[s]; said {
		return words + ", as a person has said"
	}
	if s == ledger.Intended {
		return "on its way"
	}
	return string(s)
}

// happened says how an act came to be in doubt, or who settled it.
func happened(a ledger.ActInfo) string {
	switch a.State {
	case ledger.Intended:
		return "on its way"
	case ledger.UnknownState:
		if a.Code != "" {
			return string(a.Code)
		}
		return "unknown"
	}
	return fmt.Sprintf("%s, said by %s: %s", foundIt[a.State], a.ResolvedBy, a.Reason)
}
