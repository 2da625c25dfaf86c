//go:build lab

package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// forced is a build platform that is not the hosts' own, and that every x86_64-linux builds for.
const forced = "i686-linux"

// crossed fails the test unless the host runs a system that was built for the forced platform, and says so in this
// message.
func (l *lab) crossed(t *testing.T, host, message string) {
	t.Helper()
	want := forced + "\n" + message
	if got := l.ssh(t, host, "cat /run/current-system/etc/nixhop-build-platform /etc/nixhop-message"); got != want {
		t.Errorf("the host says %q, want %q", got, want)
	}
}

// tree is everything that a deployment must not change in a working tree: its files, git's index, the lock file.
func (l *lab) tree(t *testing.T, dir string) string {
	t.Helper()
	status := l.must(t, exec.Command("git", "-C", dir, "status", "--porcelain", "--untracked-files=all"))
	sums := l.must(t, exec.Command("sh", "-c", `cd "$1" && find . -path ./.git -prune -o -type f -exec sha256sum {} + | sort; git ls-files --stage`, "sh", dir))
	return status + "\n" + sums
}

// withInput makes a repository of the sample flake whose n1 takes its message from an input that is not locked yet.
func (l *lab) withInput(t *testing.T, message string) (dir string) {
	t.Helper()
	dir = l.systems(t)
	write(t, filepath.Join(dir, "flake.nix"), `{
		inputs.words = { url = "path:`+l.words(t, message)+`"; flake = false; };
		outputs = { self, words }: {
			nixosConfigurations.n1 = import ./system.nix {
				hostName = "n1"; platform = "x86_64-linux"; message = builtins.readFile "${words}/message";
			};
		};
	}`)
	l.must(t, exec.Command("git", "-C", dir, "add", "-A"))
	return dir
}

