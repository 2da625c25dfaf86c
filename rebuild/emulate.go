package rebuild

import (
	"context"
	_ "embed"
	"fmt"
	"slices"
	"strings"
	"time"

	"nixhop/nixexec"
)

//go:embed emulate.sh
var emulateScript string

// emulateTime bounds how long a build host may take to build a derivation of one line: an honest one needs a second.
const emulateTime = 60 * time.Second

// emulateFlags let nix-store build for one more system. The setting is of a daemon that does not trust its user, and then without effect.
func emulateFlags(system string) []string {
	if system == "" {
		return nil
	}
	return []string{"--option", "extra-extra-platforms", system}
}

// tryEmulation has the build host build a derivation of one line for the system, by a program of that system. Where it builds for the
// system natively, or has a remote builder for it, there is nothing to try. A check builds nothing, and for some systems there is no
// program to try it with: then the kernel's word counts.
func (d *deployment) tryEmulation(ctx context.Context) []Finding {
	system, own := d.facts.BuildSystem, d.buildNix()
	if system == "" {
		return []Finding{{
			Name: "emulation", Severity: Error, Host: d.buildHost(),
			What: "the configuration does not tell what system it is for", Why: "so nobody knows what is to be emulated",
		}}
	}
	m, known := FindManner(own, system), slices.Contains(own.platforms(), system)
	if m == ByRemoteBuilder || m == Natively && known {
		return nil
	}
	if !known {
		d.job.Emulate = system
	}
	why, worked := "the kernel's binfmt_misc names no program for it", m != ""
	if !d.checking && tinyProgram(system) != nil {
		ctx, cancel := context.WithTimeout(ctx, emulateTime)
		defer cancel()
		out, err := nixexec.Output(ctx, emulation(d.job, system))
		why, worked = parseEmulation(string(out), err)
		why = "a derivation of one line was tried: " + why
	}
	if worked {
		d.emulated = Yes
		return nil
	}
	d.emulated = No
	need := d.need()
	need.Nix.Emulators, need.Nix.ExtraPlatforms = nil, nil
	return []Finding{{
		Name: "emulation", Severity: Error, Host: d.buildHost(),
		What:   fmt.Sprintf("no program for %q runs in a build there", system),
		Why:    why,
		Remedy: need.ways(),
	}}
}

// need is the build that is to be done, whatever the build host.
func (d *deployment) need() Need {
	if d.at != nil {
		return d.buildHostWant().need(d.at.facts)
	}
	return d.buildHereWant().need(d.here())
}

// emulation is the command that tries it on the build host.
func emulation(j Job, system string) nixexec.Command {
	script := assignments([2]string{"system", system}, [2]string{"more", j.Emulate}, [2]string{"program", octal(tinyProgram(system))}, hostPrograms) +
		emulateScript
	argv := []string{"/bin/sh", "-s"}
	if j.Build != nil {
		argv = j.Build.session(argv...)
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

// parseEmulation reads what emulate.sh reports: whether it was built, or else why not.
func parseEmulation(out string, err error) (says string, worked bool) {
	for line := range strings.Lines(out) {
		key, value, _ := strings.Cut(strings.TrimSpace(line), "=")
		switch key {
		case "emulated":
			worked = value == "yes" && err == nil
		case "says":
			says = plainText(value)
		}
	}
	if says == "" && err != nil {
		says = plainText(firstLine(err.Error()))
	}
	return says, worked
}
