package request

import (
	"errors"
	"strings"
	"testing"
)

// A command that is offered with a wrong usage is what was typed but for what was wrong: another port, another ssh
// config or another flake would be another machine or another system.
func TestOffer(t *testing.T) {
	for words, want := range map[string]string{
		"web:2222 --ssh-config c --flake x -j 4":                       "nixhop switch web:2222 --flake x -j 4 --ssh-config c",
		"web --plan --ask-sudo-password -- --x":                        "nixhop switch web --ask-sudo-password --plan -- --x",
		"web --odd":                                                    "nixhop switch web -- --odd",
		"switch web:2222 --brand-new --ssh-config c":                   "nixhop switch web:2222 --ssh-config c -- --brand-new",
		"switch web --brand-new value --no-flake -- --x":               "nixhop switch web --no-flake -- --brand-new value --x",
		"switch --target-host web --brand-new --plan":                  "nixhop switch --target-host web --plan -- --brand-new",
		"switch web db --brand-new":                                    "nixhop switch web db -- --brand-new",
		"switch web --target-host db:22 --ssh-config c --build-host b": "nixhop switch db:22 --build-host b --ssh-config c",
		"build web:22 --rollback --ssh-config c":                       "nixhop list-generations web:22 --ssh-config c",
		"list-generations web --flake x --ssh-config c":                "nixhop list-generations web --ssh-config c",
		"switch web:22 db --check --ssh-config c --flake x":            "nixhop check web:22 db --flake x --ssh-config c",
		"repl --target-host web --ssh-config c":                        "nixhop repl web --ssh-config c",
		"--ssh-config c --flake switch":                                "nixhop switch --flake --ssh-config c",
		"--ssh-config c --flake switch web":                            "nixhop switch web --flake --ssh-config c",
	} {
		_, err := Parse(strings.Fields(words), func(name string) bool { return name == "web" || name == "db" })
		var usage *UsageError
		if !errors.As(err, &usage) {
			t.Errorf("%s: %v", words, err)
			continue
		}
		if hint := usage.Hint[strings.LastIndex(usage.Hint, ": ")+2:]; hint != want {
			t.Errorf("%s: got %q, want %q", words, hint, want)
		}
	}
}
