package plan

import (
	"os/exec"
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
			found, missing := permitted(tt.rules, activationOf(parse(t, tt.line)), system)
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

// What goes to the host holds the commands as they are matched: no quote of ours gets into a word.
func TestCommandsScript(t *testing.T) {
	a := activationOf(parse(t, "switch web"))
	a.Specialisation = "a\"b$c`d'e\\"
	c := Commands{Profile: a.profileForms()[0], Switch: a.switchForms()[0]}
	script := c.Script(a, []string{"printf", "<%s>", "-n"})
	text, _, _ := strings.Cut(script, commandsScript)
	out := shellSays(t, text+"toplevel=/nix/store/x\nactivate -l\nset_profile\n")
	want := "<-n><-l><systemd-run><-E><LOCALE_ARCHIVE><-E><NIXOS_INSTALL_BOOTLOADER=><--collect><--no-ask-password><--pipe><--quiet>" +
		"<--service-type=exec><--unit=nixos-rebuild-switch-to-configuration><--wait>" +
		"</nix/store/x/specialisation/a\"b$c`d'e\\/bin/switch-to-configuration><switch>" +
		"<-n><nix-env><-p></nix/var/nix/profiles/system><--set></nix/store/x>"
	if out != want {
		t.Errorf("got  %s\nwant %s", out, want)
	}
}

// shellSays is what a shell prints for a text.
func shellSays(t *testing.T, text string) string {
	t.Helper()
	out, err := exec.Command("sh", "-c", text).Output()
	if err != nil {
		t.Fatal(err)
	}
	return string(out)
}
