package main

import (
	"bytes"
	"crypto/sha256"
	"database/sql"
	"encoding/csv"
	"encoding/hex"
	"fmt"
	"image/png"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	_ "github.com/jackc/pgx/v5/stdlib" // the driver "pgx"
	"github.com/makiuchi-d/gozxing"
	"github.com/makiuchi-d/gozxing/qrcode"
	"github.com/rogpeppe/go-internal/testscript"

	"bulk/internal/jobs"
	"bulk/internal/jobs/ledger"
)

// scriptCols prints chosen columns of a CSV file, header included. Columns are
// named as an input's may be, in any spelling.
func scriptCols(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: cols FILE COLUMN,...")
	}
	records, err := csv.NewReader(strings.NewReader(ts.ReadFile(args[0]))).ReadAll()
	ts.Check(err)
	if len(records) == 0 {
		ts.Fatalf("%s is empty", args[0])
	}
	place := map[string]int{}
	for i, name := range records[0] {
		name = jobs.NormalName(name)
		if _, twice := place[name]; twice {
			ts.Fatalf("%s has the column %s twice", args[0], name)
		}
		place[name] = i
	}
	names := strings.Split(args[1], ",")
	out := csv.NewWriter(ts.Stdout())
	ts.Check(out.Write(names))
	for _, record := range records[1:] {
		chosen := make([]string, len(names))
		for i, name := range names {
			at, ok := place[name]
			if !ok {
				ts.Fatalf("%s has no column %s", args[0], name)
			}
			chosen[i] = record[at]
		}
		ts.Check(out.Write(chosen))
	}
	out.Flush()
	ts.Check(out.Error())
}

// scriptMany writes a file with N different SIMs whose check digits are right.
func scriptMany(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 3 || len(args) > 4 {
		ts.Fatalf("usage: many FILE N ACTION [GROUP]")
	}
	n, err := strconv.Atoi(args[1])
	ts.Check(err)
	var b strings.Builder
	b.WriteString("iccid,action,group\n")
	for i := range n {
		fmt.Fprintf(&b, "%s,%s,%s\n", numberedICCID(i), args[2], strings.Join(args[3:], ""))
	}
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), []byte(b.String()), 0o600))
}

// numberedICCID is a made-up ICCID of 19 digits with its check digit.
func numberedICCID(i int) string {
	body := fmt.Sprintf("894450077%09d", i)
	for digit := range 10 {
		if iccid := body + strconv.Itoa(digit); jobs.ICCID(iccid).LuhnOK() {
			return iccid
		}
	}
	panic("one of ten digits is right")
}

func scriptDigest(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: digest FILE NAME")
	}
	sum := sha256.Sum256([]byte(ts.ReadFile(args[0])))
	ts.Setenv(args[1], hex.EncodeToString(sum[:]))
}

func scriptMode(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: mode FILE 0600")
	}
	info, err := os.Stat(ts.MkAbs(args[0]))
	ts.Check(err)
	if underWine() {
		return // Windows has no such modes
	}
	if got := fmt.Sprintf("%#o", info.Mode().Perm()); got != args[1] {
		ts.Fatalf("%s has the mode %s, want %s", args[0], got, args[1])
	}
}

// scriptQR prints what a QR picture says.
func scriptQR(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: qr FILE")
	}
	picture, err := png.Decode(strings.NewReader(ts.ReadFile(args[0])))
	ts.Check(err)
	bits, err := gozxing.NewBinaryBitmapFromImage(picture)
	ts.Check(err)
	hints := map[gozxing.DecodeHintType]any{gozxing.DecodeHintType_PURE_BARCODE: true}
	code, err := qrcode.NewQRCodeReader().Decode(bits, hints)
	ts.Check(err)
	fmt.Fprintln(ts.Stdout(), code.GetText())
}

// scriptSQL does to a ledger what nobody should.
func scriptSQL(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: sql LEDGER STATEMENT")
	}
	driver, at := "sqlite", ts.MkAbs(args[0])
	if ledger.InDatabase(args[0]) {
		driver, at = "pgx", args[0]
	}
	db, err := sql.Open(driver, at)
	ts.Check(err)
	defer db.Close()
	_, err = db.Exec(args[1])
	ts.Check(err)
}

// scriptNowhere looks for secrets in what the last command printed, and in every
// file that the script's commands have written.
func scriptNowhere(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) == 0 {
		ts.Fatalf("usage: nowhere TEXT...")
	}
	seen := map[string][]byte{"stdout": []byte(ts.ReadFile("stdout")), "stderr": []byte(ts.ReadFile("stderr"))}
	err := filepath.WalkDir(ts.Getenv("WORK"), func(path string, entry fs.DirEntry, err error) error {
		if err != nil || !entry.Type().IsRegular() {
			return err
		}
		seen[path], err = os.ReadFile(path)
		return err
	})
	ts.Check(err)
	for name, content := range seen {
		for _, text := range args {
			if bytes.Contains(content, []byte(text)) {
				ts.Fatalf("%q is in %s", text, name)
			}
		}
	}
}
