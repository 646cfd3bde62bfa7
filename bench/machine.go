package main

import (
	"bufio"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"time"
)

// machine says what the numbers were made on.
func machine(folder string) string {
	text := fmt.Sprintf("%d cores, %s, %s, %s/%s", runtime.NumCPU(), cpuModel(), runtime.Version(), runtime.GOOS, runtime.GOARCH)
	if took, err := fsync(folder); err == nil {
		text += fmt.Sprintf("; an fsync of 4 KiB takes %s here (median of 100)", took.Round(10*time.Microsecond))
	}
	if load, err := os.ReadFile("/proc/loadavg"); err == nil {
		text += "; load averages at the end " + strings.Join(strings.Fields(string(load))[:3], " ")
	}
	return text
}

// cpuModel is what Linux calls the processor; elsewhere its architecture.
func cpuModel() string {
	file, err := os.Open("/proc/cpuinfo")
	if err != nil {
		return runtime.GOARCH
	}
	defer file.Close()
	for lines := bufio.NewScanner(file); lines.Scan(); {
		if name, value, ok := strings.Cut(lines.Text(), ":"); ok && strings.TrimSpace(name) == "model name" {
			return strings.TrimSpace(value)
		}
	}
	return runtime.GOARCH
}

// fsync measures how long it takes to make an appended page durable.
func fsync(folder string) (time.Duration, error) {
	file, err := os.Create(filepath.Join(folder, "fsync"))
	if err != nil {
		return 0, err
	}
	defer file.Close()
	var took []time.Duration
	for range 100 {
		if _, err := file.Write(make([]byte, 4096)); err != nil {
			return 0, err
		}
		began := time.Now()
		if err := file.Sync(); err != nil {
			return 0, err
		}
		took = append(took, time.Since(began))
	}
	return median(took), nil
}
