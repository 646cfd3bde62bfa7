package main

import (
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"
)

func main() { os.Exit(run(os.Args[1:])) }

// helpers are what the program does when it starts itself as another process.
var helpers = map[string]func(args []string) error{
	"serve": serve, "measure": measure, "bare": bare, "readcsv": readCSV, "gateways": gatewaysOnly,
}

// parts are what is measured, in this order.
var parts = []struct {
	name string
	do   func(*bench) error
}{
	{"startup", startup}, {"check", checkSpeed}, {"memory", memory}, {"pacing", pacing}, {"workers", workers},
	{"throughput", throughput}, {"throttling", throttling}, {"limits", limits}, {"shared", sharedLedger}, {"handed", handed}, {"history", history},
}

// bench is one run of the program.
type bench struct {
	quick      bool
	loadBefore float64 // of the machine, in the last minute
	folder     string  // for everything that is made
	bulk       string  // the command
	table      table
	after      []string // what is printed after it
}

func run(args []string) int {
	if len(args) > 0 && helpers[args[0]] != nil {
		if err := helpers[args[0]](args[1:]); err != nil {
			fmt.Fprintf(os.Stderr, "bench %s: %v\n", args[0], err)
			return 1
		}
		return 0
	}
	flags := flag.NewFlagSet("bench", flag.ExitOnError)
	quick := flags.Bool("quick", false, "shorter runs and smaller files")
	only := flags.String("only", "", "the parts to measure, by comma: "+partNames())
	binary := flags.String("bulk", "", "the command to measure (built from ./cmd/bulk)")
	profile := flags.String("profile", "", "write a CPU and a heap profile of a run into this folder, and measure nothing")
	_ = flags.Parse(args) // exits by itself
	if err := measureAll(*quick, *only, *binary, *profile); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		return 1
	}
	return 0
}

func partNames() string {
	var names []string
	for _, p := range parts {
		names = append(names, p.name)
	}
	return strings.Join(names, ",")
}

func measureAll(quick bool, only, binary, profileInto string) (err error) {
	wanted := strings.Split(only, ",")
	for _, name := range wanted {
		if only != "" && !slices.Contains(strings.Split(partNames(), ","), name) {
			return fmt.Errorf("no part is called %q; there are %s", name, partNames())
		}
	}
	b := &bench{quick: quick, bulk: binary, loadBefore: machineLoad()}
	if b.folder, err = os.MkdirTemp("", "bulk-bench-*"); err != nil {
		return err
	}
	defer os.RemoveAll(b.folder)
	if b.bulk == "" {
		if b.bulk, err = build(b.folder); err != nil {
			return err
		}
	}
	if profileInto != "" {
		return profile(b, profileInto, os.Stdout)
	}
	began := time.Now()
	for _, p := range parts {
		if only != "" && !slices.Contains(wanted, p.name) {
			continue
		}
		fmt.Fprintf(os.Stderr, "%6s  %s\n", time.Since(began).Round(time.Second), p.name)
		if err := p.do(b); err != nil {
			return fmt.Errorf("%s: %w", p.name, err)
		}
	}
	fmt.Printf("%s\n\n", machine(b.folder))
	b.table.print(os.Stdout)
	for _, text := range b.after {
		fmt.Printf("\n%s", text)
	}
	fmt.Printf("\nmeasured in %s\n", time.Since(began).Round(time.Second))
	return nil
}
