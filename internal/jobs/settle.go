package jobs

import (
	"context"
	"unicode"
	"unicode/utf8"
)

// settle turns the answer to a command into the row's outcome.
func (w *work) settle(ctx context.Context, a Answer) {
	switch {
	case a.Verdict == Done:
		w.end(OK, "", w.unchecked())
	case a.Verdict == MaybeSent:
		w.end(Unknown, a.Code, Reason{a.Code, a.Detail}.Cause()+" The command may have been done. "+lookUp(w.row.ICCID))
	case a.Verdict == Refused && a.Code == SIMUnknown:
		w.tellApart(ctx, a)
	default:
		w.fail(a)
	}
}

// tellApart finds out which "invalid iccid" the upstream meant: a SIM it does
// not know, or one that is not in a pending group. A successful query_status
// shows that the SIM is known (upstreams.md, 1). It is asked only where the
// live checks have not shown that already.
func (w *work) tellApart(ctx context.Context, refusal Answer) {
	known := w.known
	if !known {
		a := w.Ask.Ask(ctx, w.turn, QueryStatus, w.row.ICCID)
		w.result.Data.Merge(a.Data)
		if a.Ends != EndsNot {
			w.result.Ends = a.Ends
		}
		switch {
		case a.Verdict == Done:
			known = true
		case a.Verdict != Refused || a.Code != SIMUnknown:
			w.end(Failed, UpstreamError, "The upstream refused the command; whether it does not know the SIM or the SIM is not in a pending group "+
				"could not be found out. Look the SIM up in the portal.")
			return
		}
	}
	if known {
		w.because(Failed, Reason{SIMNotPending, "The upstream refused the command: the SIM is known but not in a pending group"})
		return
	}
	w.because(Failed, Reason{SIMUnknown, refusal.Detail})
}

// Sentence makes a text one: a capital first and a full stop last.
func Sentence(text string) string {
	if text == "" {
		return ""
	}
	first, size := utf8.DecodeRuneInString(text)
	if next, _ := utf8.DecodeRuneInString(text[size:]); !unicode.IsDigit(next) && !isName(text) {
		text = string(unicode.ToUpper(first)) + text[size:]
	}
	switch text[len(text)-1] {
	case '.', '!', '?':
		return text
	}
	return text + "."
}

// isName reports whether a text begins with a word that must keep its spelling,
// such as a column's name.
func isName(text string) bool {
	for _, r := range text {
		if r == '_' {
			return true
		}
		if !unicode.IsLetter(r) {
			return false
		}
	}
	return false
}

// lowerFirst makes a sentence's beginning that of a clause.
func lowerFirst(text string) string {
	first, size := utf8.DecodeRuneInString(text)
	return string(unicode.ToLower(first)) + text[size:]
}
