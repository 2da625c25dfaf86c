package main

import (
	"os"
	"strings"

	"github.com/rogpeppe/go-internal/testscript"
)

// steps writes the commands of a file of a CI, which are its blocks of several lines, into steps.sh, to be run by a
// shell as there.
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

// recipe writes the commands of a recipe of a justfile into steps.sh, as just runs them for these hosts: what stands in
// braces is put in, nothing more is asked of the language here.
func recipe(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: recipe FILE RECIPE [HOST...]")
	}
	commands, hosts := recipeOf(ts.ReadFile(args[0]), args[1])
	if len(args) > 2 {
		hosts = strings.Join(args[2:], " ")
	}
	commands = strings.NewReplacer("{{hosts}}", hosts, "{{flake}}", ".").Replace(commands)
	if hosts == "" || commands == "" || strings.Contains(commands, "{{") {
		ts.Fatalf("the recipe %s for %q is %q", args[1], hosts, commands)
	}
	ts.Check(os.WriteFile(ts.MkAbs("steps.sh"), []byte("set -e\n"+commands), 0o600))
}

// recipeOf are the commands of a recipe, and what it takes where it is called without hosts.
func recipeOf(justfile, name string) (commands, hosts string) {
	within := false
	for line := range strings.Lines(justfile) {
		switch {
		case strings.HasPrefix(line, " ") && within:
			commands += strings.TrimSpace(line) + "\n"
		case strings.TrimSpace(line) != "":
			head := strings.TrimSuffix(strings.TrimSpace(line), ":")
			word, parameter, _ := strings.Cut(head, " ")
			if within = word == name; within {
				_, hosts, _ = strings.Cut(parameter, "=")
				hosts = strings.Trim(hosts, `"`)
			}
		}
	}
	return commands, hosts
}
