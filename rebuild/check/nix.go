package check

import (
	"fmt"
	"slices"
	"strings"

	"nixhop/nixexec"
	"nixhop/rebuild/facts"
	"nixhop/rebuild/report"
)

// nixMissing finds a host whose Nix is not where ssh looks for it (NixOS/nix#1078, nixpkgs#37287).
func nixMissing(f facts.Host, host string) []report.Finding {
	if f.Nix.Store != "" {
		return nil
	}
	found := report.Finding{
		Name: "nix-missing", Severity: report.Error,
		What:   fmt.Sprintf("no nix-store in the PATH of a non-interactive login: %q", f.Login.Path),
		Why:    "Nix copies over ssh by nix-store, started in such a login",
		Remedy: []report.Remedy{report.SSH(host, "curl -L https://nixos.org/nix/install | sh -s -- --daemon")},
	}
	if f.Nix.Elsewhere != "" {
		found.What = fmt.Sprintf("nix-store is in %q, which is not in the PATH of a non-interactive login: %q",
			f.Nix.Elsewhere, f.Login.Path)
		found.Remedy = []report.Remedy{asRoot(f, host, reachNix(f))}
	}
	return []report.Finding{found}
}

// reachNix brings Nix into the PATH by links, or where that has no directory for them says who may have set it.
func reachNix(f facts.Host) string {
	for _, directory := range []string{"/usr/local/bin", "/usr/bin"} {
		if slices.Contains(strings.Split(f.Login.Path, ":"), directory) && f.Nix.Elsewhere != directory {
			return "ln -s " + f.Nix.Elsewhere + "/nix* " + directory + "/"
		}
	}
	return "grep -rs PATH /etc/ssh/sshd_config /etc/ssh/sshd_config.d ~/.ssh/environment"
}

// storeRefused finds a login that the Nix daemon does not let in at all (NixOS/nixpkgs#370607).
func storeRefused(f facts.Host, host string) []report.Finding {
	if f.Root() || !refused(f.Nix.StoreError) {
		return nil
	}
	user := f.Login.User
	found := report.Finding{
		Name: "not-trusted", Severity: report.Error,
		What:   fmt.Sprintf("the host's Nix does not let %q in: %q", user, f.Nix.StoreError),
		Why:    "nothing can be copied to the host's store or built there by this login",
		Remedy: []report.Remedy{trustUser(user)},
	}
	switch {
	case !strings.Contains(f.Nix.StoreError, "Permission denied"):
		found.Remedy = append(found.Remedy, report.On(host, "systemctl", "status", "nix-daemon.socket"))
	case f.System.ID == "debian" || f.System.ID == "ubuntu":
		found.Remedy = []report.Remedy{report.On(host, "sudo", "usermod", "-a", "-G", "nix-users", user)}
	}
	return []report.Finding{found}
}

// trustUser is the line by which Nix takes unsigned paths from a user.
func trustUser(user string) report.Remedy {
	return report.Line(fmt.Sprintf("nix.settings.trusted-users = [ %s ];", nixexec.NixString(user)))
}

// notTrusted finds a login from which the daemon takes no unsigned paths (NixOS/nix#2127). signers are the keys that
// Nix signs with where the system is built; instead is a way that brings nothing unsigned there.
func notTrusted(f facts.Host, signers []string, instead ...report.Remedy) []report.Finding {
	if f.Nix.Trusted != facts.No || f.Nix.RequireSigs == facts.No || refused(f.Nix.StoreError) {
		return nil
	}
	user := f.Login.User
	found := report.Finding{
		Name: "not-trusted", Severity: report.Error,
		What: fmt.Sprintf("%q is not a trusted user of the host's Nix", user),
		Why:  "what was built elsewhere is not signed, and Nix takes unsigned paths from trusted users only",
	}
	others := slices.DeleteFunc(slices.Clone(f.Nix.TrustedKeys), func(name string) bool { return name == cacheKey })
	known := slices.IndexFunc(signers, func(name string) bool { return slices.Contains(others, name) })
	switch {
	case known >= 0:
		found.Severity = report.Note
		found.What += fmt.Sprintf(", which takes what is signed with %q", signers[known])
		found.Why = "Nix signs with that where the system is built (secret-key-files); " +
			"what was built before that was set carries no signature"
		return []report.Finding{found}
	case slices.Contains(signers, "?") && len(others) > 0:
		found.Severity = report.Warning
		found.What += fmt.Sprintf(", which takes what is signed with %q", strings.Join(others, ", "))
		found.Why = "Nix signs where the system is built (secret-key-files), with a key that this login may not read the name of"
	case len(signers) > 0:
		found.Why = fmt.Sprintf("what was built elsewhere is signed with %q, "+
			"and without a key that it knows Nix takes paths from trusted users only", strings.Join(signers, ", "))
	}
	trustKey := report.Line(`nix.settings.trusted-public-keys = [ "NAME:KEY" ];`)
	found.Remedy = report.AnyOf(instead,
		[]report.Remedy{trustUser(user)},
		[]report.Remedy{trustKey.Note("and sign here: nix store sign -r -k FILE PATH")})
	return []report.Finding{found}
}

