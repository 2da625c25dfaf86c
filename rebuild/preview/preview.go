// Package preview tells what the activation of a system would change on a host, before anything is activated: it asks
// the host, words what that tells, and has somebody agree; to a host of another name, too.
package preview

import (
	"cmp"
	"context"
	_ "embed"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"nixhop/nixexec"
	"nixhop/rebuild/connection"
	"nixhop/rebuild/explain"
	"nixhop/rebuild/facts"
	"nixhop/rebuild/plan"
	"nixhop/rebuild/remote"
	"nixhop/rebuild/report"
)

//go:embed preview.sh
var script string

// Preview is how a system differs from the one that a host runs. What the host has not told is empty or zero.
type Preview struct {
	Runs, Wanted string // store paths
	There        bool   // the system that is wanted is in the host's store
	FromVersion  string // of NixOS
	ToVersion    string
	FromSize     int64 // of the closure, in bytes
	ToSize       int64
	Reboot       []string // the parts of it that only a boot brings: "kernel"
	Tool         string   // that has told the packages
	Packages     []string // its lines
	Units        []string // what switch-to-configuration would do with units, as it says it
	WithoutUnits bool     // it could not be asked
}

// Of asks the host of p how a system differs from the one that it runs: that at a store path, or where none is given
// the generation that the request goes back to. What the host cannot tell is left open; an error is a lost connection,
// or an interrupted run.
func Of(ctx context.Context, p remote.Performer, system string) (*Preview, error) {
	if err := p.Keep(ctx, "look at what changes"); err != nil {
		return nil, err
	}
	r := p.Job.Request
	if r.Generation() > 0 {
		system = p.Before.System.Wanted
	}
	command := nixexec.Command{Argv: []string{"/bin/sh", "-s"}}
	if p.Link != nil {
		command = p.Link.Command(command.Argv...)
	}
	command.Stdin = nixexec.Assignments(
		[2]string{"new", system}, [2]string{"profile", facts.ProfilePath(r.Value("--profile-name"))},
		[2]string{"specialisation", r.Value("--specialisation")}, facts.BootParts(), nixexec.HostPrograms(),
	) + script
	out, err := nixexec.Output(ctx, command)
	if err != nil {
		return nil, fmt.Errorf("asking what the activation would change: %w", err)
	}
	preview := parse(string(out))
	if !preview.There || r.Action == "boot" || preview.Runs == preview.Wanted && !r.Has("--force") {
		return &preview, nil
	}
	var failed error
	preview.Units, failed = units(ctx, p, preview.Wanted)
	if nixexec.Interrupted(failed) || context.Cause(ctx) != nil {
		return nil, cmp.Or(context.Cause(ctx), failed)
	}
	preview.WithoutUnits = failed != nil
	return &preview, nil
}

// units has the host tell what an activation would do with units, which takes root there. What others do there
// meanwhile, it says to the sink of p.
func units(ctx context.Context, p remote.Performer, system string) ([]string, error) {
	say := p.Say
	var said strings.Builder
	p.Say = func(e report.Event) {
		switch {
		case e.Kind != report.Output:
			say(e)
		case strings.HasPrefix(e.Text, "nixhop: "):
			say.Info(strings.TrimSpace(strings.TrimPrefix(e.Text, "nixhop: ")))
		default:
			said.WriteString(e.Text)
		}
	}
	p.Alone, p.Job.Run = false, p.Job.Run+"-preview"
	p.Job.Request = p.Job.Request.As("dry-activate", "--rollback", "--generation", "--specialisation", "--install-bootloader", "--profile-name")
	step, _ := plan.Activate(p.Job)
	out, _, err := p.Take(ctx, step, plan.Results{"toplevel": system})
	if outcome := explain.ParseOutcome(out, p.Job.Run); err == nil && !outcome.Known() {
		err = connection.ErrUntold
	}
	return unitLines(said.String()), err
}

// unitLines are the lines of switch-to-configuration dry-activate that tell of units. That it would run the activation
// script goes without saying.
func unitLines(text string) []string {
	var lines []string
	for line := range strings.Lines(nixexec.PrintableLines(text)) {
		if line = strings.TrimSpace(line); strings.HasPrefix(line, "would ") && line != "would activate the configuration..." {
			lines = append(lines, line)
		}
	}
	return lines
}

// mostLines is how many lines are kept of what tells of packages.
const mostLines = 400

// parse reads what the script prints: lines of a key and a value, and behind that of the tool its own text.
func parse(text string) (p Preview) {
	sizes := func(value string) int64 {
		n, _ := strconv.ParseInt(value, 10, 64)
		return max(n, 0)
	}
	for line := range strings.Lines(text) {
		line = strings.TrimRight(line, "\r\n")
		key, value, _ := strings.Cut(line, "=")
		switch {
		case p.Tool != "":
			if len(p.Packages) < mostLines {
				p.Packages = append(p.Packages, nixexec.PrintableLines(line))
			}
			continue
		case key == "runs":
			p.Runs = nixexec.Printable(value)
		case key == "wanted":
			p.Wanted = nixexec.Printable(value)
		case key == "there":
			p.There = value == "yes"
		case key == "from":
			p.FromVersion = nixexec.Printable(value)
		case key == "to":
			p.ToVersion = nixexec.Printable(value)
		case key == "from_size":
			p.FromSize = sizes(value)
		case key == "to_size":
			p.ToSize = sizes(value)
		case key == "reboot" && slices.Contains(bootParts, value):
			p.Reboot = append(p.Reboot, value)
		case key == "tool":
			p.Tool = nixexec.Printable(value)
		}
	}
	p.Packages = slices.DeleteFunc(p.Packages, func(line string) bool { return strings.TrimSpace(line) == "" })
	return p
}

// bootParts are the parts of a system that only a boot brings.
var bootParts = []string{"kernel", "initrd", "kernel-modules", "systemd"}
