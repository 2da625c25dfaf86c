package decision

import (
	"strings"
	"testing"

	"nixhop/rebuild/facts"
)

// Rules that people have in public, and the commands that they are for: those of the nixos-rebuild that they were
// written for, or of colmena (colmena#165).
func TestPermitted(t *testing.T) {
	const system = "/nix/store/00000000000000000000000000000000-nixos-system-web-25.05"
	const nixEnv, set = "/nix/store/*/bin/nix-env", " -p /nix/var/nix/profiles/system --set /nix/store/*"
	const unit = "--collect --no-ask-password --pipe --quiet --service-type=exec --unit=nixos-rebuild-switch-to-configuration"
	free := func(commands ...string) facts.SudoRules {
		rules := facts.SudoRules{{Command: "ALL"}}
		for _, c := range commands {
			rules = append(rules, facts.SudoRule{Command: c, Free: true})
		}
		return rules
	}
	profile := "nix-env -p /nix/var/nix/profiles/system --set SYSTEM | "
	for _, tt := range []struct {
		name  string
		line  string
		rules facts.SudoRules
		want  string
	}{
		{"the programs alone", "switch web", free(nixEnv, "/run/current-system/sw/bin/systemd-run"),
			profile + "systemd-run -E LOCALE_ARCHIVE -E NIXOS_INSTALL_BOOTLOADER= " + unit + " --wait SYSTEM/bin/switch-to-configuration switch"},
		{"bash with --same-dir", "switch web", free(nixEnv+set, "/run/current-system/sw/bin/systemd-run -E LOCALE_ARCHIVE -E NIXOS_INSTALL_BOOTLOADER= "+
			strings.Replace(unit, "--service", "--same-dir --service", 1)+" --wait /nix/store/*/bin/switch-to-configuration switch"),
			profile + "systemd-run -E LOCALE_ARCHIVE -E NIXOS_INSTALL_BOOTLOADER= " +
				strings.Replace(unit, "--service", "--same-dir --service", 1) + " --wait SYSTEM/bin/switch-to-configuration switch"},
		{"ng", "boot web --install-bootloader", free(nixEnv+set, "/bin/env NIXOS_INSTALL_BOOTLOADER=[01] systemd-run *"),
			profile + "env NIXOS_INSTALL_BOOTLOADER=1 systemd-run -E LOCALE_ARCHIVE -E NIXOS_INSTALL_BOOTLOADER " + unit + " SYSTEM/bin/switch-to-configuration boot"},
		{"colmena", "switch web", free("/nix/store/abc-nix/bin/nix-env --profile /nix/var/nix/profiles/system --set *", "/nix/store/*/bin/switch-to-configuration"),
			"nix-env --profile /nix/var/nix/profiles/system --set SYSTEM | SYSTEM/bin/switch-to-configuration switch"},
		{"colmena sets no variable", "switch web --install-bootloader", free(nixEnv, "/nix/store/*/bin/switch-to-configuration"), ""},
		{"a specialisation", "test web -c big", free("systemd-run"),
			"systemd-run -E LOCALE_ARCHIVE -E NIXOS_INSTALL_BOOTLOADER= " + unit + " --wait SYSTEM/specialisation/big/bin/switch-to-configuration test"},
		{"another action", "dry-activate web", free(nixEnv, "systemd-run * /nix/store/*/bin/switch-to-configuration switch"), ""},
		{"another host's system", "switch web", free(nixEnv, "systemd-run * /nix/store/*-nixos-system-db-*/bin/switch-to-configuration switch"), ""},
		{"a rollback", "switch web --rollback", free(nixEnv, "systemd-run"),
			"nix-env --rollback -p /nix/var/nix/profiles/system | systemd-run -E LOCALE_ARCHIVE -E NIXOS_INSTALL_BOOTLOADER= " + unit +
				" --wait SYSTEM/bin/switch-to-configuration switch"},
		{"a rollback that sets nothing", "test web --rollback", free(nixEnv, "systemd-run"), ""},
		{"only half", "switch web", free(nixEnv), ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			found, missing := permitted(tt.rules, ActivationOf(parse(t, tt.line)), system)
			got := ""
			if found != nil {
				got = strings.Join(append(found.Profile, "|"), " ") + " " + strings.Join(found.Switch, " ")
				got = strings.TrimPrefix(strings.ReplaceAll(got, ToplevelWord, "SYSTEM"), "| ")
			}
			if got != tt.want || found == nil && len(missing) == 0 && !strings.Contains(tt.name, "sets nothing") {
				t.Errorf("got  %s, missing %q\nwant %s", got, missing, tt.want)
			}
		})
	}
}
