package main

import (
	"encoding/csv"
	"os"
	"strconv"
	"strings"

	"github.com/rogpeppe/go-internal/testscript"
)

// scriptTLS makes a variable's http address an https one: nobody speaks TLS there.
func scriptTLS(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: tls VARIABLE")
	}
	ts.Setenv(args[0], strings.Replace(ts.Getenv(args[0]), "http:", "https:", 1))
}

// scriptCounted holds the attempts that a result file counts against the
// requests that the sandbox saw: one that was lost on its way was not seen.
func scriptCounted(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: counted FILE.csv UPSTREAM")
	}
	file, err := os.Open(ts.MkAbs(args[0]))
	ts.Check(err)
	defer file.Close()
	rows, err := csv.NewReader(file).ReadAll()
	ts.Check(err)
	column, sum := -1, 0
	for i, name := range rows[0] {
		if name == "attempts" {
			column = i
		}
	}
	for _, row := range rows[1:] {
		n, err := strconv.Atoi(row[column])
		ts.Check(err)
		sum += n
	}
	if saw := sandboxOf(ts).count(ts, args[1]+".requests"); saw > sum {
		ts.Fatalf("%s counts %d attempts, and the sandbox saw %d requests", args[0], sum, saw)
	}
}
