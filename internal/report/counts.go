package report

import (
	"strings"

	"bulk/internal/jobs"
	"bulk/internal/report/human"
)

// Counts says how many rows ended in each outcome.
type Counts map[jobs.Outcome]int

// Total is the number of rows counted.
func (c Counts) Total() int {
	total := 0
	for _, n := range c {
		total += n
	}
	return total
}

// Text lists the outcomes wanted that occur: "3 failed, 1 unknown".
func (c Counts) Text(wanted ...jobs.Outcome) string {
	var parts []string
	for _, outcome := range wanted {
		if n := c[outcome]; n != 0 {
			parts = append(parts, human.Number(n)+" "+string(outcome))
		}
	}
	return strings.Join(parts, ", ")
}
