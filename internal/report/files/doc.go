// Package files writes the report files of a run: JSON for programs, Markdown
// for a pull request, JUnit XML for a CI server, HTML for a person and a
// textfile for Prometheus. It says what a [report.Summary] and the rows hold,
// and nothing more; LPA strings and pictures are in none of them.
package files
