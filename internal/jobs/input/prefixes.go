package input

import (
	"slices"

	"bulk/internal/jobs"
)

// PrefixCount counts SIMs that are not of the issuer of nearly all others.
type PrefixCount struct {
	Usual string // issuer prefix of nearly all
	Count int    // rows with another one
	Lines []int  // of the first few
}

// issuerDigits is how long an issuer prefix is at most (ITU-T E.118: the issuer
// identification number, 89, country code and issuer, has up to seven digits).
const issuerDigits = 7

// mostPrefixes is how many prefixes are told apart; further ones count as one.
const mostPrefixes = 1024

// nearlyAllOf is how many rows must have the usual prefix for each that has not.
const nearlyAllOf = 9

// prefixes counts the rows of each issuer; those that are too many under "".
type prefixes map[string]*prefixRows

type prefixRows struct {
	count int
	lines []int
}

func (p prefixes) add(i jobs.ICCID, line int) {
	rows := p[string(i[:issuerDigits])]
	if rows == nil {
		rows = p.room(string(i[:issuerDigits]))
	}
	rows.count++
	if len(rows.lines) < fewLines {
		rows.lines = append(rows.lines, line)
	}
}

func (p prefixes) room(prefix string) *prefixRows {
	if len(p) >= mostPrefixes {
		prefix = ""
	}
	if p[prefix] == nil {
		p[prefix] = &prefixRows{}
	}
	return p[prefix]
}

// others says how many rows are not of the usual issuer.
func (p prefixes) others() PrefixCount {
	usual, total := "", 0
	for prefix, rows := range p {
		total += rows.count
		if prefix != "" && (usual == "" || rows.count > p[usual].count) {
			usual = prefix
		}
	}
	if usual == "" || len(p) == 1 || p[usual].count < nearlyAllOf*(total-p[usual].count) {
		return PrefixCount{}
	}
	c := PrefixCount{Usual: usual, Count: total - p[usual].count}
	for prefix, rows := range p {
		if prefix != usual {
			c.Lines = append(c.Lines, rows.lines...)
		}
	}
	return c.few()
}

// few leaves the first few lines.
func (c PrefixCount) few() PrefixCount {
	slices.Sort(c.Lines)
	c.Lines = c.Lines[:min(len(c.Lines), fewLines)]
	return c
}

// fewLines is how many lines a count names.
const fewLines = 5
