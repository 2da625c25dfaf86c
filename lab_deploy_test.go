//go:build lab

package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"nixhop/nixexec"
)

// engines are the two ways to the same deployment.
var engines = []string{"nixos-rebuild", "native"}

// withEngine is the environment in which nixhop takes that way: a nixos-rebuild in PATH, or none.
func withEngine(t *testing.T, engine string) []string {
	t.Helper()
	if engine == "native" {
		return nil
	}
	bin, err := filepath.Abs("testdata/lab/bin")
	if err != nil {
		t.Fatal(err)
	}
	return []string{"PATH=" + bin + ":" + os.Getenv("PATH")}
}

// changedRebuild writes a nixos-rebuild for one test: the lab's own, as change makes it.
func changedRebuild(t *testing.T, change func(text string) string) (path string) {
	t.Helper()
	text, err := os.ReadFile("testdata/lab/bin/nixos-rebuild")
	if err != nil {
		t.Fatal(err)
	}
	path = filepath.Join(t.TempDir(), "nixos-rebuild")
	if err := os.WriteFile(path, []byte(change(string(text))), 0o755); err != nil {
		t.Fatal(err)
	}
	return path
}

// deployed fails the test unless a deployment of a repository's configuration to the host of its name went well and
// said all of these.
func (l *lab) deployed(t *testing.T, dir, host string, r result, says ...string) {
	t.Helper()
	succeeds(t, r)
	for _, want := range says {
		if !strings.Contains(r.stderr, want) {
			t.Errorf("%q is not said:\n%s", want, r.stderr)
		}
	}
	l.runs(t, host, l.build(t, dir, host))
	l.noMasterLeft(t)
}

// runs fails the test unless the host runs the system, and its profile stands at it.
func (l *lab) runs(t *testing.T, host, system string) {
	t.Helper()
	got := l.ssh(t, host, "readlink /run/current-system; readlink -f /nix/var/nix/profiles/system")
	if got != system+"\n"+system {
		t.Errorf("%s runs, and has in its profile,\n%s\nwant %s", host, got, system)
	}
}

// succeeds fails the test unless the program ended with 0.
func succeeds(t *testing.T, r result) {
	t.Helper()
	if r.code != 0 {
		t.Fatalf("exit status %d\n%s%s", r.code, r.stdout, r.stderr)
	}
}

// labManualsCommands: the command lines of nixos-rebuild's manual, with a build here and on the target.
func labManualsCommands(t *testing.T, l *lab) {
	for _, engine := range engines {
		for i, where := range []string{"localhost", "root@n1"} {
			dir := l.systems(t, `n1 = system { hostName = "n1"; };`, `n1 = system { hostName = "n1"; message = "`+engine+where+`"; };`)
			flags := []string{"switch", "--flake", ".#n1", "--target-host", "root@n1", "--build-host", where, "--verbose"}
			logins := l.connections(t, "n1", func() { succeeds(t, l.nixhop(t, dir, withEngine(t, engine), flags...)) })
			if logins != 1 {
				t.Errorf("%s, built on %s: %d connections, want one", engine, where, logins)
			}
			l.runs(t, "n1", l.build(t, dir, "n1"))
			if got := l.ssh(t, "n1", "cat /etc/nixhop-message"); got != engine+where {
				t.Errorf("step %d: the host says %q", i, got)
			}
			l.noMasterLeft(t)
		}
	}
}

// labWhichConfiguration: alias, configuration and host name may all differ.
func labWhichConfiguration(t *testing.T, l *lab) {
	for _, engine := range engines {
		dir := l.systems(t, `my-nixos = system { hostName = "my-nixos"; };`,
			`my-nixos = system { hostName = "n2"; message = "`+engine+`"; };`)
		config := filepath.Join(t.TempDir(), "config")
		text := "Host hinted\n  # nixhop: configuration=my-nixos\n  HostName " + l.address(t, "n2") +
			"\nHost other\n  HostName " + l.address(t, "n2") + "\nMatch all\n  User root\nInclude " + l.config + "\n" + l.login(t)
		if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		env := append(withEngine(t, engine), "NIXHOP_SSH_CONFIG="+config)
		for _, test := range []struct{ word, configuration string }{
			{"hinted", "my-nixos"},         // by the hint
			{"other=my-nixos", "my-nixos"}, // by the command line
			{"other", "n2"},                // by the host's own name
			{"root@hinted=n2", "n2"},       // the command line wins over the hint
		} {
			r := l.nixhop(t, dir, env, "switch", test.word)
			succeeds(t, r)
			if !strings.Contains(r.stderr, "configuration "+test.configuration+", by ") {
				t.Errorf("%s: nixhop does not name the configuration %s:\n%s", test.word, test.configuration, r.stderr)
			}
			l.runs(t, "n2", l.build(t, dir, test.configuration))
		}
		l.noMasterLeft(t)
	}
}

