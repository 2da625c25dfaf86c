package rebuild

import (
	"bufio"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"syscall"
	"testing"

	"nixhop/nixexec"
)

// shell is a /bin/sh as hosts have it.
type shell struct {
	name    string
	program string
	args    []string
}

// shells are those that are here: dash of Debian, bash of NixOS under the name of sh, busybox of small systems.
func shells(t *testing.T) []shell {
	var found []shell
	for _, s := range []shell{
		{"dash", "dash", []string{"sh", "-s"}},
		{"bash", "bash", []string{"sh", "-s"}},
		{"busybox", "busybox", []string{"sh", "-s"}},
	} {
		path, err := nixexec.LookPath(s.program)
		if err != nil {
			t.Logf("%v: not tried", err)
			continue
		}
		s.program = path
		found = append(found, s)
	}
	return found
}

// host is a login that a probe meets.
type host struct {
	shell  shell
	env    []string
	nobody bool   // not root, where the test is root
	before string // printed by the login shell
	script func(string) string
}

// ask runs a probe as ssh would, and returns what was printed. It fails when the session does not outlive its answer, runs what
// comes in after it, or does not end with its input.
func (h host) ask(t *testing.T, query Query) Facts {
	t.Helper()
	script := ProbeScript("N1", query)
	if h.script != nil {
		script = h.script(script)
	}
	cmd := exec.Command(h.shell.program)
	cmd.Args, cmd.Env, cmd.Dir = h.shell.args, h.env, "/"
	if h.nobody && os.Getuid() == 0 {
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 65534, Gid: 65534}}
	}
	stdin, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	if _, err := io.WriteString(stdin, script); err != nil {
		t.Fatal(err)
	}
	output := []byte(h.before)
	lines := bufio.NewReader(stdout)
	for {
		line, err := lines.ReadString('\n')
		output = append(output, line...)
		if err != nil || line == EndMarker("N1")+"\n" {
			break
		}
	}
	trap := filepath.Join(t.TempDir(), "trap")
	line := ": >" + trap + "\n"
	// More than a pipe holds: it goes in only where somebody reads.
	if _, err := io.WriteString(stdin, strings.Repeat(line, 80<<10/len(line))); err != nil {
		t.Errorf("the session ended with its answer: %v", err)
	}
	if err := stdin.Close(); err != nil {
		t.Error(err)
	}
	if rest, _ := io.ReadAll(lines); len(rest) > 0 {
		t.Errorf("printed after the end: %q", rest)
	}
	if err := cmd.Wait(); err != nil {
		t.Errorf("the session: %v", err)
	}
	if _, err := os.Stat(trap); err == nil {
		t.Error("the session ran what came in after its answer")
	}
	facts, err := ParseFacts(output, "N1")
	if err != nil {
		t.Fatal(err)
	}
	return facts
}

func TestProbeHere(t *testing.T) {
	for _, s := range shells(t) {
		t.Run(s.name, func(t *testing.T) {
			f := host{shell: s, env: []string{"PATH=" + os.Getenv("PATH"), "SHELL=/bin/my", "HOME=/nonexistent"}}.
				ask(t, Query{Target: true, BuildHost: true})
			name, _ := os.Hostname()
			if f.System.HostName != name || f.System.Kernel != "Linux" || f.System.Machine == "" {
				t.Errorf("uname: %+v", f.System)
			}
			if f.Root() != (os.Getuid() == 0) || f.Login.Shell != "/bin/my" || f.Login.Path != os.Getenv("PATH") || f.Noise != "" {
				t.Errorf("login: %+v, noise %q", f.Login, f.Noise)
			}
			if f.Clock.IsZero() || len(f.System.BootID) != 36 {
				t.Errorf("clock %v, boot %q", f.Clock, f.System.BootID)
			}
			if tmp, ok := f.Space("/tmp"); !ok || tmp.TotalKiB == 0 || tmp.Mount == "" {
				t.Errorf("spaces: %+v", f.Spaces)
			}
		})
	}
}

func TestProbeNobody(t *testing.T) {
	for _, s := range shells(t) {
		t.Run(s.name, func(t *testing.T) {
			f := host{shell: s, env: []string{"PATH=" + os.Getenv("PATH"), "HOME=/nonexistent"}, nobody: true}.ask(t, Query{Target: true})
			if f.Root() || f.Login.UID == "" || f.System.HostName == "" {
				t.Errorf("%+v", f)
			}
		})
	}
}

