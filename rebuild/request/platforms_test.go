package request

import (
	"errors"
	"strings"
	"testing"
)

func TestPlatformConflicts(t *testing.T) {
	for line, want := range map[string]string{
		"switch web --cross --emulate":                    "--cross cannot be used with --emulate",
		"switch web --cross --rollback":                   "--cross cannot be used with --rollback: nothing is built",
		"switch web --system x86_64-linux --store-path /": "--system cannot be used with --store-path: nothing is built",
		"switch web --emulate --rollback":                 "--emulate cannot be used with --rollback: nothing is built",
		"build-vm web --cross":                            "--cross cannot be used with build-vm",
		"repl web --emulate":                              "--emulate cannot be used with repl",
		"list-generations web --system x86_64-linux":      "--system cannot be used with list-generations",
		"hosts --cross":                                   "--cross cannot be used with hosts",
		"switch web --cross=":                             `--cross takes a system, not ""`,
		"switch web --cross=arm":                          `--cross takes a system, not "arm"`,
		"switch web --cross=X-linux":                      `--cross takes a system, not "X-linux"`,
		"switch web --system linux":                       `--system takes a system, not "linux"`,
		"switch web --emulate=x":                          `--emulate takes no value, but "x" was given`,
	} {
		_, err := Parse(strings.Fields(line), noHost)
		var usage *UsageError
		if !errors.As(err, &usage) || usage.Message != want {
			t.Errorf("%s: %v, want %q", line, err, want)
		}
	}
	for _, line := range []string{"switch web --cross=none --emulate", "switch web --cross --system aarch64-linux", "check web --cross", "dry-build web --emulate"} {
		if _, err := Parse(strings.Fields(line), noHost); err != nil {
			t.Errorf("%s: %v", line, err)
		}
	}
}

// What asks for another platform is nixhop's to do, even on this machine.
func TestPlatformIsNoPassThrough(t *testing.T) {
	for _, flag := range []string{"--cross", "--cross=x86_64-linux", "--emulate", "--system=x86_64-linux"} {
		if mustParse(t, "switch "+flag).PassThrough() {
			t.Errorf("%s goes to nixos-rebuild, which does not know it", flag)
		}
	}
}

// mustParse is a command line that is understood.
func mustParse(t *testing.T, line string) Request {
	t.Helper()
	r, err := Parse(strings.Fields(line), noHost)
	if err != nil {
		t.Fatal(err)
	}
	return r
}
