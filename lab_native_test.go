//go:build lab

package main

import (
	"crypto/rand"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// labNativeActions: what nixhop's own steps do for each action and flag is what nixos-rebuild does.
func labNativeActions(t *testing.T, l *lab) {
	dir := l.systems(t, `n2 = system { hostName = "n2"; };`,
		`n2 = system { hostName = "n2"; message = "base"; specialisation.maintenance.message = "special"; };`+
			` next = system { hostName = "n2"; message = "next"; };`)
	run := func(words ...string) string {
		t.Helper()
		r := l.nixhop(t, dir, nil, words...)
		succeeds(t, r)
		l.noMasterLeft(t)
		return strings.TrimSpace(r.stdout)
	}
	base, next := l.build(t, dir, "n2"), l.build(t, dir, "next")
	current := func() string { return l.ssh(t, "n2", "readlink /run/current-system") }
	profile := func(name string) string { return l.ssh(t, "n2", "readlink -f /nix/var/nix/profiles/"+name) }
	expect := func(step, got, want string) {
		t.Helper()
		if got != want {
			t.Errorf("%s: %q, want %q", step, got, want)
		}
	}

	expect("switch prints the system", run("switch", "n2"), base)
	l.runs(t, "n2", base)

	expect("dry-activate prints the system", run("dry-activate", "n2=next"), next)
	l.runs(t, "n2", base)

	run("test", "n2=next")
	expect("test activates", current(), next)
	expect("test leaves the profile", profile("system"), base)

	run("boot", "n2=next")
	expect("boot sets the profile", profile("system"), next)

	run("switch", "n2", "--specialisation", "maintenance")
	expect("a specialisation is activated", current(), l.ssh(t, "n2", "readlink -f "+base+"/specialisation/maintenance"))
	expect("the profile has the whole system", profile("system"), base)

	run("switch", "n2", "--rollback")
	l.runs(t, "n2", next)
	run("test", "n2", "--rollback")
	expect("test --rollback activates the generation before", current(), base)

	run("switch", "n2=next", "-p", "spare")
	expect("another profile is set", profile("system-profiles/spare"), next)
	expect("and not the system's own", profile("system"), next)

	run("switch", "n2", "--install-bootloader", "--use-substitutes")
	l.runs(t, "n2", base)

	run("switch", "n2=next", "--store-path", base)
	l.runs(t, "n2", base)

	r := l.nixhop(t, dir, nil, "switch", "n2=next", "--diff")
	succeeds(t, r)
	for _, says := range []string{"what switch changes on n2=next:\n", "\n  size      ", "\n  packages  nix store diff-closures tells of no change\n", "\n  units     "} {
		if !strings.Contains(r.stderr, says) {
			t.Errorf("--diff does not say %q:\n%s", says, r.stderr)
		}
	}
	l.runs(t, "n2", next)
	run("switch", "n2", "--rollback", "--diff")
	l.runs(t, "n2", base)

	r = l.nixhop(t, dir, nil, "switch", "n2", "--specialisation", "maintenence")
	if r.code != 1 || !strings.Contains(r.stderr, "nothing was changed: there is no specialisation maintenence; there is: maintenance") {
		t.Errorf("a misspelt specialisation: exit status %d\n%s", r.code, r.stderr)
	}
	l.runs(t, "n2", base)
}

// labNativeBuilds: build and dry-build need no host, but for a build host.
func labNativeBuilds(t *testing.T, l *lab) {
	dir := l.systems(t, `n2 = system { hostName = "n2"; };`, `n2 = system { hostName = "n2"; message = "only built, `+rand.Text()+`"; };`)
	logins := l.connections(t, "n2", func() {
		r := l.nixhop(t, dir, nil, "dry-build", "n2")
		succeeds(t, r)
		if !strings.Contains(r.stderr, "will be built") {
			t.Errorf("dry-build says nothing:\n%s", r.stderr)
		}
		succeeds(t, l.nixhop(t, dir, nil, "build", "n2"))
	})
	if logins != 0 {
		t.Errorf("building for n2 made %d connections to it", logins)
	}
	system := l.build(t, dir, "n2")
	if got, err := os.Readlink(filepath.Join(dir, "result")); err != nil || got != system {
		t.Errorf("result leads to %q, %v; want %q", got, err, system)
	}
	if err := os.Remove(filepath.Join(dir, "result")); err != nil {
		t.Fatal(err)
	}
	r := l.nixhop(t, dir, nil, "build", "n2", "--build-host", "n1")
	succeeds(t, r)
	if got := strings.TrimSpace(r.stdout); got != system {
		t.Errorf("built on n1: %q, want %q", got, system)
	}
	if got, err := os.Readlink(filepath.Join(dir, "result")); err != nil || got != system {
		t.Errorf("result leads to %q, %v; want %q", got, err, system)
	}
	l.ssh(t, "n1", "test -e "+system)
	l.noMasterLeft(t)
}

// labWithoutFlake: -f and -A, and -I with the classic <nixpkgs/nixos>, here and on the target.
func labWithoutFlake(t *testing.T, l *lab) {
	dir := l.systems(t)
	if err := os.Remove(filepath.Join(dir, "flake.nix")); err != nil {
		t.Fatal(err)
	}
	classic := "-I nixpkgs=" + dir + "/nixpkgs -I nixos-config=" + dir + "/classic.nix"
	text := "{ hostName = \"n2\"; message = \"classic\"; platform = import ./platform.nix; }\n"
	if err := os.WriteFile(filepath.Join(dir, "classic.nix"), []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	for _, where := range []string{"local", "target"} {
		for _, words := range []string{"-f . -A n2", "--no-flake " + classic} {
			r := l.nixhop(t, dir, nil, append(strings.Fields(words), "switch", "n2", "--build-host", where)...)
			succeeds(t, r)
			l.runs(t, "n2", strings.TrimSpace(r.stdout))
		}
		if got := l.ssh(t, "n2", "cat /etc/nixhop-message"); got != "classic" {
			t.Errorf("n2 says %q", got)
		}
	}
	l.noMasterLeft(t)
}

// labTooOldForNG: where the build host's Nix is too old for what nixos-rebuild-ng asks of it, nixhop takes the steps
// itself, or says so before anything is built.
func labTooOldForNG(t *testing.T, l *lab) {
	ng := changedRebuild(t, func(text string) string { return text + "\n# --ask-sudo-password makes it one of that kind.\n" })
	dir := l.committed(t, `n1 = system { hostName = "n1"; };`, `n1 = system { hostName = "n1"; message = "old Nix"; };`)
	env := []string{"NIXHOP_NIXOS_REBUILD=" + ng}
	l.ordinary(t, dir, "n2")
	l.refused(t, "build host: too old for nixos-rebuild-ng", dir, env, "switch", "n2", "--build-host", "target", "--engine", "nixos-rebuild")
	l.deployed(t, dir, "n1", l.nixhop(t, dir, env, "switch", "n1", "--build-host", "target"),
		"taking the steps by nix and ssh: nixos-rebuild-ng builds on another host by Nix 2.13 or newer, and n1 has 2.8.0\n")
}

// labSessions: a no-op switch with a build here needs three sessions on its one connection: probe, copy, activation.
func labSessions(t *testing.T, l *lab) {
	dir := l.systems(t)
	succeeds(t, l.nixhop(t, dir, nil, "switch", "n1"))
	before := len(l.log(t, "n1"))
	succeeds(t, l.nixhop(t, dir, nil, "switch", "n1", "--force"))
	log := l.log(t, "n1")[before:]
	if n := strings.Count(log, "Starting session: "); n > 3 {
		t.Errorf("%d sessions, want at most 3:\n%s", n, log)
	}
	if n := strings.Count(log, "Accepted publickey for "); n != 1 {
		t.Errorf("%d connections, want 1", n)
	}
}

// labChange: what an activation has changed is told in events as the host itself has it.
func labChange(t *testing.T, l *lab) {
	dir := l.systems(t, `n2 = system { hostName = "n2"; };`, `n2 = system { hostName = "n2"; }; next = system { hostName = "n2"; message = "next"; };`)
	succeeds(t, l.nixhop(t, dir, nil, "switch", "n2"))
	before := l.ssh(t, "n2", "readlink /nix/var/nix/profiles/system")
	r := l.nixhop(t, dir, nil, "switch", "n2=next", "--json")
	succeeds(t, r)
	after := l.ssh(t, "n2", "readlink /nix/var/nix/profiles/system")
	version := l.ssh(t, "n2", "cat /run/current-system/nixos-version")
	number := func(link string) string { return strings.TrimSuffix(strings.TrimPrefix(link, "system-"), "-link") }
	want := fmt.Sprintf(`"kind":"changed","host":"n2=next","change":{"from_generation":%s,"to_generation":%s,"from_version":%q,"to_version":%q`,
		number(before), number(after), version, version)
	if !strings.Contains(r.stdout, want) {
		t.Errorf("%s does not tell %s", r.stdout, want)
	}
}

// labExitStatuses: what switch-to-configuration ends with becomes nixhop's own exit status, and words that say what is
// now.
func labExitStatuses(t *testing.T, l *lab) {
	dir := l.systems(t)
	succeeds(t, l.nixhop(t, dir, nil, "switch", "n1"))
	for _, test := range []struct {
		configuration string
		code          int
		text          string
	}{
		{"unit-fails", 4, "is active, generation "},
		{"boot-loader-fails", 1, "nothing was activated, switch-to-configuration ended with status 1; the profile is set, generation "},
		{"activation-fails", 1, "the activation failed with status 2 after it had begun; "},
		{"reboot-needed", 1, "nothing was activated, this system's init takes effect only with a reboot; the profile is set, generation "},
		{"inhibited", 1, "nothing was activated, switch-to-configuration ended with status 1; the profile is set, generation "},
		{"inhibited --on-inhibit boot", 0, "; it was not activated, for it inhibits that: dbus-implementation (dbus -> broker) would change"},
	} {
		r := l.nixhop(t, dir, nil, append([]string{"switch"}, strings.Fields("n1="+test.configuration)...)...)
		if r.code != test.code || !strings.Contains(r.stderr, test.text) {
			t.Errorf("%s: exit status %d, want %d and %q\n%s", test.configuration, r.code, test.code, test.text, r.stderr)
		}
		l.noMasterLeft(t)
	}
	succeeds(t, l.nixhop(t, dir, nil, "switch", "n1"))
}

// labWithoutSystemd: on a host without systemd the activation runs under `env -i`, as nixos-rebuild does it.
func labWithoutSystemd(t *testing.T, l *lab) {
	dir := l.systems(t)
	// To the script a host without /run/systemd/system has no systemd; the directory comes back with the test's end.
	l.ssh(t, "n2", "mv /run/systemd/system /run/systemd/system.away")
	t.Cleanup(func() { l.run(t, l.sshCommand("n2", "mv /run/systemd/system.away /run/systemd/system")) })
	system := l.build(t, dir, "n2")
	succeeds(t, l.nixhop(t, dir, nil, "switch", "n2"))
	l.runs(t, "n2", system)
}

// labHere: with a build host and no target the system is activated on this machine; `build` shows that nothing here
// needs to be one.
func labHere(t *testing.T, l *lab) {
	dir := l.systems(t)
	r := l.nixhop(t, dir, nil, "build", "--flake", ".#n1", "--build-host", "n1", "--engine", "native")
	succeeds(t, r)
	l.must(t, exec.Command("test", "-e", strings.TrimSpace(r.stdout)))
}
