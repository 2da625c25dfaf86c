package facts

import (
	"strings"
	"testing"
)

// The lists are those of sudo 1.9.13 for rules that people have (jappeace/linux-config#62, colmena#165 and
// configurations found in public), with a mark for each end of a line, as the probe sends them.
func TestSudoRules(t *testing.T) {
	const (
		system  = "/nix/store/00000000000000000000000000000000-nixos-system-web-25.05"
		env     = "nix-env -p /nix/var/nix/profiles/system --set " + system
		run     = "systemd-run -E LOCALE_ARCHIVE -E NIXOS_INSTALL_BOOTLOADER= --collect --unit=nixos-rebuild-switch-to-configuration --wait "
		start   = run + system + "/bin/switch-to-configuration switch"
		heading = "Matching Defaults entries for ann on web: |     env_reset, secure_path=/usr/sbin\\:/usr/bin |  | User ann may run the following commands on web: |     "
	)
	for _, tt := range []struct {
		name, list string
		free       string // commands, a line each
		not        string
	}{
		{"none", "", "", "/bin/sh -s"},
		{"everything", heading + "(ALL : ALL) NOPASSWD: ALL", "/bin/sh -s\n" + env, ""},
		{"a password for everything", heading + "(ALL : ALL) ALL", "", "/bin/sh -s\n" + env},
		{"jappeace/linux-config#62: a password, but for the reboot", heading + "(ALL : ALL) ALL | (root) NOPASSWD: /usr/sbin/reboot",
			"reboot", "/bin/sh -s\n" + env + "\n" + start},
		{"colmena#165: programs with any arguments", heading + "(root) NOPASSWD: /nix/store/abc-nix/bin/nix-env, /run/current-system/sw/bin/systemd-run",
			env + "\n" + start, "/bin/sh -s\n" + system + "/bin/switch-to-configuration switch"},
		{"the very arguments", heading + "(root) NOPASSWD: /nix/store/*/bin/nix-env -p /nix/var/nix/profiles/system --set /nix/store/*" +
			`, /nix/store/*/bin/systemd-run -E LOCALE_ARCHIVE -E NIXOS_INSTALL_BOOTLOADER\= --collect` +
			` --unit\=nixos-rebuild-switch-to-configuration --wait /nix/store/*-nixos-system-web-*/bin/switch-to-configuration switch`,
			env + "\n" + start, run + "true\nnix-env -p /nix/var/nix/profiles/other --set " + system + "\n" + strings.Replace(start, "-web-", "-db-", 1)},
		{"regular expressions", heading + `(ALL) SETENV: NOPASSWD: ^/nix/store/.*/bin/nix-env$ ^-p [^ ]+ --set .*$, PASSWD: /bin/ls "", NOPASSWD: /bin/id ""`,
			env + "\nid", "nix-env --rollback\nls\nid -u"},
		{"the last rule counts", heading + "(ALL) NOPASSWD: ALL, !/bin/sh, PASSWD: /bin/ls", env + "\n/bin/cat", "/bin/sh -s\nls"},
		{"of another user", heading + "(postgres) NOPASSWD: ALL | (postgres, root) NOPASSWD: /bin/id", "id", env},
		{"nobody is asked for a password", strings.Replace(heading, "env_reset", "!authenticate", 1) + "(ALL) ALL | (root) PASSWD: /bin/ls", env, "ls"},
		{"options and digests", heading + "(root) CWD=/tmp NOPASSWD: sha224:0GomF8mNN3wlDt1HD9XldjJ3SNgpFdbjO1+NsQ== /bin/ls, /opt/x/", "ls -l", ""},
		{"sudo-rs", "User ann may run the following commands on web: |     (root) NOPASSWD: /usr/bin/nix-env, /usr/bin/systemd-run", env + "\n" + start, "/bin/sh"},
		{"a comma and sets", heading + `(root) NOPASSWD: /bin/a x\, y, /bin/b [a-c][!0-9], /bin/c ?`, "a x, y\nb cx\nc z", "a x\nb dx\nb c1\nc zz\nc"},
		{"broken", heading + `(root) NOPASSWD: ^/bin/([$ ^(x$, /bin/[ [ | (root | (root)`, "", "/bin/sh"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			rules := parseSudoRules(tt.list)
			for line := range strings.Lines(tt.free) {
				if !rules.Free(strings.Fields(line)...) {
					t.Errorf("%q is not free of a password: %+v", line, rules)
				}
			}
			for line := range strings.Lines(tt.not) {
				if rules.Free(strings.Fields(line)...) {
					t.Errorf("%q is free of a password: %+v", line, rules)
				}
			}
		})
	}
}
