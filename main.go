// Command nixhop is a nixos-rebuild that knows your ssh hosts: one word, an alias of the ssh config, is enough to
// deploy one.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime/debug"
	"strings"
	"syscall"

	"nixhop/nixexec"
	"nixhop/rebuild/phase"
)

// version is set by the linker (-X main.version=...); else the build information is asked.
var version string

// garbagePercent is how much garbage may lie beside what is in use before it is collected (GOGC, whose default is 100):
// a run of hundreds of hosts takes an eighth less memory for it, and hardly more time, for it waits for others.
const garbagePercent = 50

func main() {
	if set := debug.SetGCPercent(garbagePercent); set != 100 {
		debug.SetGCPercent(set) // by the user
	}
	ctx, stop := nixexec.WithSignals(context.Background(), syscall.SIGTERM, syscall.SIGHUP)
	status := run(ctx, os.Args, nixexec.Stdio{In: os.Stdin, Out: os.Stdout, Err: os.Stderr}, os.Getenv)
	stop()
	os.Exit(status)
}

// run is the whole program but for the process around it: it returns the exit status. args[0] is the name it was
// called by.
func run(ctx context.Context, args []string, stdio nixexec.Stdio, env func(string) string) int {
	var words []string
	if len(args) > 1 {
		words = args[1:]
	}
	err := execute(ctx, words, stdio, env)
	explain(stdio.Err, err)
	return phase.Status(err)
}

// explain prints an error: what happened behind the program's name, the hints under it. A child that ended by itself
// has said why already, and a user who pressed Ctrl-C knows.
func explain(w io.Writer, err error) {
	var stopped *nixexec.InterruptedError
	if phase.Silent(err) || errors.As(err, &stopped) && stopped.Signal == syscall.SIGINT {
		return
	}
	first, hints, _ := strings.Cut(nixexec.PrintableLines(err.Error()), "\n")
	fmt.Fprintln(w, "nixhop: "+first)
	for hint := range strings.Lines(hints) {
		fmt.Fprintln(w, "  "+strings.TrimRight(hint, "\n"))
	}
}

// versionLine is what --version prints.
func versionLine() string {
	v := version
	if info, ok := debug.ReadBuildInfo(); ok && v == "" {
		v = info.Main.Version
	}
	if v == "" {
		v = "(unknown version)"
	}
	return "nixhop " + v
}
