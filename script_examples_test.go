package main

import (
	"os"
	"strings"

	"github.com/rogpeppe/go-internal/testscript"
)

// steps writes the commands of a file of a CI, which are its blocks of several lines, into steps.sh, to be run by a shell as
// there.
func steps(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: steps FILE")
	}
	commands := blocks(ts.ReadFile(args[0]))
	if commands == "" {
		ts.Fatalf("%s has no commands", args[0])
	}
	ts.Check(os.WriteFile(ts.MkAbs("steps.sh"), []byte("set -e\n"+commands), 0o600))
}

// blocks are the literal blocks of a YAML file, one behind the other.
func blocks(text string) string {
	var out strings.Builder
	within, indent := -1, -1
	for _, line := range strings.Split(text, "\n") {
		blank := strings.TrimSpace(line) == ""
		at := len(line) - len(strings.TrimLeft(line, " "))
		if within >= 0 && !blank && at <= within {
			within = -1
		}
		switch {
		case within >= 0 && !blank:
			if indent < 0 {
				indent = at
			}
			out.WriteString(line[indent:] + "\n")
		case within < 0 && strings.HasSuffix(line, " |"):
			within, indent = at, -1
		}
	}
	return out.String()
}