// notTrustedTarget is notTrusted for a target. Of a system that is there already it is known what it is signed with.
func notTrustedTarget(f facts.Host, want TargetWant) []report.Finding {
	if want.Built {
		return notTrusted(f, want.Signers, report.Again("--build-host", "target"))
	}
	found := notTrusted(f, nil)
	if want.Stored == nil {
		return found
	}
	for i := range found {
		switch lacking := want.Stored.Unsigned; {
		case len(lacking) == 0:
			found[i] = report.Finding{
				Name: "not-trusted", Severity: report.Note, What: found[i].What + ", which takes this system all the same",
				Why: "each path of it is there, or is signed with a key that it knows",
			}
		default:
			found[i].Why = fmt.Sprintf("of %d paths %d are neither there nor signed with a key that it knows, as %q",
				want.Stored.Paths, len(lacking), lacking[0])
		}
	}
	return found
}

// cacheKey is the key of NixOS' own cache, which every Nix knows.
const cacheKey = "cache.nixos.org-1"

// refused reports whether opening the store failed, other than by a Nix that does not know the command.
func refused(message string) bool {
	return slices.ContainsFunc([]string{
		"Permission denied", "Connection reset", "Connection refused", "cannot connect", "cannot open connection",
		"not allowed",
	}, func(sign string) bool { return strings.Contains(message, sign) })
}

// targetPlatform finds a configuration that cannot run on the host (NixOS/nixpkgs#166838).
func targetPlatform(f facts.Host, system string) []report.Finding {
	if system == "" || f.System.Machine == "" || facts.Runs(f.System, system) {
		return nil
	}
	return []report.Finding{{
		Name: "platform", Severity: report.Error,
		What:   fmt.Sprintf("the configuration is for %q, the host is %q", system, f.System.Kernel+" "+f.System.Machine),
		Why:    "nothing of it would run there: this is the wrong host or the wrong configuration",
		Remedy: []report.Remedy{report.Nixhop("hosts")},
	}}
}

// systemdSetenv is the first systemd whose systemd-run takes `-E NAME`, as nixos-rebuild gives it
// (NixOS/nixpkgs#476801).
const systemdSetenv = 248

// tooOld finds versions that the steps of a deployment are known to fail with.
func tooOld(f facts.Host, want TargetWant) []report.Finding {
	var all []report.Finding
	if v := f.System.SystemdVersion; v != 0 && v < systemdSetenv {
		all = append(all, report.Finding{
			Name: "too-old", Severity: report.Warning,
			What:   fmt.Sprintf("systemd is %d, older than %d", v, systemdSetenv),
			Why:    "its systemd-run refuses the environment that nixos-rebuild gives it: Invalid environment block",
			Remedy: []report.Remedy{report.Again("--engine", "native")},
		})
	}
	if major, minor := facts.Version(f.Nix.Version); major != 0 && (major < 2 || major == 2 && minor < 8) {
		all = append(all, report.Finding{
			Name: "too-old", Severity: report.Warning,
			What: fmt.Sprintf("Nix is %q, older than \"2.8\"", f.Nix.Version),
			Why:  "nixhop is tested with 2.8 and newer",
		})
	}
	return all
}
