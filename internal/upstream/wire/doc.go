// Package wire is the HTTP under both API clients: one connection pool that
// speaks HTTP/1.1 alone, one request at a time with a time limit over the whole
// exchange, and the judgement of what went wrong on the way or of an answer
// that is not the API's own ([Sender.Send], [ByStatus]).
//
// It holds on to one question above all: can the request have reached the
// upstream? What the answers themselves mean is for the packages m2m and
// betatel to say; pace, patience and retries are package upstream's.
package wire