// TestProbeBareEnvironment has a login without a PATH: the programs are then not in it, but the facts come all the same.
func TestProbeBareEnvironment(t *testing.T) {
	for _, s := range shells(t) {
		for _, env := range [][]string{{"PATH="}, {"PATH=/nonexistent", "IFS=u", "CDPATH=/", "ENV=/dev/full"}} {
			f := host{shell: s, env: env}.ask(t, Query{Target: true})
			if f.Login.UID == "" || f.System.HostName == "" || f.Nix.Store != "" {
				t.Errorf("%s, %q: %+v", s.name, env, f)
			}
		}
	}
}

// TestProbeHostileEnvironment has functions that bash takes from its environment, and a login shell that prints.
func TestProbeHostileEnvironment(t *testing.T) {
	env := []string{"PATH=" + os.Getenv("PATH"), "HOME=/nonexistent", "nonce=x", "target=x", "IFS=/"}
	for _, name := range []string{"printf", "command", "read", "id", "uname", "df", "sudo", "nix", "wait", "date"} {
		env = append(env, "BASH_FUNC_"+name+"%%=() { echo shell=/forged; }")
	}
	for _, s := range shells(t) {
		f := host{shell: s, env: env, before: "\nnixhop-begin-\nshell=/forged\nnixhop-end-N\n"}.ask(t, Query{Target: true})
		if f.Login.UID == "" || f.System.HostName == "" || f.Login.Shell == "/forged" {
			t.Errorf("%s: %+v", s.name, f)
		}
		if want := `\nnixhop-begin-\nshell=/forged\nnixhop-end-N\n`; f.Noise != want {
			t.Errorf("%s: noise %q", s.name, f.Noise)
		}
	}
}

// TestProbeWithoutPrograms has a host on which nothing can be run at all.
func TestProbeWithoutPrograms(t *testing.T) {
	for _, s := range shells(t)[:1] {
		h := host{shell: s, env: []string{"PATH=", "SHELL=/bin/sh"}, script: func(script string) string {
			return replaceAll(t, script, map[string]string{"PATH=${PATH:+$PATH:}": "PATH=/nonexistent #"})
		}}
		f := h.ask(t, Query{Target: true, BuildHost: true})
		if f.Login.Shell != "/bin/sh" || f.System.HostName != "" || f.Login.UID != "" {
			t.Errorf("%s: %+v", s.name, f)
		}
	}
}

// replaceAll fails where there is nothing to replace.
func replaceAll(t *testing.T, text string, pairs map[string]string) string {
	t.Helper()
	for from, to := range pairs {
		if !strings.Contains(text, from) {
			t.Fatalf("the script has no %q", from)
		}
		text = strings.ReplaceAll(text, from, to)
	}
	return text
}

// nixos is a tree that looks to the script like a NixOS host, with programs of its own before those that are here.
type nixos struct {
	t    *testing.T
	root string
}

func newNixOS(t *testing.T) nixos {
	n := nixos{t, t.TempDir()}
	for path := n.root; path != "/" && path != os.TempDir(); path = filepath.Dir(path) {
		if err := os.Chmod(path, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	n.write("etc/NIXOS", "")
	n.write("etc/os-release", "NAME=NixOS\nID=nixos\nPRETTY_NAME=\"NixOS 24.05 (Uakari)\"\nVARIANT_ID=installer\n")
	for _, system := range []string{"old", "new"} {
		n.write("store/"+system+"/nixos-version", "24.05."+system)
		n.write("store/"+system+"-kernel", strings.Repeat("k", 3000))
		n.write("store/"+system+"-initrd", strings.Repeat("i", 5000))
		n.link("store/"+system+"-kernel", "store/"+system+"/kernel")
		n.link("store/"+system+"-initrd", "store/"+system+"/initrd")
		n.write("store/modules/x", "")
		n.link("store/modules", "store/"+system+"/kernel-modules")
	}
	n.link("store/new", "run/current-system")
	n.link("store/old", "run/booted-system")
	n.link("store/new", "profiles/web-7-link")
	if err := os.Symlink("web-7-link", filepath.Join(n.root, "profiles/web")); err != nil {
		t.Fatal(err)
	}
	n.write("run/systemd/system/x", "")
	n.write("boot/EFI/nixos/x", "")
	n.write("bin/id", "#!/bin/sh\necho 'uid=65534(nobody) gid=65534(nogroup) groups=65534(nogroup)'\n")
	return n
}

func (n nixos) write(path, text string) {
	n.t.Helper()
	path = filepath.Join(n.root, path)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		n.t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o755); err != nil {
		n.t.Fatal(err)
	}
}

func (n nixos) link(to, path string) {
	n.t.Helper()
	path = filepath.Join(n.root, path)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		n.t.Fatal(err)
	}
	if err := os.Symlink(filepath.Join(n.root, to), path); err != nil {
		n.t.Fatal(err)
	}
}