// words is a directory for an input: a file with a message.
func (l *lab) words(t *testing.T, message string) string {
	t.Helper()
	dir := t.TempDir()
	write(t, filepath.Join(dir, "message"), message)
	return dir
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

// labCross: a configuration that says nothing of it is built for the forced platform and activated, by both engines,
// here and on the host; the flake, its lock file and git's index stay as they are, whatever state they are in.
func labCross(t *testing.T, l *lab) {
	commit := []string{"-c", "user.name=lab", "-c", "user.email=lab", "commit", "-qm", "lab"}
	for _, engine := range engines {
		for _, state := range []string{"clean", "dirty", "no lock file", "untracked lock file", "override", "path"} {
			message := engine + ", " + state
			dir := l.withInput(t, message)
			flags := []string{"switch", "n1", "--cross=" + forced}
			lock := exec.Command("nix", "flake", "lock")
			lock.Dir = dir
			switch state {
			case "clean", "dirty":
				l.must(t, lock)
				l.must(t, exec.Command("git", append([]string{"-C", dir}, commit...)...))
			case "untracked lock file":
				l.must(t, lock)
				l.must(t, exec.Command("git", "-C", dir, "rm", "-q", "--cached", "-f", "flake.lock"))
			case "override":
				message += ", overridden"
				flags = append(flags, "--override-input", "words", "path:"+l.words(t, message))
			case "path":
				flags = append(flags, "--flake", "path:"+dir, "--build-host", "target")
			}
			if state == "dirty" {
				message += ", changed"
				write(t, filepath.Join(dir, "system.nix"), strings.Replace(textOf(t, filepath.Join(dir, "system.nix")),
					"inherit hostName message kernel", `message = "`+message+`"; inherit hostName kernel`, 1))
			}
			before := l.tree(t, dir)
			r := l.nixhop(t, dir, withEngine(t, engine), flags...)
			succeeds(t, r)
			l.crossed(t, "n1", message)
			if !strings.Contains(r.stderr, ", cross-compiled from "+forced+" for x86_64-linux") {
				t.Errorf("%s: not announced:\n%s", message, r.stderr)
			}
			if after := l.tree(t, dir); after != before {
				t.Errorf("%s: the tree changed from\n%s\nto\n%s", message, before, after)
			}
			l.noMasterLeft(t)
		}
	}
}

func textOf(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// labCrossClassic: the same without a flake: from a file with an attribute and arguments, and from <nixpkgs/nixos>.
// --system is what such a configuration takes for its platform.
func labCrossClassic(t *testing.T, l *lab) {
	for _, engine := range engines {
		dir := l.systems(t)
		write(t, filepath.Join(dir, "function.nix"), `{ message, system ? builtins.currentSystem, ... }: {
			hosts.n1 = { mark ? "" }: import ./system.nix { hostName = "n1"; platform = "x86_64-linux"; message = message + mark; };
			caller = import ./system.nix { hostName = "n1"; platform = system; inherit message; };
		}`)
		write(t, filepath.Join(dir, "n1.nix"), `{ hostName = "n1"; platform = "x86_64-linux"; message = "`+engine+`, nixos-config"; }`)
		env := withEngine(t, engine)
		succeeds(t, l.nixhop(t, dir, env, "switch", "n1", "--cross="+forced, "-f", "function.nix", "-A", "hosts.n1",
			"--arg", "message", `"`+engine+`, file"`, "--argstr", "mark", "!"))
		l.crossed(t, "n1", engine+", file!")
		succeeds(t, l.nixhop(t, dir, env, "switch", "n1", "--cross="+forced, "--no-flake", "-I", "nixpkgs="+dir+"/nixpkgs", "-I", "nixos-config="+dir+"/n1.nix"))
		l.crossed(t, "n1", engine+", nixos-config")
		succeeds(t, l.nixhop(t, dir, append(env, "NIXOS_CONFIG="+dir+"/n1.nix"), "switch", "n1", "--cross=x86_64-linux", "-f", dir+"/function.nix", "-A", "caller",
			"--argstr", "message", engine+", caller", "--build-host", "target"))
		if got := l.ssh(t, "n1", "cat /run/current-system/etc/nixhop-build-platform /etc/nixhop-message"); got != "x86_64-linux\n"+engine+", caller" {
			t.Errorf("the host says %q", got)
		}

		// What the configuration says of itself is known without a flake, too.
		r := l.nixhop(t, dir, env, "switch", "n2", "-f", "function.nix", "-A", "hosts.n1", "--argstr", "message", "wrong", "--cross="+forced)
		if r.code != 3 || !strings.Contains(r.stderr, `the configuration is for the host "n1", this host is "n2" [host-name]`) {
			t.Errorf("a file for another host: exit status %d\n%s", r.code, r.stderr)
		}
		r = l.nixhop(t, dir, env, "switch", "n1", "-f", "function.nix", "-A", "caller", "--argstr", "message", "m", "--system", "aarch64-linux")
		if r.code != 3 || !strings.Contains(r.stderr, `the configuration is for "aarch64-linux", the host is "Linux x86_64" [platform]`) {
			t.Errorf("--system of another host: exit status %d\n%s", r.code, r.stderr)
		}
		l.noMasterLeft(t)
	}
}

// labCrossHint: a hint makes it permanent for an alias, and can be taken back.
func labCrossHint(t *testing.T, l *lab) {
	dir := l.systems(t, `n1 = system { hostName = "n1"; };`, `n1 = system { hostName = "n1"; message = "hinted"; };`)
	config := filepath.Join(t.TempDir(), "config")
	write(t, config, "Host n1\n  # nixhop: cross="+forced+"\nInclude "+l.config+"\n")
	env := append(withEngine(t, "nixos-rebuild"), "NIXHOP_SSH_CONFIG="+config)
	succeeds(t, l.nixhop(t, dir, env, "switch", "n1"))
	l.crossed(t, "n1", "hinted")
	for _, flag := range []string{"--cross=none", "--build-host=target", "--emulate"} {
		succeeds(t, l.nixhop(t, dir, env, "switch", "n1", flag))
		l.runs(t, "n1", l.build(t, dir, "n1"))
	}
	l.noMasterLeft(t)
}

// labCrossPlan: the plan, pasted into a shell, does the same, and leaves the tree as it is.
func labCrossPlan(t *testing.T, l *lab) {
	for _, engine := range engines {
		for _, flags := range [][]string{{"--build-host", "local"}, {"--build-host", "target"}, {"-f", ".", "-A", "n1"}} {
			message := "plan " + engine + strings.Join(flags, "")
			dir := l.systems(t, `n1 = system { hostName = "n1"; };`, `n1 = system { hostName = "n1"; message = "`+message+`"; };`)
			before := l.tree(t, dir)
			r := l.nixhop(t, dir, withEngine(t, engine), append([]string{"switch", "n1", "--plan", "--cross=" + forced}, flags...)...)
			succeeds(t, r)
			cmd := l.command(t, dir, withEngine(t, engine))
			cmd.Path, cmd.Args = "/bin/sh", []string{"sh", "-e"}
			cmd.Stdin = strings.NewReader(r.stdout)
			succeeds(t, l.run(t, cmd))
			l.crossed(t, "n1", message)
			if after := l.tree(t, dir); after != before {
				t.Errorf("%s: the tree changed from\n%s\nto\n%s", message, before, after)
			}
			l.noMasterLeft(t)
		}
	}
	// Nothing is asked of a host for a plan, but this machine's own system is known.
	r := l.nixhop(t, l.systems(t), nil, "switch", "n1", "--plan", "--cross")
	succeeds(t, r)
	if !strings.Contains(r.stdout, `buildPlatform = "x86_64-linux";`) {
		t.Errorf("no build platform in the plan:\n%s", r.stdout)
	}
}

// labCrossRefused: a configuration that cannot take it is told what to write instead; one whose platform is an argument
// of nixosSystem takes it.
func labCrossRefused(t *testing.T, l *lab) {
	dir := l.systems(t)
	for _, engine := range engines {
		for configuration, want := range map[string]string{
			"platform-legacy": `because of nixpkgs.localSystem [cross-refused]
  nixpkgs.buildPlatform has no effect beside it; set in hosts.nix
    nixpkgs.hostPlatform = "x86_64-linux";   # instead of nixpkgs.localSystem`,
			"platform-pkgs":   `because of nixpkgs.pkgs [cross-refused]`,
			"platform-frozen": `it has no extendModules [cross-refused]`,
			"platform-deaf":   `with "i686-linux" forced it is built on "x86_64-linux" all the same [cross-refused]`,
		} {
			r := l.nixhop(t, dir, withEngine(t, engine), "switch", "n1="+configuration, "--cross="+forced)
			if r.code != 3 || !strings.Contains(r.stderr, want) {
				t.Errorf("%s, %s: exit status %d\n%s", engine, configuration, r.code, r.stderr)
			}
		}
		succeeds(t, l.nixhop(t, dir, withEngine(t, engine), "switch", "n1=platform-argument", "--cross="+forced))
		l.crossed(t, "n1", "hello from n1")
	}
	r := l.nixhop(t, dir, nil, "check", "n1=platform-legacy", "--cross="+forced)
	if r.code != 3 || !strings.Contains(r.stdout, "[cross-refused]") {
		t.Errorf("check: exit status %d\n%s%s", r.code, r.stdout, r.stderr)
	}
}

// labForeign: a system of another platform is refused by the facts, and, where those were left out, by the host before
// its profile is set.
func labForeign(t *testing.T, l *lab) {
	dir := l.systems(t)
	before := l.ssh(t, "n1", "readlink /run/current-system /nix/var/nix/profiles/system")
	for _, engine := range engines {
		r := l.nixhop(t, dir, withEngine(t, engine), "switch", "n1=arm")
		if r.code != 3 || !strings.Contains(r.stderr, `the configuration is for "aarch64-linux", the host is "Linux x86_64" [platform]`) {
			t.Errorf("%s: exit status %d\n%s", engine, r.code, r.stderr)
		}
	}
	for _, action := range []string{"switch", "boot", "test", "dry-activate"} {
		r := l.nixhop(t, dir, nil, action, "n1=arm", "--cross=x86_64-linux", "--no-check")
		if r.code != 1 || !strings.Contains(r.stderr, ": nothing was changed: ") || !strings.Contains(r.stderr, "is for aarch64-linux, and this host is Linux x86_64: nothing of it would run here") {
			t.Errorf("%s: exit status %d\n%s", action, r.code, r.stderr)
		}
	}
	if after := l.ssh(t, "n1", "readlink /run/current-system /nix/var/nix/profiles/system"); after != before {
		t.Errorf("the host had\n%s\nand has\n%s", before, after)
	}
	l.noMasterLeft(t)
}

// labWays: where the system cannot be built, the ways that would work from here stand in order.
func labWays(t *testing.T, l *lab) {
	dir := l.systems(t)
	conf := filepath.Join(t.TempDir(), "nix")
	if err := os.Mkdir(conf, 0o755); err != nil {
		t.Fatal(err)
	}
	nixConf := textOf(t, filepath.Join(l.dir, "nix/nix.conf"))
	write(t, filepath.Join(conf, "nix.conf"), nixConf+"builders = ssh://nobody aarch64-linux\n")
	ways := func(env []string, words ...string) []string {
		t.Helper()
		r := l.nixhop(t, dir, env, append([]string{"build", "n1=arm"}, words...)...)
		if r.code != 3 {
			t.Fatalf("exit status %d\n%s", r.code, r.stderr)
		}
		var lines []string
		for line := range strings.Lines(r.stderr) {
			way, command := strings.CutPrefix(line, "    nixhop build n1=arm ")
			if way = strings.TrimSpace(way); command || strings.HasPrefix(way, "boot.") {
				way, _, _ = strings.Cut(way, "   #")
				lines = append(lines, strings.TrimPrefix(way, "--build-host n2 "))
			}
		}
		return lines
	}
	for _, test := range []struct {
		env   []string
		words []string
		want  string
	}{
		{nil, nil, "--build-host target, --emulate, --cross"},
		{nil, []string{"--build-host", "n2"}, `--build-host target, boot.binfmt.emulatedSystems = [ "aarch64-linux" ];, --cross`},
		{[]string{"NIX_CONF_DIR=" + conf}, []string{"--build-host", "n2"},
			`--build-host target, --build-host local, boot.binfmt.emulatedSystems = [ "aarch64-linux" ];, --cross`},
	} {
		if got := strings.Join(ways(test.env, test.words...), ", "); got != test.want {
			t.Errorf("%q %q: %q, want %q", test.env, test.words, got, test.want)
		}
	}
	l.noMasterLeft(t)
}

// labEmulate: --emulate tries on the build host, by a program of that system, whether it can be done. A claim in
// nix.conf is not enough.
func labEmulate(t *testing.T, l *lab) {
	dir := l.systems(t)
	build := func(words ...string) result {
		return l.nixhop(t, dir, nil, append([]string{"build", "n1=arm"}, words...)...)
	}
	refused := func(r result, why string) {
		t.Helper()
		if r.code != 3 || !strings.Contains(r.stderr, `no program for "aarch64-linux" runs in a build there [emulation]`) || !strings.Contains(r.stderr, why) {
			t.Errorf("exit status %d\n%s", r.code, r.stderr)
		}
	}
	if !l.emulates(t) {
		refused(build("--emulate"), "a derivation of one line was tried: Exec format error")
		refused(build("--emulate", "--build-host", "n2"), "a derivation of one line was tried: Exec format error")
		l.ssh(t, "n2", "echo 'extra-platforms = aarch64-linux' >>/etc/nix/nix.conf")
		refused(build("--emulate", "--build-host", "n2"), "a derivation of one line was tried: Exec format error")
		r := build("--build-host", "n2")
		l.ssh(t, "n2", "sed -i /extra-platforms/d /etc/nix/nix.conf")
		succeeds(t, r) // what the claim is worth only shows where a program of the system is run
		if !strings.Contains(r.stderr, ", built on n2, emulated for aarch64-linux") {
			t.Errorf("not announced:\n%s", r.stderr)
		}
	}
	if !l.emulator(t) {
		t.Log("this kernel takes no emulator, or qemu-user-static is not installed: no emulated build was run")
		return
	}
	for _, where := range []string{"local", "n2"} {
		l.edit(t, dir, `hostName = "arm";`, `hostName = "arm"; message = "built by `+where+`";`)
		r := build("--emulate", "--build-host", where)
		succeeds(t, r)
		if !strings.Contains(r.stderr, ", emulated for aarch64-linux") {
			t.Errorf("%s: not announced:\n%s", where, r.stderr)
		}
		if got := textOf(t, filepath.Join(dir, "result/etc/nixhop-build-platform")); got != "aarch64-linux\n" {
			t.Errorf("%s: built for %q", where, got)
		}
		l.edit(t, dir, ` message = "built by `+where+`";`, "")
	}
	// Once an emulator is there it is the way that is offered.
	if r := build(); r.code != 3 || !strings.Contains(r.stderr, "    nixhop build n1=arm --emulate\n    # or\n    nixhop build n1=arm --cross\n") {
		t.Errorf("exit status %d\n%s", r.code, r.stderr)
	}
	l.noMasterLeft(t)
}

const binfmt = "/proc/sys/fs/binfmt_misc"

// emulates reports whether this kernel runs programs for aarch64-linux already.
func (l *lab) emulates(t *testing.T) bool {
	t.Helper()
	for _, name := range []string{"qemu-aarch64", "aarch64-linux"} {
		if _, err := os.Stat(filepath.Join(binfmt, name)); err == nil {
			return true
		}
	}
	return false
}

// emulator has the kernel run programs for aarch64-linux by qemu, until the test ends.
func (l *lab) emulator(t *testing.T) bool {
	t.Helper()
	if l.emulates(t) {
		return true
	}
	qemu, err := exec.LookPath("qemu-aarch64-static")
	if err != nil || !strings.Contains(textOf(t, "/proc/filesystems"), "binfmt_misc") {
		return false
	}
	if _, err := os.Stat(filepath.Join(binfmt, "register")); err != nil {
		if exec.Command("mount", "-t", "binfmt_misc", "none", binfmt).Run() != nil {
			return false
		}
		t.Cleanup(func() { l.must(t, exec.Command("umount", binfmt)) })
	}
	const header = `\x7fELF\x02\x01\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x02\x00\xb7\x00`
	const mask = `\xff\xff\xff\xff\xff\xff\xff\x00\xff\xff\xff\xff\xff\xff\xff\xff\xfe\xff\xff\xff`
	if err := os.WriteFile(filepath.Join(binfmt, "register"), []byte(":qemu-aarch64:M::"+header+":"+mask+":"+qemu+":F"), 0o200); err != nil {
		return false
	}
	t.Cleanup(func() { write(t, filepath.Join(binfmt, "qemu-aarch64"), "-1") })
	return true
}