// address is the address that an alias of the lab has.
func (l *lab) address(t *testing.T, alias string) string {
	t.Helper()
	return l.block(t, alias, "HostName")
}

// block is the value of a keyword in an alias's block of the lab's ssh config.
func (l *lab) block(t *testing.T, alias, keyword string) string {
	t.Helper()
	text, err := os.ReadFile(l.config)
	if err != nil {
		t.Fatal(err)
	}
	_, block, found := strings.Cut(string(text), "Host "+alias+"\n")
	_, value, found2 := strings.Cut(block, keyword+" ")
	if !found || !found2 {
		t.Fatalf("no %s for %s in %s", keyword, alias, l.config)
	}
	value, _, _ = strings.Cut(value, "\n")
	return value
}

// login are the lines of an ssh config that let a test in to every host of the lab, by whatever alias.
func (l *lab) login(t *testing.T) string {
	t.Helper()
	return "Match all\n  IdentityFile " + l.block(t, "n1", "IdentityFile") + "\n  IdentitiesOnly yes\n  UserKnownHostsFile " +
		l.block(t, "n1", "UserKnownHostsFile") + "\n"
}

// labJump: the alias stands in an included file, its host is reached over another one and listens on port 2222.
func labJump(t *testing.T, l *lab) {
	for _, engine := range engines {
		dir := l.systems(t, `n3 = system { hostName = "n3"; };`, `n3 = system { hostName = "n3"; message = "`+engine+`"; };`)
		folder := t.TempDir()
		included := filepath.Join(folder, "work.conf")
		config := filepath.Join(folder, "config")
		block := "Host behind\n  HostName " + l.address(t, "n3") + "\n  Port 2222\n  ProxyJump n2\n  User root\n" +
			"  LocalForward 127.0.0.1:39999 127.0.0.1:22\n  RemoteForward 39998 127.0.0.1:22\n" +
			"  ControlMaster auto\n  ControlPath " + folder + "/own-%n\n  ControlPersist 1h\n"
		for path, text := range map[string]string{
			included: block,
			config:   "Include " + included + "\nInclude " + l.config + "\n" + l.login(t),
		} {
			if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		env := append(withEngine(t, engine), "NIXHOP_SSH_CONFIG="+config)
		for _, where := range []string{"local", "target"} {
			logins := l.connections(t, "n3", func() {
				succeeds(t, l.nixhop(t, dir, env, "switch", "behind=n3", "--build-host", where))
			})
			if logins != 1 {
				t.Errorf("%s, built on %s: %d connections, want one", engine, where, logins)
			}
			l.runs(t, "n3", l.build(t, dir, "n3"))
		}
		if _, err := os.Stat(folder + "/own-behind"); err == nil {
			t.Error("the user's own control socket was made")
		}
		l.noMasterLeft(t)
	}
}

// labPorts: ports in HOST words, another one for the build host than for the target.
func labPorts(t *testing.T, l *lab) {
	dir := l.systems(t, `n3 = system { hostName = "n3"; };`, `n3 = system { hostName = "n3"; message = "ports"; };`)
	config := filepath.Join(t.TempDir(), "config")
	if err := os.WriteFile(config, []byte(l.login(t)), 0o600); err != nil {
		t.Fatal(err)
	}
	env := []string{"NIXHOP_SSH_CONFIG=" + config}
	target := "ssh://root@" + l.address(t, "n3") + ":2222"
	build := "root@" + l.address(t, "n2") + ":22"
	succeeds(t, l.nixhop(t, dir, env, "switch", "--flake", ".#n3", target, "--build-host", build))
	l.runs(t, "n3", l.build(t, dir, "n3"))
	l.noMasterLeft(t)
}

// labThirdBuildHost: the system is built on a host that knows nothing of the target, and the target's name means
// nothing there.
func labThirdBuildHost(t *testing.T, l *lab) {
	for _, engine := range engines {
		dir := l.systems(t, `n1 = system { hostName = "n1"; };`, `n1 = system { hostName = "n1"; message = "third `+engine+`"; };`)
		r := l.nixhop(t, dir, withEngine(t, engine), "switch", "n1", "--build-host", "n2")
		succeeds(t, r)
		system := l.ssh(t, "n1", "readlink /run/current-system")
		l.ssh(t, "n2", "test -e "+system)
		l.runs(t, "n1", l.build(t, dir, "n1"))
		l.noMasterLeft(t)
	}
}

// labThirdBuildHostCopies: a build host that reaches the target itself copies what it has built, whatever the target is
// called there. What answers there to the target's name may be another machine: then that name is not taken.
func labThirdBuildHostCopies(t *testing.T, l *lab) {
	key, err := os.ReadFile(l.block(t, "n1", "IdentityFile"))
	if err != nil {
		t.Fatal(err)
	}
	known, err := os.ReadFile(l.block(t, "n1", "UserKnownHostsFile"))
	if err != nil {
		t.Fatal(err)
	}
	put := func(file, text string) {
		t.Helper()
		l.ssh(t, "n2", "umask 077; mkdir -p .ssh; printf %s "+nixexec.Quote(text)+" > .ssh/"+file)
	}
	defer l.ssh(t, "n2", "rm -f .ssh/id_ed25519 .ssh/known_hosts .ssh/config")
	put("id_ed25519", string(key))
	dir := l.committed(t)
	l.ordinary(t, dir, "n1", "n2")
	l.refused(t, "build host: knows no key of the target", dir, nil, "check", "n1", "--build-host", "n2")
	put("known_hosts", string(known))
	n1, n2 := l.address(t, "n1"), l.address(t, "n2")
	for i, there := range []struct{ config, way string }{
		{"", "root@" + n1},
		{"Host n1\n  HostName " + n2 + "\n", "root@" + n1},
		{"Host n1\n  HostName " + n1 + "\n", "n1"},
	} {
		put("config", there.config)
		l.edit(t, dir, `n1 = system { hostName = "n1"; };`, fmt.Sprintf(`n1 = system { hostName = "n1"; message = "direct %d"; };`, i))
		l.deployed(t, dir, "n1", l.nixhop(t, dir, nil, "switch", "n1", "--build-host", "n2", "--verbose"),
			"configuration n1, by alias, built and copied by n2", "copy --to ssh-ng://"+there.way+" /nix/store/")
		l.edit(t, dir, fmt.Sprintf(`n1 = system { hostName = "n1"; message = "direct %d"; };`, i), `n1 = system { hostName = "n1"; };`)
	}

	// Something is wrong with its copy: there is still the way through here.
	l.ssh(t, "n2", `printf '#!/bin/sh\ncase "$*" in *" copy --to "*) echo "error: no way" >&2; exit 1 ;; esac\nexec /usr/bin/nix "$@"\n' >/usr/local/bin/nix; chmod +x /usr/local/bin/nix`)
	defer l.ssh(t, "n2", "rm -f /usr/local/bin/nix")
	l.edit(t, dir, `n1 = system { hostName = "n1"; };`, `n1 = system { hostName = "n1"; message = "not direct"; };`)
	l.deployed(t, dir, "n1", l.nixhop(t, dir, nil, "switch", "n1", "--build-host", "n2"),
		"error: no way\nWARN nixhop: n2 could not copy what it has built to n1; copying through here\n")
	l.edit(t, dir, `n1 = system { hostName = "n1"; message = "not direct"; };`, `n1 = system { hostName = "n1"; };`)
	l.refused(t, "build host: reaches the target", dir, nil, "check", "n1", "--build-host", "n2")
}

// labPlan: what is printed is what runs: the plan, pasted into a shell, deploys.
func labPlan(t *testing.T, l *lab) {
	for _, engine := range engines {
		for _, where := range []string{"local", "target"} {
			dir := l.systems(t, `n1 = system { hostName = "n1"; };`, `n1 = system { hostName = "n1"; message = "plan `+engine+where+`"; };`)
			var r result
			logins := l.connections(t, "n1", func() {
				r = l.nixhop(t, dir, withEngine(t, engine), "switch", "n1", "--plan", "--build-host", where)
			})
			succeeds(t, r)
			if logins != 0 {
				t.Errorf("--plan made %d connections", logins)
			}
			cmd := l.command(t, dir, withEngine(t, engine))
			cmd.Path, cmd.Args = "/bin/sh", []string{"sh", "-e"}
			cmd.Stdin = strings.NewReader(r.stdout)
			succeeds(t, l.run(t, cmd))
			l.runs(t, "n1", l.build(t, dir, "n1"))
			l.noMasterLeft(t)
		}
	}
}
