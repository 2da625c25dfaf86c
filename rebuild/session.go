// Package rebuild is the domain of nixhop: a request becomes targets, targets become facts, facts become findings
// and a plan, and a plan that is run becomes an outcome.
package rebuild

import (
	"log/slog"
	"os"

	"nixhop/nixexec"
)

// Session is one run of nixhop: what main knows about the world around it, handed down once.
type Session struct {
	Stdio       nixexec.Stdio       // the real files; a foreground child gets them
	Log         *slog.Logger        // to standard error
	Interactive bool                // a terminal is there to be asked
	Env         func(string) string // os.Getenv, or a table in tests
	Dir         string              // working directory, absolute
	Self        os.FileInfo         // the running executable, so that nixhop never calls itself as nixos-rebuild
}
