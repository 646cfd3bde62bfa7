package settings

import (
	"cmp"

	"github.com/spf13/pflag"

	"bulk/cmd/bulk/console"
	"bulk/internal/report/files"
)

func (s *Options) RegisterReports(f *pflag.FlagSet) {
	s.registerReport(f)
	f.StringVar(&s.job, "job", "", "`NAME` that the metrics of a .prom report bear as their label job (the input's path)")
}

func (s *Options) registerReport(f *pflag.FlagSet) {
	f.StringArrayVar(&s.reports, "report", nil, "report `FILE`, repeatable: .json, .md, .xml (JUnit), .html or .prom, or FORMAT:FILE")
}

func (s *Options) registerSheet(f *pflag.FlagSet) {
	f.StringVar(&s.QRSheet, "qr-sheet", "", "printable page of the QR pictures that can still be installed, `FILE`.html")
	f.StringSliceVar(&s.QRLabels, "qr-label", nil, "`COLUMNS` that stand beside each picture on the sheet, such as site,order_no")
}

// ReportTargets reads --report.
func (s *Options) ReportTargets() (all []files.Target, err error) {
	for _, text := range s.reports {
		target, err := files.ParseTarget(text)
		if err != nil {
			return nil, console.Misused("--report: %v", err)
		}
		all = append(all, target)
	}
	return all, nil
}

// JobName is what the runs of an input are told apart by in metrics, so that
// two jobs never write the same series.
func (s *Options) JobName(input string) string { return cmp.Or(s.job, Absolute(input)) }
