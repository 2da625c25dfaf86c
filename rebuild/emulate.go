package rebuild

import (
	"context"
	_ "embed"
	"fmt"
	"slices"

	"nixhop/nixexec"
	"nixhop/rebuild/check"
	"nixhop/rebuild/facts"
	"nixhop/rebuild/plan"
	"nixhop/rebuild/report"
)

// tryEmulation has the build host build a derivation of one line for the system, by a program of that system. Where it builds for the
// system natively, or has a remote builder for it, there is nothing to try. A check builds nothing, and for some systems there is no
// program to try it with: then the kernel's word counts.
func (d *deployment) tryEmulation(ctx context.Context) []report.Finding {
	system, own := d.facts.BuildSystem, d.buildNix()
	if system == "" {
		return []report.Finding{{
			Name: "emulation", Severity: report.Error, Host: d.buildHost(),
			What: "the configuration does not tell what system it is for", Why: "so nobody knows what is to be emulated",
		}}
	}
	m, known := facts.FindManner(own, system), slices.Contains(own.Platforms(), system)
	if m == facts.ByRemoteBuilder || m == facts.Natively && known {
		return nil
	}
	if !known {
		d.job.Emulate = system
	}
	why, worked := "the kernel's binfmt_misc names no program for it", m != ""
	if !d.checking && plan.TinyProgram(system) != nil {
		ctx, cancel := context.WithTimeout(ctx, plan.EmulateTime)
		defer cancel()
		out, err := nixexec.Output(ctx, plan.Emulation(d.job, system))
		why, worked = plan.ParseEmulation(string(out), err)
		why = "a derivation of one line was tried: " + why
	}
	if worked {
		d.emulated = facts.Yes
		return nil
	}
	d.emulated = facts.No
	need := d.need()
	need.Nix.Emulators, need.Nix.ExtraPlatforms = nil, nil
	return []report.Finding{{
		Name: "emulation", Severity: report.Error, Host: d.buildHost(),
		What:   fmt.Sprintf("no program for %q runs in a build there", system),
		Why:    why,
		Remedy: need.Ways(),
	}}
}

// need is the build that is to be done, whatever the build host.
func (d *deployment) need() check.Need {
	if d.at != nil {
		return d.buildHostWant().Need(d.at.facts)
	}
	return d.buildHereWant().Need(d.here())
}
