package facts

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

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
func (n nixos) ask(t *testing.T, s shell, query Query) Host {
	return n.askWith(t, s, query, n.root+"/bin:"+os.Getenv("PATH"))
}

// askWith has another PATH for the login.
func (n nixos) askWith(t *testing.T, s shell, query Query, path string) Host {
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
			// The last one is a look; the one before it has ended.
			for i, text := range []string{
				"run=nixhop-1\naction=boot\nstarted=/nix/store/a\nstatus=1\nended=yes\n",
				"run=nixhop-2\naction=switch\nstarted=/nix/store/b\nstatus=0\nended=yes\n",
				"run=nixhop-3\naction=dry-activate\nstarted=/nix/store/c\nstatus=0\nended=yes\n",
			} {
				dir := fmt.Sprintf("run/nixhop/nixhop-%d", i+1)
				n.write(dir+"/outcome", text)
				past := time.Now().Add(time.Duration(i-9) * time.Minute)
				if err := os.Chtimes(filepath.Join(n.root, dir), past, past); err != nil {
					t.Fatal(err)
				}
			}
			n.write("run/nixhop/lock", "")
			n.write("bin/nix", `#!/bin/sh
case "$*" in
"store ping") echo 'warning: deprecated' >&2; printf 'Store URL: daemon\nVersion: 2.24.9\nTrusted: 0\n' >&2 ;;
show-config) printf 'system = x86_64-linux\nextra-platforms = i686-linux\nmax-jobs = 3\nbuilders = @/etc/nix/machines\nsystem-features = kvm\ntrusted-users = root\n' ;;
esac
`)
			n.write("etc/nix/machines", "# ours\n\nssh://a aarch64-linux,armv7l-linux\nssh://b riscv64-linux - 4\n")
			n.write("bin/sudo", `#!/bin/sh
case "$*" in
"-k -n /bin/sh -s") echo 'sudo: unable to resolve host web' >&2; echo 'sudo: a password is required' >&2; exit 1 ;;
"-k -n -l") printf 'User may run:\n    (root) NOPASSWD: /bin/a, /bin/b\n    (root) NOPASSWD: /bin/c\n' ;;
--version) echo 'sudo-rs 0.2.3' ;;
esac
`)
			n.write("bin/doas", "#!/bin/sh\nexit 0\n")
			f := n.ask(t, s, Query{Target: true, BuildHost: true, Profile: "web"})
			store := n.root + "/store/"
			got, want := f.System, System{
				Kernel: "Linux", Machine: f.System.Machine, HostName: f.System.HostName, BootID: f.System.BootID, PIDSpace: f.System.PIDSpace, SystemdRun: f.System.SystemdRun,
				NixOS: Yes, ID: "nixos", Name: "NixOS 24.05 (Uakari)", Variant: "installer", Version: "24.05.new",
				Current: store + "new", Booted: store + "old", Profile: store + "new", Generation: 7,
				Stale: []string{"kernel", "initrd"}, BootedKernel: store + "old-kernel", CurrentKernel: store + "new-kernel", KernelBytes: 8000,
				Systemd: Yes, SystemdVersion: 255,
			}
			for link, at := range map[string]*int64{"current": &want.Activated, "booted": &want.BootedAt} {
				if made, err := os.Lstat(filepath.Join(n.root, "run", link+"-system")); err == nil {
					*at = made.ModTime().Unix() // that of the link, and not of the system
				}
			}
			same(t, "system", got, want)
			same(t, "elevation", f.Elevate, Elevation{
				Sudo: n.root + "/bin/sudo", SudoVersion: "sudo-rs 0.2.3", SudoFree: No,
				SudoSays:  "sudo: unable to resolve host web | sudo: a password is required",
				SudoRules: SudoRules{{"/bin/a", true, false}, {"/bin/b", true, false}, {"/bin/c", true, false}}, Doas: n.root + "/bin/doas", DoasFree: Yes,
			})
			same(t, "nix", f.Nix, Nix{
				Store: n.root + "/bin/nix-store", Nix: n.root + "/bin/nix", Env: f.Nix.Env, Daemon: f.Nix.Daemon, Version: "2.24.9", Trusted: No,
				System: "x86_64-linux", ExtraPlatforms: []string{"i686-linux"}, Features: []string{"kvm"}, MaxJobs: "3",
				BuilderSystems: f.Nix.BuilderSystems,
			})
			same(t, "switches", f.Switches, []Unit{{"nixos-rebuild-switch-to-configuration.service", "active", "running"}})
			same(t, "failed", f.Failed, []string{"a.service", "b.timer"})
			same(t, "failing", f.Failing, Yes)
			same(t, "last", f.Last, LastRun{Action: "switch", Well: true, Started: "/nix/store/b"})
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
		{"2.18, not trusted", `case "$*" in "store ping") printf 'Store URL: daemon\nVersion: 2.18.1\nTrusted: 0\n' >&2 ;;
show-config) printf 'require-sigs = true\nsecret-key-files = /nonexistent/key\ntrusted-public-keys = cache.nixos.org-1:abc= ours:def=\n' ;; esac`,
			Nix{Version: "2.18.1", Trusted: No, RequireSigs: Yes, TrustedKeys: []string{"cache.nixos.org-1", "ours"}, SignsBy: []string{"?"}}},
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
			tt.want.Store, tt.want.Nix, tt.want.Env, tt.want.Daemon = n.root+"/bin/nix-store", n.root+"/bin/nix", f.Nix.Env, f.Nix.Daemon
			same(t, "nix", f.Nix, tt.want)
		})
	}
}
