package main

import (
	"os"
	"runtime/pprof"

	"bulk/cmd/bulk/console"
)

// The variables that name the files profiles go to, for `make profile`. They
// are no part of the contract.
const (
	cpuProfile  = "BULK_CPUPROFILE"
	heapProfile = "BULK_HEAPPROFILE" // allocations too, since the beginning
)

// profiled runs a command, writing down where its time and memory went if the
// environment asks for that.
func profiled(p *console.Process, run func() int) int {
	if path, ok := p.Env(cpuProfile); ok && path != "" {
		stop, err := profileCPU(path)
		if err != nil {
			return console.NewUI(p).Exit(console.Broken(err))
		}
		defer stop()
	}
	code := run()
	if path, ok := p.Env(heapProfile); ok && path != "" {
		if err := profileHeap(path); err != nil {
			return console.NewUI(p).Exit(console.Broken(err))
		}
	}
	return code
}

func profileCPU(path string) (stop func(), err error) {
	file, err := os.Create(path)
	if err != nil {
		return nil, err
	}
	if err := pprof.StartCPUProfile(file); err != nil {
		_ = file.Close()
		return nil, err
	}
	return func() {
		pprof.StopCPUProfile()
		_ = file.Close()
	}, nil
}

func profileHeap(path string) error {
	file, err := os.Create(path)
	if err != nil {
		return err
	}
	defer file.Close()
	return pprof.Lookup("allocs").WriteTo(file, 0)
}
