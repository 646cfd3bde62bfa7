#!/usr/bin/env bash
# A tour of bulk on its sandbox: no account, no network. From the repository's
# root: ./examples/demo.sh [BULK]. It writes into demo/ alone and can be repeated.
set -euo pipefail
cd "$(dirname "$0")/.."
bulk=$(realpath "${1:-bin/bulk}")
unset "${!BULK_@}"
rm -rf demo
mkdir demo

heading() { printf '\n\n=== %s\n\n' "$*"; }

# does CODE WORDS... runs bulk; CODE is the exit code that is expected here.
does() {
    local want=$1 got=0
    shift
    printf '$ bulk %s\n' "$*"
    "$bulk" "$@" || got=$?
    if [ "$got" -ne "$want" ]; then
        printf 'demo: that ended with %d, not %d\n' "$got" "$want" >&2
        exit 1
    fi
}

# note TEXT explains what was just seen.
note() { printf '\n> %s\n' "$*"; }

# column FILE NAME prints a column of a result file; in these files no cell before
# it holds a comma.
column() {
    awk -F, -v name="$2" 'NR == 1 { for (i = 1; i <= NF; i++) if ($i == name) at = i; next } { print $at }' "$1"
}

# show FILE prints what became of each row.
show() {
    printf '\n%s, some of its columns:\n' "$1"
    paste -d ' ' <(column "$1" line) <(column "$1" iccid) <(column "$1" action) <(column "$1" outcome) <(column "$1" error_code) |
        awk '{ printf "  line %-3s %-20s %-18s %-9s %s\n", $1, $2, $3, $4, $5 }'
}

heading '1. Check a file: no network, every bad row at once'
does 3 check examples/input.csv -o demo/input.check.csv
note 'Exit code 3: some rows are wrong. Those that are not valid:'
show demo/input.check.csv | grep -v ' valid '

heading '2. Run it against the sandbox: both APIs over real HTTP, ten requests a second each'
does 5 run examples/input.csv --sandbox --yes -o demo/input.results.csv \
    --report demo/report.html --report demo/report.md --qr-sheet demo/qr-sheet.html --qr-label site,order_no
note 'Exit code 5: one answer was cut off, so nobody knows whether that SIM was moved. It is never sent again by itself.'
show demo/input.results.csv

heading '3. A change in two steps: a dry run writes the plan, its digest is the approval'
does 3 run examples/onboarding.csv --sandbox --dry-run -o demo/onboarding.plan.csv --report demo/plan.json
note 'Exit code 3: some rows did not pass the checks. Nothing was changed; the planned rows are:'
grep ',planned,' demo/onboarding.plan.csv | cut -d, -f1-4 | sed 's/^/  /'
digest=$(sed -n 's/.*"plan_sha256": "\([0-9a-f]*\)".*/\1/p' demo/plan.json)
note 'Somebody looks at the plan and approves those bytes, by the digest that the dry run said.'
echo
does 5 apply demo/onboarding.plan.csv --sandbox --approve "$digest" --reason 'demo' -o demo/onboarding.results.csv
note 'Exit code 5: the last SIM is the one whose answer the sandbox cuts off.'
note 'With one digit changed in the plan, it is refused.'
echo
sed 's/,L200,/,L100,/' demo/onboarding.plan.csv >demo/edited.plan.csv
does 4 apply demo/edited.plan.csv --sandbox --approve "$digest"
note 'Exit code 4: nothing was sent.'

heading '4. A guard ends a run: what was not reached is not_run'
does 1 run examples/reads.csv --sandbox --max-failures 1 --retries 0 --workers 1 -o demo/reads.results.csv
note 'Exit code 1: the first SIM of this file has an error at its first two requests, and one failure was one too many.'
show demo/reads.results.csv
note 'That file is an input again: just the rows that failed or were not run, this time with retries.'
echo
does 0 run demo/reads.results.csv --only failed,not_run --sandbox -o demo/reads.second.csv
show demo/reads.second.csv

heading 'Every outcome there is, and where to see one'
missing=0
for outcome in ok valid planned rejected invalid failed drift unknown skipped not_run; do
    found=
    for file in demo/*.csv; do
        if [ "$file" != demo/edited.plan.csv ] && column "$file" outcome | grep -qx "$outcome"; then
            found="$found $file"
        fi
    done
    printf '  %-9s%s\n' "$outcome" "${found:- nowhere}"
    [ -n "$found" ] || missing=1
done
if [ "$missing" -ne 0 ]; then
    echo 'demo: an outcome is missing' >&2
    exit 1
fi

heading 'Where to look next'
cat <<'END'
  demo/input.results.csv   each row says what happened and what to do (bulk run --for-excel: for a double-click)
  demo/report.html         the same run as a page: timeline, errors, a table to search
  demo/report.md           and for a pull request
  demo/qr-sheet.html       the QR codes, to be printed
  demo/onboarding.plan.csv the plan that was approved by its digest
  examples/                the files used here; any of them may be changed and run again
  bulk run --help          every flag, with examples
  README.md                pointing it at the real systems
END
