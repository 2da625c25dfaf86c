package rebuild

import (
	"errors"
	"fmt"
	"slices"

	"nixhop/nixexec"
)

// chooseEngine decides who does the work: the nixos-rebuild that was asked for or found, or nixhop's own steps (a nil
// Dialect). With a build host that is neither here nor the target nixhop takes the steps itself: an older nixos-rebuild would run the copy
// on the build host, where the target's alias means nothing. So it does where every nixos-rebuild, or the one that is installed, cannot do it. why
// says so where it was not the user's choice.
func (s *Session) chooseEngine(r Request, place BuildPlace) (d *Dialect, why string, err error) {
	native := slices.Contains(nativeActions, r.Action)
	if r.Engine == EngineNative {
		if !native {
			return nil, "", nativeRefusal(r)
		}
		return nil, "", nil
	}
	path, err := FindNixosRebuild(r.NixosRebuild, s.Env("PATH"), s.Self)
	var missing *nixexec.NotFoundError
	if errors.As(err, &missing) && native && r.Engine == "" && r.NixosRebuild == "" {
		return nil, "no nixos-rebuild is installed here", nil
	}
	if err != nil {
		return nil, "", err
	}
	dialect := ReadDialect(path)
	if why := beyondNixosRebuild(r, place, dialect); why != "" && native && r.Engine == "" {
		return nil, why, nil
	}
	if flag := dialect.unknown(r.Flags); flag != "" && native && r.Engine == "" && nativeRefusal(r) == nil {
		return nil, fmt.Sprintf("%q does not know %s", path, flag), nil
	}
	if r.method() == string(ByRun0) && !dialect.elevates(ByRun0) && native && r.Engine == "" {
		return nil, fmt.Sprintf("%q does not know --elevate run0", path), nil
	}
	return &dialect, "", nil
}

// beyondNixosRebuild says why a deployment to a host is none for a nixos-rebuild, or nothing where it is. Each reason was seen with the real
// ones, bash and ng (nix.py: switch_to_configuration, get_generations; models.py: Profile.from_arg). The first nixos-rebuild-ng
// runs nix-copy-closure on the build host even where that is the target (until nixpkgs#364698); it has no --no-reexec, as some that do not.
func beyondNixosRebuild(r Request, place BuildPlace, installed Dialect) string {
	firstNG := installed.isNG() && !installed.Knows("--no-reexec")
	switch {
	case len(r.Hosts) == 0:
		return ""
	case !place.Here && !place.Target:
		return "the build host is neither here nor the target"
	case !place.Here && r.Has("--specialisation"):
		return "nixos-rebuild looks for the specialisation on this machine, and it is built on the host"
	case r.Has("--rollback") && r.Action == "test":
		return "nixos-rebuild looks for the generations on this machine"
	case r.Has("--profile-name"):
		return "nixos-rebuild makes the directory of the profile on this machine"
	case firstNG && place.Target && slices.Contains(contactActions, r.Action) && r.evaluates() && nativeRefusal(r) == nil:
		return "an early nixos-rebuild-ng may have the host copy the system to itself"
	}
	return ""
}

// isNG tells nixos-rebuild-ng from the older one in bash, which never had these flags. A program that cannot be read counts as the newest one.
func (d Dialect) isNG() bool {
	return d.Knows("--ask-sudo-password") || d.Knows("--ask-elevate-password")
}

// remoteBuildMinor is the minor version of the first Nix 2 that builds DERIVATION^*, which nixos-rebuild-ng has the build host do (Nix's release
// notes, 2.13; nixos-rebuild-ng, nix.py: build_remote_flake).
const remoteBuildMinor = 13

// settleRemoteBuild has nixhop take the steps itself where the build host's Nix is too old for nixos-rebuild-ng. Its own steps take nix-store.
func (d *deployment) settleRemoteBuild() {
	builds := d.at != nil && d.request.evaluates() && d.source.IsFlake() && slices.Contains(nativeActions, d.request.Action)
	handedOver := d.crossing.Wanted() || d.job.handsOver() // which is built by nix-store
	if d.target == nil || !builds || handedOver || d.job.Dialect == nil || !d.job.Dialect.isNG() {
		return
	}
	host, there := d.at.machine.Host.String(), d.at.facts.Nix.Version
	if major, minor := version(there); major != 2 || minor >= remoteBuildMinor {
		return
	}
	if !d.keepsNixosRebuild() {
		d.nativeFor = fmt.Sprintf("nixos-rebuild-ng builds on another host by Nix 2.%d or newer, and %s has %s", remoteBuildMinor, host, there)
		d.job.Dialect = nil
		return
	}
	again := Situation{Action: d.request.Action, Alias: d.target.Host.String()}.again
	var native []string
	if nativeRefusal(d.request) == nil {
		native = []string{again("--engine", "native")}
	}
	d.found = append(d.found, Finding{
		Name: "too-old", Severity: Error, Host: host,
		What:   fmt.Sprintf("nixos-rebuild-ng builds on another host by Nix 2.%d or newer, and its Nix is %q", remoteBuildMinor, there),
		Why:    "what it asks for there is DERIVATION^*, which an older one does not know",
		Remedy: anyOf(native, []string{again("--build-host", "local")}),
	})
}

// unknown is the first of the flags that this nixos-rebuild does not take in any spelling, or "".
func (d Dialect) unknown(flags []Flag) string {
	for _, f := range flags {
		if _, err := d.words(f); err != nil {
			return f.Spelling
		}
	}
	return ""
}
