package rebuild

import (
	"errors"
	"fmt"
	"slices"

	"nixhop/nixexec"
	"nixhop/rebuild/facts"
	"nixhop/rebuild/plan"
	"nixhop/rebuild/report"
	"nixhop/rebuild/request"
)

// chooseEngine decides who does the work: the nixos-rebuild that was asked for or found, or nixhop's own steps (a nil
// Dialect). With a build host that is neither here nor the target nixhop takes the steps itself: an older nixos-rebuild would run the copy
// on the build host, where the target's alias means nothing. So it does where every nixos-rebuild, or the one that is installed, cannot do it. why
// says so where it was not the user's choice.
func (s *Session) chooseEngine(r request.Request, place plan.BuildPlace) (d *plan.Dialect, why string, err error) {
	native := slices.Contains(request.NativeActions, r.Action)
	if r.Engine == request.EngineNative {
		if !native {
			return nil, "", plan.NativeRefusal(r)
		}
		return nil, "", nil
	}
	path, err := plan.FindNixosRebuild(r.NixosRebuild, s.Env("PATH"), s.Self)
	var missing *nixexec.NotFoundError
	if errors.As(err, &missing) && native && r.Engine == "" && r.NixosRebuild == "" {
		return nil, "no nixos-rebuild is installed here", nil
	}
	if err != nil {
		return nil, "", err
	}
	dialect := plan.ReadDialect(path)
	if why := plan.BeyondNixosRebuild(r, place, dialect); why != "" && native && r.Engine == "" {
		return nil, why, nil
	}
	if flag := dialect.Unknown(r.Flags); flag != "" && native && r.Engine == "" && plan.NativeRefusal(r) == nil {
		return nil, fmt.Sprintf("%q does not know %s", path, flag), nil
	}
	if r.Method() == string(facts.ByRun0) && !dialect.Elevates(facts.ByRun0) && native && r.Engine == "" {
		return nil, fmt.Sprintf("%q does not know --elevate run0", path), nil
	}
	return &dialect, "", nil
}

// settleRemoteBuild has nixhop take the steps itself where the build host's Nix is too old for nixos-rebuild-ng. Its own steps take nix-store.
func (d *deployment) settleRemoteBuild() {
	builds := d.at != nil && d.request.Evaluates() && d.source.IsFlake() && slices.Contains(request.NativeActions, d.request.Action)
	handedOver := d.crossing.Wanted() || d.job.HandsOver() // which is built by nix-store
	if d.target == nil || !builds || handedOver || d.job.Dialect == nil || !d.job.Dialect.IsNG() {
		return
	}
	host, there := d.at.machine.Host.String(), d.at.facts.Nix.Version
	if major, minor := facts.Version(there); major != 2 || minor >= plan.RemoteBuildMinor {
		return
	}
	if !d.keepsNixosRebuild() {
		d.nativeFor = fmt.Sprintf("nixos-rebuild-ng builds on another host by Nix 2.%d or newer, and %s has %s", plan.RemoteBuildMinor, host, there)
		d.job.Dialect = nil
		return
	}
	var native []report.Remedy
	if plan.NativeRefusal(d.request) == nil {
		native = []report.Remedy{report.Again("--engine", "native")}
	}
	d.found = append(d.found, report.Finding{
		Name: "too-old", Severity: report.Error, Host: host,
		What:   fmt.Sprintf("nixos-rebuild-ng builds on another host by Nix 2.%d or newer, and its Nix is %q", plan.RemoteBuildMinor, there),
		Why:    "what it asks for there is DERIVATION^*, which an older one does not know",
		Remedy: report.AnyOf(native, []report.Remedy{report.Again("--build-host", "local")}),
	})
}
