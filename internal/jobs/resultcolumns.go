package jobs

// ResultColumns are the columns that follow the input's own in a result file;
// the data columns follow them.
var ResultColumns = []string{
	"line", "outcome", "error_code", "error_description", "upstream_error", "account", "request_id",
	"attempts", "http_status", "started_at", "duration_ms",
}
