package plan

import (
	_ "embed"
	"fmt"
	"strings"
	"time"

	"nixhop/nixexec"
	"nixhop/rebuild/decision"
)

//go:embed emulate.sh
var emulateScript string

// EmulateTime bounds how long a build host may take to build a derivation of one line: an honest one needs a second.
const EmulateTime = 60 * time.Second

// emulateFlags let nix-store build for one more system. The setting is of a daemon that does not trust its user, and
// then without effect.
func emulateFlags(system string) []string {
	if system == "" {
		return nil
	}
	return []string{"--option", "extra-extra-platforms", system}
}

// Emulation is the command that tries on a build host (nil: here) whether a program for a system runs in a build; more
// is the system again where the build host's nix.conf does not name it.
func Emulation(build *decision.Machine, system, more string) nixexec.Command {
	script := nixexec.Assignments([2]string{"system", system}, [2]string{"more", more}, [2]string{"program", octal(TinyProgram(system))}, nixexec.HostPrograms()) +
		emulateScript
	argv := []string{"/bin/sh", "-s"}
	if build != nil {
		argv = session(build, argv...)
	}
	return nixexec.Command{Argv: argv, Stdin: script}
}

// octal writes bytes as printf(1) reads them.
func octal(data []byte) string {
	var b strings.Builder
	for _, c := range data {
		fmt.Fprintf(&b, `\%03o`, c)
	}
	return b.String()
}

// ParseEmulation reads what emulate.sh reports: whether it was built, or else why not.
func ParseEmulation(out string, err error) (says string, worked bool) {
	for line := range strings.Lines(out) {
		key, value, _ := strings.Cut(strings.TrimSpace(line), "=")
		switch key {
		case "emulated":
			worked = value == "yes" && err == nil
		case "says":
			says = nixexec.PlainText(value)
		}
	}
	if says == "" && err != nil {
		says = nixexec.PlainText(nixexec.FirstLine(err.Error()))
	}
	return says, worked
}
