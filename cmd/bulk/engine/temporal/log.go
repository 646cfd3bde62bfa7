package temporal

import "log/slog"

// quiet is what the library says, for who looks closely: what a person must know is
// said in our own words.
type quiet struct{ log *slog.Logger }

func (q quiet) Debug(string, ...any)            {} // every task
func (q quiet) Info(text string, pairs ...any)  { q.log.Debug("temporal: "+text, pairs...) }
func (q quiet) Warn(text string, pairs ...any)  { q.log.Debug("temporal: "+text, pairs...) }
func (q quiet) Error(text string, pairs ...any) { q.log.Debug("temporal: "+text, pairs...) }