// ask probes the tree in place of the file system that is here, as a login that is not root.
func (n nixos) ask(t *testing.T, s shell, query Query) Facts {
	return n.askWith(t, s, query, n.root+"/bin:"+os.Getenv("PATH"))
}

// askWith has another PATH for the login.
func (n nixos) askWith(t *testing.T, s shell, query Query, path string) Facts {
	return host{shell: s, nobody: true, env: []string{"PATH=" + path, "HOME=/nonexistent"},
		script: func(script string) string {
			return replaceAll(t, script, map[string]string{
				"/etc/": n.root + "/etc/", "/run/": n.root + "/run/", " /boot ": " " + n.root + "/boot ",
				"/nix/var/nix/profiles/system-profiles/": n.root + "/profiles/",
			})
		}}.ask(t, query)
}

func TestProbeNixOS(t *testing.T) {
	for _, s := range shells(t) {
		t.Run(s.name, func(t *testing.T) {
			n := newNixOS(t)
			n.write("bin/systemctl", `#!/bin/sh
case "$*" in
--version) echo 'systemd 255 (255.6)'; echo '+PAM' ;;
*--failed*) echo 'a.service loaded failed failed A'; echo 'b.timer loaded failed failed B' ;;
*) echo 'nixos-rebuild-switch-to-configuration.service loaded active running X Y' ;;
esac
`)
			n.write("bin/nix-store", "#!/bin/sh\n")
			n.write("bin/nix", `#!/bin/sh
case "$*" in
"store ping") echo 'warning: deprecated' >&2; printf 'Store URL: daemon\nVersion: 2.24.9\nTrusted: 0\n' >&2 ;;
show-config) printf 'system = x86_64-linux\nextra-platforms = i686-linux\nmax-jobs = 3\nbuilders = @/etc/nix/machines\nsystem-features = kvm\ntrusted-users = root\n' ;;
esac
`)
			n.write("etc/nix/machines", "# ours\n\nssh://a aarch64-linux,armv7l-linux\nssh://b riscv64-linux - 4\n")
			n.write("bin/sudo", `#!/bin/sh
case "$*" in
"-n true") echo 'sudo: unable to resolve host web' >&2; echo 'sudo: a password is required' >&2; exit 1 ;;
"-n -l") printf 'User may run:\n    (root) NOPASSWD: /bin/a, /bin/b\n    (root) NOPASSWD: /bin/c\n' ;;
--version) echo 'sudo-rs 0.2.3' ;;
esac
`)
			n.write("bin/doas", "#!/bin/sh\nexit 0\n")
			f := n.ask(t, s, Query{Target: true, BuildHost: true, Profile: "web"})
			store := n.root + "/store/"
			got, want := f.System, System{
				Kernel: "Linux", Machine: f.System.Machine, HostName: f.System.HostName, BootID: f.System.BootID, SystemdRun: f.System.SystemdRun,
				NixOS: Yes, ID: "nixos", Name: "NixOS 24.05 (Uakari)", Variant: "installer", Version: "24.05.new",
				Current: store + "new", Booted: store + "old", Profile: store + "new", Generation: 7,
				Stale: []string{"kernel", "initrd"}, BootedKernel: store + "old-kernel", CurrentKernel: store + "new-kernel", KernelBytes: 8000,
				Systemd: Yes, SystemdVersion: 255,
			}
			same(t, "system", got, want)
			same(t, "elevation", f.Elevate, Elevation{
				Sudo: n.root + "/bin/sudo", SudoVersion: "sudo-rs 0.2.3", SudoFree: No, SudoSays: "sudo: a password is required",
				SudoRules: "/bin/a, /bin/b /bin/c", Doas: n.root + "/bin/doas", DoasFree: Yes,
			})
			same(t, "nix", f.Nix, Nix{
				Store: n.root + "/bin/nix-store", Nix: n.root + "/bin/nix", Env: f.Nix.Env, Version: "2.24.9", Trusted: No,
				System: "x86_64-linux", ExtraPlatforms: []string{"i686-linux"}, Features: []string{"kvm"}, MaxJobs: "3",
				BuilderSystems: f.Nix.BuilderSystems,
			})
			same(t, "switches", f.Switches, []Unit{{"nixos-rebuild-switch-to-configuration.service", "active", "running"}})
			same(t, "failed", f.Failed, []string{"a.service", "b.timer"})
			same(t, "kernels", f.Kernels, []string{n.root + "/boot"})
		})
	}
}

