package files

import (
	"html/template"

	"bulk/internal/jobs"
	"bulk/internal/report"
)

// view is what the HTML report's template shows.
type view struct {
	Title, ExitMeaning, Tone, Version, Ended, Digest string
	Command                                          string
	Origin                                           []report.Fact
	ExitCode                                         int
	Facts                                            []string
	Alerts                                           []alertView
	Tiles                                            []tileView
	Tables                                           []tableView
	Reasons                                          []reasonView
	Next, Files                                      []string
	Upstreams                                        []upstreamView
	Charts                                           []chart
	Listed                                           bool
	ListedSaid                                       string
	First                                            []rowView // what is listed where no script may run
	Unscripted                                       string
	Data                                             pageData
	Style                                            template.CSS
	StyleHash                                        template.HTMLAttr
	Script                                           template.JS
	ScriptHash                                       template.HTMLAttr
}

type tableView struct {
	What     string
	Outcomes []jobs.Outcome
	Lines    []lineView
	More     string
}

type lineView struct {
	Label, Said, Total string
	Bars               []barView
	Counts             []string
}

type barView struct {
	Outcome     jobs.Outcome
	From, Width string
}

type rowView struct {
	Line                                                         int
	ICCID, Page, Extra, Action, Group, Outcome, Code, Why, Words string
}
