package main

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/gocarina/gocsv"

	"bulk/internal/jobs"
)

// checkSpeed holds `bulk check` of a file, from exec to exit, against reading
// the same file with encoding/csv and gocsv's row mapping and doing nothing
// with it.
func checkSpeed(b *bench) error {
	rows, rounds := 1_000_000, 5
	if b.quick {
		rounds = 3
	}
	path, err := b.inputFile("check.csv", block{jobs.QueryStatus, 0, rows})
	if err != nil {
		return err
	}
	var ratios, bare []float64
	for range rounds {
		out, err := helper("readcsv", path).Output()
		if err != nil {
			return fmt.Errorf("reading %s: %w", path, err)
		}
		read, err := strconv.ParseFloat(strings.TrimSpace(string(out)), 64)
		if err != nil {
			return err
		}
		u, err := b.bulkWith(nil, "check", path, "--output", filepath.Join(b.folder, "check.results.csv"))
		if err != nil {
			return err
		}
		bare, ratios = append(bare, float64(rows)/read), append(ratios, read/u.Wall.Seconds())
	}
	b.table.atLeast("`bulk check`, 1 million rows: speed / bare csv.Reader with gocsv's mapping", median(ratios), 0.25,
		fmt.Sprintf(" (of %.0f rows/s)", median(bare)))
	return os.Remove(path)
}

// readCSV is the bare reading. It prints how long it took, in seconds.
func readCSV(args []string) error {
	type plain struct {
		ICCID  string `csv:"iccid"`
		Action string `csv:"action"`
		Group  string `csv:"group"`
		Order  string `csv:"order"`
		Device string `csv:"device"`
		Site   string `csv:"site"`
	}
	began := time.Now()
	file, err := os.Open(args[0])
	if err != nil {
		return err
	}
	defer file.Close()
	rows, err := gocsv.NewUnmarshaller(csv.NewReader(file), plain{})
	if err != nil {
		return err
	}
	for {
		if _, err := rows.Read(); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			return err
		}
	}
	fmt.Println(time.Since(began).Seconds())
	return nil
}