// TestProbeNixes has the answers of Nix from its beginnings on.
func TestProbeNixes(t *testing.T) {
	for _, tt := range []struct {
		name, nix string
		want      Nix
	}{
		{"2.3", `case "$*" in --version) echo 'nix (Nix) 2.3.16' ;; show-config) echo 'trusted-users = root *' ;; *) echo "error: 'store' is not a recognised command" >&2; exit 1 ;; esac`,
			Nix{Version: "2.3.16", Trusted: Yes, StoreError: "'store' is not a recognised command"}},
		{"2.8", `case "$*" in "store ping") printf 'Store URL: daemon\nVersion: 2.8.0\n' >&2 ;; show-config) echo 'trusted-users = root' ;; esac`,
			Nix{Version: "2.8.0", Trusted: No}},
		{"2.18", `case "$*" in "store ping") printf 'Store URL: daemon\nVersion: 2.18.1\nTrusted: 1\n' >&2 ;; *) exit 9 ;; esac`,
			Nix{Version: "2.18.1", Trusted: Yes}},
		{"without the old names", `case "$*" in "store info") printf 'Store URL: daemon\nVersion: 3.0.0\n' ;; "config show") echo 'trusted-users = nobody' ;; *) echo "error: 'x' is not a recognised command" >&2; exit 1 ;; esac`,
			Nix{Version: "3.0.0", Trusted: Yes}},
		{"not let in", `case "$*" in --version) echo 'nix (Nix) 2.18.1' ;; "store ping") printf '\033[31;1merror:\033[0m cannot open connection to remote store: Connection reset by peer\n' >&2; exit 1 ;; *) exit 1 ;; esac`,
			Nix{Version: "2.18.1", StoreError: "cannot open connection to remote store: Connection reset by peer"}},
		{"a daemon that hangs", `case "$*" in --version) echo 'nix (Nix) 2.18.1' ;; "store ping") exec tail -f /dev/null ;; *) exit 1 ;; esac`,
			Nix{Version: "2.18.1", StoreError: "no answer within two seconds"}},
		{"one that only nix.conf speaks for", `exit 1`, Nix{Trusted: Yes}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			n := newNixOS(t)
			n.write("bin/nix", "#!/bin/sh\n"+tt.nix+"\n")
			n.write("bin/nix-store", "#!/bin/sh\n")
			if tt.nix == "exit 1" {
				n.write("etc/nix/nix.conf", "sandbox = true\n trusted-users = root nobody\n")
			}
			f := n.ask(t, shells(t)[0], Query{Profile: "web"})
			tt.want.Store, tt.want.Nix, tt.want.Env = n.root+"/bin/nix-store", n.root+"/bin/nix", f.Nix.Env
			same(t, "nix", f.Nix, tt.want)
		})
	}
}

// TestProbeNixElsewhere is NixOS/nix#1078: Nix is there, but not for a non-interactive login.
func TestProbeNixElsewhere(t *testing.T) {
	n := newNixOS(t)
	n.write("run/current-system/sw/bin/nix-store", "#!/bin/sh\necho nix-store '(Nix)' 2.11.1\n")
	f := host{shell: shells(t)[0], env: []string{"PATH="}, script: func(script string) string {
		return replaceAll(t, script, map[string]string{"/run/current-system/sw/bin": n.root + "/run/current-system/sw/bin"})
	}}.ask(t, Query{})
	if f.Nix.Store != "" || f.Nix.Elsewhere != n.root+"/run/current-system/sw/bin" {
		t.Errorf("%+v", f.Nix)
	}
}

func TestProbeScriptQuotes(t *testing.T) {
	script := ProbeScript("N1", Query{Target: true, Profile: "a'b; reboot"})
	want := "nonce=N1\nprofile='/nix/var/nix/profiles/system-profiles/a'\\''b; reboot'\ntarget=1\nbuild=0\nrun0=0\n"
	if !strings.HasPrefix(script, want) {
		t.Errorf("head %q, want %q", script[:len(want)], want)
	}
	if !strings.Contains(ProbeScript("N1", Query{Profile: "system"}), "profile=/nix/var/nix/profiles/system\n") {
		t.Error("the profile system is not at its own place")
	}
	if lines := strings.Split(script, "\n"); slices.Contains(lines, EndMarker("N1")) || strings.Contains(script, beginMarker("N1")) {
		t.Error("an echo of the script would be taken for an answer")
	}
}

// same compares two values that print.
func same[T any](t *testing.T, what string, got, want T) {
	t.Helper()
	if !reflect.DeepEqual(got, want) {
		t.Errorf("%s:\n%+v\nwant\n%+v", what, got, want)
	}
}
