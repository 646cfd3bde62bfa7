package main

import (
	"context"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"bulk/cmd/bulk/console"
	"bulk/internal/jobs/ledger"
)

// shownMost is how many requests are shown before a question.
const shownMost = 30

// confirm shows what is to be settled and, on a terminal, asks.
func (r *resolving) confirm(ctx context.Context, words []word) error {
	n := 0
	verdicts := map[ledger.Verdict]bool{}
	for _, w := range words {
		n += len(w.acts)
		verdicts[w.verdict] = true
	}
	var text strings.Builder
	fmt.Fprintf(&text, "\n%s to be settled:\n", console.Plural(n, "request is", "requests are"))
	r.show(&text, words)
	if verdicts[ledger.FoundNotDone] {
		fmt.Fprintf(&text, "%s\n", provesNothing)
	}
	fmt.Fprintln(&text)
	if !r.u.Interactive() {
		fmt.Fprint(r.u, text.String())
		return nil
	}
	answer, err := r.u.Ask(ctx, text.String()+"Type the number of requests to go on, anything else to leave: ")
	if err != nil || !console.IsNumber(answer, n) {
		return console.Refused("not confirmed: nothing was settled")
	}
	return nil
}

func (r *resolving) show(to io.Writer, words []word) {
	w := tabwriter.NewWriter(to, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "  AS\tSIM\tACCOUNT\tGROUP\tSENT\tRUN\tLINE\tWHAT HAPPENED")
	shown, more := 0, 0
	for _, word := range words {
		for _, a := range word.acts {
			if shown == shownMost {
				more++
				continue
			}
			shown++
			what := happened(a)
			if page := r.portal.Of(a.ICCID); page != "" {
				what += "  " + page
			}
			fmt.Fprintf(w, "  %s\t%s\t%s\t%s\t%s\t%d\t%d\t%s\n", as(word.verdict, word.found()), a.ICCID, a.Account, a.Group, console.UTC(a.At), a.Run, a.Line, what)
		}
	}
	_ = w.Flush()
	if more > 0 {
		fmt.Fprintf(to, "  and %d more\n", more)
	}
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
	return fmt.Sprintf("%s by %s: %s", a.State, a.ResolvedBy, a.Reason)
}
