package decision

import (
	"slices"
	"strings"

	"nixhop/rebuild/request"
	"nixhop/rebuild/source"
)

// beyondNixosRebuild says why a deployment to a host is none for a nixos-rebuild, or nothing where it is. Each reason
// was seen with the real ones, bash and ng (nix.py: switch_to_configuration, get_generations; models.py:
// Profile.from_arg). The first nixos-rebuild-ng runs nix-copy-closure on the build host even where that is the target
// (until nixpkgs#364698); it has no --no-reexec, as some that do not.
func beyondNixosRebuild(k Known) string {
	r, place, installed := k.Request, k.Place, k.Installed.Dialect
	firstNG := installed.isNG() && !installed.Knows("--no-reexec")
	switch {
	case len(r.Hosts) == 0:
		return ""
	case k.Source.IsFlake() && k.Target != nil && strings.Contains(k.Target.Wants(k.Source), `"`):
		return "no nixos-rebuild can be told of a configuration with a quote in its name"
	case !place.Here && !place.Target:
		return "the build host is neither here nor the target"
	case !place.Here && r.Has("--specialisation"):
		return "nixos-rebuild looks for the specialisation on this machine, and it is built on the host"
	case r.Has("--rollback") && r.Action == "test":
		return "nixos-rebuild looks for the generations on this machine"
	case r.Has("--profile-name"):
		return "nixos-rebuild makes the directory of the profile on this machine"
	case firstNG && place.Target && slices.Contains(request.ContactActions, r.Action) && r.Evaluates() && Refusal(r) == nil:
		return "an early nixos-rebuild-ng may have the host copy the system to itself"
	}
	return ""
}

// isNG tells nixos-rebuild-ng from the older one in bash, which never had these flags. A program that cannot be read
// counts as the newest one.
func (d Dialect) isNG() bool {
	return d.Knows("--ask-sudo-password") || d.Knows("--ask-elevate-password")
}

// remoteBuildMinor is the minor version of the first Nix 2 that builds DERIVATION^*, which nixos-rebuild-ng has the
// build host do (Nix's release notes, 2.13; nixos-rebuild-ng, nix.py: build_remote_flake).
const remoteBuildMinor = 13

// given are the flags that a nixos-rebuild is to be given: those of the request, and those that say where the
// configuration is, which came later than the others.
func given(r request.Request, s source.Source) []request.Flag {
	flags := slices.Clone(r.Flags)
	add := func(is bool, name string) {
		if is {
			flags = append(flags, request.Flag{Name: name, Spelling: name})
		}
	}
	add(s.IsFlake() && !r.Has("--store-path"), "--flake")
	add(r.File != "", "--file")
	add(r.Attr != "", "--attr")
	add(r.NoFlake, "--no-flake")
	add(r.JSON, "--json")
	return flags
}

// unknown is the first of the flags that this nixos-rebuild does not take in any spelling, or "".
func (d Dialect) unknown(flags []request.Flag) string {
	for _, f := range flags {
		if _, err := d.Words(f); err != nil {
			return f.Spelling
		}
	}
	return ""
}

// keepingLock has Nix leave the lock file alone, and with it the index of git: what is evaluated is not what the flake
// says. A lock file that is missing or not tracked is worked out in memory. Who asks for a commit of the lock file
// wants it changed.
func keepingLock(r request.Request) request.Request {
	const keep = "--no-write-lock-file"
	if !r.Has(keep) && !r.Has("--commit-lock-file") {
		r.Flags = append(slices.Clone(r.Flags), request.Flag{Name: keep, Spelling: keep})
	}
	return r
}
