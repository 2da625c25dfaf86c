package rebuild

import (
	"errors"
	"fmt"
	"slices"

	"nixhop/nixexec"
)

// chooseEngine decides who does the work: the nixos-rebuild that was asked for or found, or nixhop's own steps (a nil
// Dialect). With a build host that is neither here nor the target nixhop takes the steps itself: an older nixos-rebuild would run the copy
// on the build host, where the target's alias means nothing. So it does where every nixos-rebuild, or nixos-rebuild-ng, looks on this machine
// for what is on the host. why says so where it was not the user's choice.
func (s *Session) chooseEngine(r Request, place BuildPlace) (d *Dialect, why string, err error) {
	native := slices.Contains(nativeActions, r.Action)
	if r.Engine == EngineNative {
		if !native {
			return nil, "", &UsageError{Message: "--engine native cannot do " + quoted(r.Action), Hint: "leave --engine out: nixos-rebuild does it"}
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
	if why := beyondNixosRebuild(r, place); why != "" && native && r.Engine == "" {
		return nil, why, nil
	}
	dialect := ReadDialect(path)
	if flag := dialect.unknown(r.Flags); flag != "" && native && r.Engine == "" && nativeRefusal(r) == nil {
		return nil, fmt.Sprintf("%q does not know %s", path, flag), nil
	}
	if r.method() == string(ByRun0) && !dialect.elevates(ByRun0) && native && r.Engine == "" {
		return nil, fmt.Sprintf("%q does not know --elevate run0", path), nil
	}
	return &dialect, "", nil
}

// beyondNixosRebuild says why a deployment to a host is none for a nixos-rebuild, or nothing where it is. Each reason was seen with the real
// ones, bash and ng (nix.py: switch_to_configuration, get_generations; models.py: Profile.from_arg).
func beyondNixosRebuild(r Request, place BuildPlace) string {
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
	}
	return ""
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
