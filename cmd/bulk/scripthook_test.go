package main

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strconv"
	"sync/atomic"

	"github.com/rogpeppe/go-internal/testscript"
)

// scriptHook serves a web hook until the script ends. Of the statuses given the
// last one stays; without any it is 200.
func scriptHook(ts *testscript.TestScript, neg bool, args []string) {
	if neg {
		ts.Fatalf("usage: hook [STATUS...]")
	}
	statuses := []int{http.StatusOK}
	for i, text := range args {
		status, err := strconv.Atoi(text)
		ts.Check(err)
		statuses = append(statuses[:i], status)
	}
	dir := ts.MkAbs(".")
	var asked atomic.Int64
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		n := asked.Add(1)
		body, err := io.ReadAll(r.Body)
		if err == nil {
			err = os.WriteFile(fmt.Sprintf("%s/hook-%d.json", dir, n), body, 0o600)
		}
		if err != nil {
			panic(err)
		}
		w.WriteHeader(statuses[min(int(n), len(statuses))-1])
	}))
	ts.Defer(server.Close)
	ts.Setenv("HOOK", server.URL+"/services/HOOKSECRET")
}

// scriptField prints fields of a JSON object, a line each.
func scriptField(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: field FILE NAME...")
	}
	var object map[string]any
	ts.Check(json.Unmarshal([]byte(ts.ReadFile(args[0])), &object))
	for _, name := range args[1:] {
		value, ok := object[name]
		if !ok {
			ts.Fatalf("%s has no field %s", args[0], name)
		}
		fmt.Fprintf(ts.Stdout(), "%s: %v\n", name, value)
	}
}
