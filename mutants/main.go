// Command mutants shows whether the tests can fail: it changes the program in
// one place at a time, runs the tests that should notice, and lists the changes
// that none of them did. The tree is not touched: the changed file is laid over
// it (go build -overlay).
//
// There are two kinds: named edits, each a fault that somebody could make and
// that would do harm (named.go), and generic ones, made from the syntax of the
// packages that send, keep and count (generic.go), of which a sample is drawn.
//
// It exits 1 where a named edit survives, or more than 5 % of the generic ones
// that accepted.txt does not list.
package main

import (
	"context"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"os/signal"
	"slices"
	"strings"
	"time"
)

func main() { os.Exit(run()) }

const (
	mostSurvive = 0.05
	// shareFrom is how many generic mutants say something of all.
	shareFrom = 40
)

type options struct {
	named, sample, at int
	seed              uint64
	only              string
	list              bool
	timeout           time.Duration
}

func run() int {
	var o options
	flag.IntVar(&o.named, "named", -1, "how many of the named edits are tried; -1: all")
	flag.IntVar(&o.sample, "sample", 30, "how many generic mutants are tried of each package")
	flag.IntVar(&o.at, "at", 2, "how many are tried at a time")
	flag.Uint64Var(&o.seed, "seed", uint64(time.Now().UnixNano()), "what the samples are drawn by")
	flag.StringVar(&o.only, "only", "", "only mutants whose file or fault contains this")
	flag.BoolVar(&o.list, "list", false, "list the mutants and try none")
	flag.DurationVar(&o.timeout, "timeout", 2*time.Minute, "how long a package's tests may take with a mutant; beyond it, it counts as killed")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	good, err := all(ctx, o)
	if err != nil {
		fmt.Fprintln(os.Stderr, "mutants:", err)
		return 2
	}
	if !good {
		return 1
	}
	return 0
}

// all tries the mutants and reports whether few enough survived.
func all(ctx context.Context, o options) (good bool, err error) {
	fmt.Printf("seed %d\n", o.seed)
	mutants, err := choose(o)
	if err != nil || o.list {
		for _, m := range mutants {
			fmt.Println(m)
		}
		return true, err
	}
	if err := sound(ctx, mutants, o.timeout); err != nil {
		return false, err
	}
	if err := tryAll(ctx, mutants, o); err != nil {
		return false, err
	}
	return report(mutants), nil
}

// choose makes the mutants and draws the samples.
func choose(o options) (mutants []*mutant, err error) {
	accepted, err := readAccepted("mutants/accepted.txt")
	if err != nil {
		return nil, err
	}
	named, err := namedMutants()
	if err != nil {
		return nil, err
	}
	wanted := func(m *mutant) bool { return !strings.Contains(m.String(), o.only) }
	mutants = draw(slices.DeleteFunc(named, wanted), o.named, o.seed)
	known := map[string]bool{}
	for _, p := range packages {
		generic, err := genericMutants(p)
		if err != nil {
			return nil, err
		}
		for _, m := range generic {
			known[m.key()] = true
			m.accepted = accepted[m.key()]
		}
		mutants = append(mutants, draw(slices.DeleteFunc(generic, wanted), o.sample, o.seed)...)
	}
	for key := range accepted {
		if !known[key] {
			return nil, fmt.Errorf("accepted.txt lists what is no mutant any more; take it out: %s", key)
		}
	}
	return mutants, nil
}

// draw takes n of them by chance, in the order they have; all where n is negative.
func draw(from []*mutant, n int, seed uint64) (sample []*mutant) {
	if n < 0 || n >= len(from) {
		return from
	}
	chosen := rand.New(rand.NewPCG(seed, 0)).Perm(len(from))[:n]
	slices.Sort(chosen)
	for _, i := range chosen {
		sample = append(sample, from[i])
	}
	return sample
}

// readAccepted reads the mutants that may survive: a line each, the mutant's key, a
// tabulator and the reason.
func readAccepted(path string) (map[string]string, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	accepted := map[string]string{}
	for n, line := range strings.Split(string(text), "\n") {
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		key, reason, _ := strings.Cut(line, "\t")
		if strings.TrimSpace(reason) == "" {
			return nil, fmt.Errorf("%s:%d has no reason (a tabulator, and why it may survive)", path, n+1)
		}
		accepted[key] = strings.TrimSpace(reason)
	}
	return accepted, nil
}

// report prints the table and the survivors, and reports whether they are few
// enough.
func report(mutants []*mutant) bool {
	type count struct{ tried, killed, accepted, survived int }
	counts := map[string]*count{}
	var groups []string
	named, generic := 0, count{} // named: those that are not killed
	for _, m := range mutants {
		c := counts[m.group()]
		if c == nil {
			c = &count{}
			counts[m.group()] = c
			groups = append(groups, m.group())
		}
		if m.fate == broken && m.fault != "" {
			fmt.Println("does not compile, and must be mended in named.go:", m)
			named++
		}
		if m.fate == broken || m.fate == untried {
			continue
		}
		c.tried++
		switch {
		case m.fate == killed:
			c.killed++
		case m.accepted != "":
			c.accepted++
		default:
			c.survived++
		}
		switch {
		case m.fault == "":
			generic.tried++
			if m.fate == survived && m.accepted == "" {
				generic.survived++
			}
		case m.fate == survived:
			named++
		}
	}
	fmt.Printf("\n%-28s %8s %8s %8s %9s\n", "package", "mutants", "killed", "accepted", "survived")
	for _, g := range groups {
		c := counts[g]
		fmt.Printf("%-28s %8d %8d %8d %9d\n", g, c.tried, c.killed, c.accepted, c.survived)
	}
	for _, m := range mutants {
		if m.fate == survived {
			why := ""
			if m.accepted != "" {
				why = "\n    accepted: " + m.accepted
			}
			fmt.Printf("survived: %s\n    key: %s%s\n", m, m.key(), why)
		}
	}
	fmt.Printf("%d named edits are not killed; %d of %d generic mutants did that are not accepted\n", named, generic.survived, generic.tried)
	tooMany := generic.tried >= shareFrom && float64(generic.survived) > mostSurvive*float64(generic.tried)
	return named == 0 && !tooMany
}
