package check

import (
	"cmp"
	"fmt"
	"strings"
	"time"

	"nixhop/rebuild/facts"
	"nixhop/rebuild/report"
)

// otherHost finds a configuration that is about to land on another host than its own (NixOS/nixpkgs#163768). The name
// of the host may have its domain; that of a configuration never has.
func otherHost(f facts.Host, want TargetWant) []report.Finding {
	name, _, _ := strings.Cut(f.System.HostName, ".")
	same := strings.EqualFold(name, want.HostName) || strings.EqualFold(f.System.HostName, want.HostName)
	if want.HostName == "" || name == "" || same {
		return nil
	}
	if f.Installer() {
		return []report.Finding{{
			Name: "host-name", Severity: report.Note,
			What: fmt.Sprintf("the host is a new one, named %q; it becomes %q", f.System.HostName, want.HostName),
		}}
	}
	return []report.Finding{{
		Name: "host-name", Severity: report.Error,
		What: fmt.Sprintf("the configuration is for the host %q, this host is %q", want.HostName, f.System.HostName),
		Why:  "other users, keys and disks can lock you out of a host that gets the wrong configuration",
		Remedy: []report.Remedy{
			report.Nixhop("hosts"),
			report.Again("--allow", "host-name").Note("where the host is to be renamed"),
		},
	}}
}

// notNixOS finds a host that runs something else, where an activation may find nothing that it expects.
func notNixOS(f facts.Host) []report.Finding {
	if f.System.NixOS != facts.No {
		return nil
	}
	return []report.Finding{{
		Name: "not-nixos", Severity: report.Warning,
		What: fmt.Sprintf("the host runs %q, not NixOS", cmp.Or(f.System.Name, f.System.Kernel)),
		Why:  "an activation expects a system that NixOS installed",
	}}
}

// switchRunning finds a deployment that is under way, and what is left of one that failed: systemd-run cannot start
// another unit under that name (NixOS/nixpkgs#312297).
func switchRunning(f facts.Host, host string) []report.Finding {
	var all []report.Finding
	for _, u := range f.Switches {
		ours := strings.HasPrefix(u.Name, facts.ActivationUnit)
		switch {
		case u.Running():
			all = append(all, report.Finding{
				Name: "switch-running", Severity: report.Error,
				What:   fmt.Sprintf("another deployment is running: unit %q is %s", u.Name, u.Active),
				Why:    "two activations at once undo each other",
				Remedy: []report.Remedy{report.On(host, "journalctl", "-f", "-u", u.Name)},
			})
		case ours:
			all = append(all, staleUnit(f, host, u))
		}
	}
	return all
}

// staleUnit is the unit of an activation that ended and was not collected.
func staleUnit(f facts.Host, host string, u facts.Unit) report.Finding {
	clear := "systemctl reset-failed "
	if u.Active == "active" {
		clear = "systemctl stop "
	}
	return report.Finding{
		Name: "switch-running", Severity: report.Warning,
		What:   fmt.Sprintf("unit %q of an earlier deployment is still there: %s (%s)", u.Name, u.Active, u.Sub),
		Why:    "systemd starts no new unit under a name that it still knows",
		Remedy: []report.Remedy{asRoot(f, host, clear+u.Name)},
	}
}

// rebootPending finds a host that still runs the kernel of an earlier system (NixOS/nixpkgs#185030).
func rebootPending(f facts.Host, host string) []report.Finding {
	if len(f.System.Stale) == 0 {
		return nil
	}
	found := report.Finding{
		Name: "reboot-pending", Severity: report.Note,
		What:   fmt.Sprintf("the host was not rebooted since its system got another %s", strings.Join(f.System.Stale, ", ")),
		Remedy: []report.Remedy{asRoot(f, host, "systemctl reboot")},
	}
	if f.System.BootedKernel != "" && f.System.CurrentKernel != "" {
		found.Why = fmt.Sprintf("it runs %q, its system has %q", f.System.BootedKernel, f.System.CurrentKernel)
	}
	return []report.Finding{found}
}

// clockWarning is how far a clock may be off.
const clockWarning = 5 * time.Minute

// clockOff finds a clock that is too far from the one here, which breaks certificates, builds by make and logs.
func clockOff(f facts.Host, want TargetWant) []report.Finding {
	if f.Clock.IsZero() || want.Now.IsZero() {
		return nil
	}
	off := f.Clock.Sub(want.Now).Round(time.Second)
	if off.Abs() <= clockWarning {
		return nil
	}
	direction := "ahead of"
	if off < 0 {
		direction = "behind"
	}
	return []report.Finding{{
		Name: "clock", Severity: report.Warning,
		What: fmt.Sprintf("the host's clock is %s %s the one here", off.Abs(), direction),
		Why:  "certificates of caches fail with it, and times in logs mislead",
		Remedy: []report.Remedy{
			report.On(want.Host, "timedatectl", "status"), report.Line("services.timesyncd.enable = true;"),
		},
	}}
}
