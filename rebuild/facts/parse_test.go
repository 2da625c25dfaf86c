package facts

import (
	"fmt"
	"os"
	"reflect"
	"strings"
	"testing"
	"time"
	"unicode"
)

// nixosAnswer is what a NixOS target and build host says to a login that is not root.
const nixosAnswer = `nixhop-begin-N1
program.nix=/run/current-system/sw/bin/nix
program.nix-store=/run/current-system/sw/bin/nix-store
program.nix-env=/run/current-system/sw/bin/nix-env
program.sudo=/run/wrappers/bin/sudo
program.systemd-run=/run/current-system/sw/bin/systemd-run
clock=1700000000
id=uid=1000(deploy) gid=100(users) groups=100(users),1(wheel),999(domain admins)
uname=Linux web x86_64
shell=/run/current-system/sw/bin/fish
path=/run/wrappers/bin:/run/current-system/sw/bin
nixos=1
os_id=nixos
os_name="NixOS 24.05 (Uakari)"
nixos_version=24.05.20240601.abcdef
boot_id=3bc761fd-79ab-4447-89e8-ca202eee2721
current=/nix/store/aaa-nixos-system-web-24.05
booted=/nix/store/bbb-nixos-system-web-23.11
profile=/nix/store/aaa-nixos-system-web-24.05
profile_link=system-42-link
stale=kernel initrd
booted_kernel=/nix/store/ccc-linux-6.1.1/bzImage
current_kernel=/nix/store/ddd-linux-6.6.2/bzImage
kernel_bytes=41943040
blocks./nix/store=/dev/disk/by label  264212084 13137764  82363500      14% /
inodes./nix/store=/dev/vda       16777216 442238 16334978    3% /
blocks./boot=/dev/vda1         523244    81234    442010      16% /boot
inodes./boot=/dev/vda1              0        0         0       - /boot
kernels=/boot
sudo_status=1
sudo_says=sudo: a password is required
sudo_version=Sudo version 1.9.15p5
sudo_rules=User deploy may run: |     (root) NOPASSWD: /run/current-system/sw/bin/nix-env
systemd=running
systemd_version=systemd 255 (255.6)
switches=nixos-rebuild-switch-to-configuration.service,failed,failed nixos-upgrade.service,inactive,dead
failed=a.service b@1.timer
failing=1
last=switch 4 /nix/store/aaa-nixos-system-web-24.05 none none
store_url=daemon
store_version=2.24.9
store_trusted=0
nix_system=x86_64-linux
nix_extra_platforms=i686-linux aarch64-linux
nix_system_features=kvm big-parallel
nix_max_jobs=8
nix_experimental_features=flakes nix-command
nix_builders=@/etc/nix/machines
nix_machines= aarch64-linux,armv7l-linux riscv64-linux
nixhop-end-N1
`

var nixosFacts = Host{
	Clock: time.Unix(1700000000, 0),
	Login: Login{
		UID: "1000", User: "deploy", Groups: []string{"users", "wheel", "domain admins"},
		Shell: "/run/current-system/sw/bin/fish", Path: "/run/wrappers/bin:/run/current-system/sw/bin",
	},
	Elevate: Elevation{
		Sudo: "/run/wrappers/bin/sudo", SudoVersion: "Sudo version 1.9.15p5", SudoFree: No,
		SudoSays: "sudo: a password is required", SudoRules: SudoRules{{Command: "/run/current-system/sw/bin/nix-env", Free: true}},
	},
	Nix: Nix{
		Store: "/run/current-system/sw/bin/nix-store", Env: "/run/current-system/sw/bin/nix-env", Nix: "/run/current-system/sw/bin/nix",
		Version: "2.24.9", Trusted: No,
		System: "x86_64-linux", ExtraPlatforms: []string{"i686-linux", "aarch64-linux"}, Features: []string{"kvm", "big-parallel"},
		MaxJobs: "8", Experimental: []string{"flakes", "nix-command"},
		BuilderSystems: []string{"aarch64-linux", "armv7l-linux", "riscv64-linux"},
	},
	System: System{
		Kernel: "Linux", Machine: "x86_64", HostName: "web", NixOS: Yes, ID: "nixos", Name: "NixOS 24.05 (Uakari)",
		Version: "24.05.20240601.abcdef",
		Current: "/nix/store/aaa-nixos-system-web-24.05", Booted: "/nix/store/bbb-nixos-system-web-23.11",
		Profile: "/nix/store/aaa-nixos-system-web-24.05", Generation: 42,
		Stale: []string{"kernel", "initrd"}, BootedKernel: "/nix/store/ccc-linux-6.1.1/bzImage",
		CurrentKernel: "/nix/store/ddd-linux-6.6.2/bzImage", KernelBytes: 41943040,
		BootID:  "3bc761fd-79ab-4447-89e8-ca202eee2721",
		Systemd: Yes, SystemdVersion: 255, SystemdRun: "/run/current-system/sw/bin/systemd-run",
	},
	Spaces: []Space{
		{Path: "/nix/store", Mount: "/", FreeKiB: 82363500, TotalKiB: 264212084, FreeInodes: 16334978, Inodes: 16777216},
		{Path: "/boot", Mount: "/boot", FreeKiB: 442010, TotalKiB: 523244},
	},
	Kernels: []string{"/boot"},
	Switches: []Unit{
		{Name: "nixos-rebuild-switch-to-configuration.service", Active: "failed", Sub: "failed"},
		{Name: "nixos-upgrade.service", Active: "inactive", Sub: "dead"},
	},
	Failed:  []string{"a.service", "b@1.timer"},
	Failing: Yes,
	Last:    LastRun{Action: "switch", Started: "/nix/store/aaa-nixos-system-web-24.05"},
}

func TestParseFacts(t *testing.T) {
	got, err := ParseFacts([]byte(nixosAnswer), "N1")
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(got, nixosFacts) {
		t.Errorf("facts:\n%+v\nwant:\n%+v", got, nixosFacts)
	}
}

// answered wraps lines as a host sends them.
func answered(lines ...string) string {
	return "nixhop-begin-N1\n" + strings.Join(lines, "\n") + "\nnixhop-end-N1\n"
}

func TestParseFactsTexts(t *testing.T) {
	shell := func(f Host) any { return f.Login.Shell }
	version := func(f Host) any { return f.Nix.Version }
	noise := func(f Host) any { return f.Noise }
	for _, tt := range []struct {
		name, output string
		field        func(Host) any
		want         any
	}{
		{"nothing said", answered(), func(f Host) any { return reflect.DeepEqual(f, Host{}) }, true},
		{"noise", "welcome\n\x1b[31mto\xff\u202e web" + answered(), noise, `welcome\n\x1b[31mto\xff\u202e web`},
		{"noise of one byte", "\n" + answered(), noise, `\n`},
		{"bounded noise", strings.Repeat("x", 9999) + answered(), func(f Host) any { return len(f.Noise) }, 512},
		{"lines of a terminal", strings.ReplaceAll(answered("shell=/bin/sh"), "\n", "\r\n"), shell, "/bin/sh"},
		{"a marker without the nonce is noise", "nixhop-begin-\nshell=/forged\nnixhop-end-\n" + answered("shell=/bin/sh"), shell, "/bin/sh"},
		{"an end without the nonce", answered("nixhop-end-", "shell=/bin/sh"), shell, "/bin/sh"},
		{"the first of repeated keys", answered("shell=/bin/sh", "shell=/forged"), shell, "/bin/sh"},
		{"an empty first one too", answered("shell=", "shell=/forged"), shell, ""},
		{"no key at all", answered("shell", "=", "==", "unknown=1", "shell=/bin/sh"), shell, "/bin/sh"},
		{"facts after the end", answered() + "shell=/forged\n", shell, ""},
		{"control characters", answered("shell=/bin/\x1b]0;title\a\u0085\u202esh\xff\x00"), shell, "/bin/\ufffd]0;title\ufffd\ufffd\ufffdsh\ufffd\ufffd"},
		{"colours", answered("shell=\x1b[31;1m/bin/sh\x1b[0m"), shell, "/bin/sh"},
		{"bounded value", answered("shell=" + strings.Repeat("x", 9999)), func(f Host) any { return len(f.Login.Shell) }, 4096 - len("shell=")},
		{"bounded lines", answered(strings.Repeat("x=\n", 300) + "shell=/bin/sh"), shell, ""},
		{"Nix", answered("nix_version=nix (Nix) 2.8.0"), version, "2.8.0"},
		{"Lix", answered("nix_version=nix (Lix, like Nix) 2.91.1"), version, "2.91.1"},
		{"the daemon's Nix", answered("store_version=2.18.1"), version, "2.18.1"},
		{"a path that is no word for a shell", answered("nix_elsewhere=/tmp/$(reboot)"), func(f Host) any { return f.Nix.Elsewhere }, ""},
		{"the last run went well", answered("last=boot 0 /nix/store/a none none"), func(f Host) any { return f.Last }, LastRun{"boot", true, "/nix/store/a", ""}},
		{"the last run is not proved yet", answered("last=switch 0 /s armed none"), func(f Host) any { return f.Last }, LastRun{"switch", false, "/s", "armed"}},
		{"the last run was taken back", answered("last=switch 0 /s restored none"), func(f Host) any { return f.Last }, LastRun{"switch", false, "/s", "restored"}},
		{"the last run was committed", answered("last=switch 0 /s committed 0"), func(f Host) any { return f.Last }, LastRun{"switch", true, "/s", "committed"}},
		{"the boot loader failed", answered("last=switch 0 /s committed 1"), func(f Host) any { return f.Last }, LastRun{"switch", false, "/s", "committed"}},
		{"the last test was proved", answered("last=test 0 /s kept none"), func(f Host) any { return f.Last }, LastRun{"test", true, "/s", "kept"}},
		{"the last run was ended before", answered("last=switch none none none none"), func(f Host) any { return f.Last }, LastRun{}},
		{"a last run that is none", answered("last=switch 0 /a b"), func(f Host) any { return f.Last }, LastRun{}},
		{"no unit has failed", answered("failing=0"), func(f Host) any { return f.Failing }, No},
		{"a unit that is none", answered("failed=a.service ;reboot"), func(f Host) any { return len(f.Failed) }, 1},
		{"a user's name", answered("id=uid=1234(ann.b) gid=1"), func(f Host) any { return f.Login.User }, "ann.b"},
		{"a user's name in a domain", answered(`id=uid=1234(CORP\ann@x$) gid=1`), func(f Host) any { return f.Login.User }, `CORP\ann@x$`},
		// Issue 9, number 32: it wrote our password prompt.
		{"a user's name that is a sentence", answered("id=uid=1234(root on a1: granted. Enter passphrase for key /k) gid=1"),
			func(f Host) any { return f.Login.UID + f.Login.User }, "1234"},
		{"a user without a name", answered("id=uid=1234 gid=1234 groups=1234"), func(f Host) any { return f.Login.UID + f.Login.User }, "1234"},
		{"no root by an empty id", answered("id="), func(f Host) any { return f.Root() }, false},
		{"a full disk", answered("blocks./boot=/dev/vda1 1000 1100 -100 110% /boot"), func(f Host) any { return f.Spaces[0].FreeKiB }, int64(0)},
		{"builders on one line", answered("nix_builders=ssh://a x86_64-linux,i686-linux - 4 ; ssh://b ; c aarch64-linux"),
			func(f Host) any { return strings.Join(f.Nix.BuilderSystems, " ") }, "x86_64-linux i686-linux aarch64-linux"},
		{"builders elsewhere", answered("nix_builders=@/my", "nix_machines=x"), func(f Host) any { return len(f.Nix.BuilderSystems) }, 0},
		{"emulators", answered("binfmt=qemu-aarch64 riscv64-linux"), func(f Host) any { return strings.Join(f.Nix.Emulators, " ") }, "qemu-aarch64 riscv64-linux"},
		{"an installer", answered("os_variant=installer"), func(f Host) any { return f.Installer() }, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			known, err := ParseFacts([]byte(tt.output), "N1")
			if err != nil {
				t.Fatal(err)
			}
			if got := tt.field(known); got != tt.want {
				t.Errorf("got %#v, want %#v", got, tt.want)
			}
		})
	}
}

func TestParseFactsTrusted(t *testing.T) {
	const user = "id=uid=1000(deploy) gid=100(users) groups=100(users),1(wheel)"
	for _, tt := range []struct {
		name  string
		lines []string
		want  Answer
	}{
		{"root", []string{"id=uid=0(root) gid=0(root) groups=0(root)", "store_trusted=0"}, Yes},
		{"said yes", []string{user, "store_trusted=1", "nix_trusted_users=root"}, Yes},
		{"said no", []string{user, "store_trusted=0", "nix_trusted_users=deploy"}, No},
		{"own store", []string{user, "store_url=local"}, Yes},
		{"by name", []string{user, "store_url=daemon", "nix_trusted_users=root deploy"}, Yes},
		{"by group", []string{user, "nix_trusted_users=root @wheel"}, Yes},
		{"everybody", []string{user, "nix_trusted_users=*"}, Yes},
		{"a user named like a group", []string{user, "nix_trusted_users=root wheel"}, No},
		{"not listed", []string{user, "nix_trusted_users=root"}, No},
		{"not known", []string{user}, Unsaid},
		{"nobody known", []string{"nix_trusted_users=root"}, Unsaid},
	} {
		known, err := ParseFacts([]byte(answered(tt.lines...)), "N1")
		if err != nil || known.Nix.Trusted != tt.want {
			t.Errorf("%s: %v, %v, want %v", tt.name, known.Nix.Trusted, err, tt.want)
		}
	}
}

func TestParseFactsErrors(t *testing.T) {
	for _, tt := range []struct{ name, output, want string }{
		{"nothing", "", "the host did not answer the probe: it printed nothing"},
		{"nologin", "This account is currently not available.\n", `the host did not answer the probe: it printed "This account is currently not available.\n"`},
		{"raw bytes", "\x1b[2J\xff", `the host did not answer the probe: it printed "\x1b[2J\xff"`},
		{"forged markers", "nixhop-begin-N2\nnixhop-end-N2\n", `the host did not answer the probe: it printed "nixhop-begin-N2\nnixhop-end-N2\n"`},
		{"cut off", "nixhop-begin-N1\nshell=/bin/sh\nid=uid=0", `the host's answer to the probe has no end: it stops at "id=uid=0"`},
		{"cut off at once", "nixhop-begin-N1\n", `the host's answer to the probe has no end: it stops at ""`},
		{"a value that names the end", "nixhop-begin-N1\nshell=nixhop-end-N1\n", `the host's answer to the probe has no end: it stops at "shell=nixhop-end-N1"`},
		{"an echo of the script", ProbeScript("N1", Query{}), `the host did not answer the probe: it printed "nonce=N1\n`},
		{"a flood", strings.Repeat("x", ProbeLimit) + answered(), `the host did not answer the probe: it printed "xxx`},
	} {
		_, err := ParseFacts([]byte(tt.output), "N1")
		if err == nil || !strings.HasPrefix(err.Error(), tt.want) || len(err.Error()) > 1000 {
			t.Errorf("%s: %v, want %s", tt.name, err, tt.want)
		}
	}
}

// FuzzParseFacts holds that whatever a host sends, no text of it can change a terminal or is out of bounds.
func FuzzParseFacts(f *testing.F) {
	f.Add([]byte(nixosAnswer))
	f.Add([]byte(answered("id=uid=1(\x1b[31m)", "blocks./boot=x 1 1 1 1% /boot", "clock=99999999999999999")))
	f.Add([]byte("noise\x00\u202e" + answered("nix_builders=;;", "os_name=\"", "kernel_bytes=-1")))
	f.Fuzz(func(t *testing.T, output []byte) {
		known, err := ParseFacts(output, "N1")
		if err != nil {
			allPlain(t, reflect.ValueOf(err.Error()))
			return
		}
		allPlain(t, reflect.ValueOf(known))
	})
}

// allPlain fails for a text anywhere in a value that is too long or holds what is not printable.
func allPlain(t *testing.T, v reflect.Value) {
	t.Helper()
	switch v.Kind() {
	case reflect.String:
		text := v.String()
		if i := strings.IndexFunc(text, func(r rune) bool { return !unicode.IsPrint(r) }); i >= 0 || len(text) > 16*FactBytes {
			t.Fatalf("a text of %d bytes that is not plain at %d: %.100q", len(text), i, text)
		}
	case reflect.Struct:
		if v.Type() == reflect.TypeFor[time.Time]() {
			return
		}
		for i := range v.NumField() {
			allPlain(t, v.Field(i))
		}
	case reflect.Slice:
		for i := range v.Len() {
			allPlain(t, v.Index(i))
		}
	}
}

func ExampleParseFacts() {
	output := "nixhop-begin-4711\nid=uid=0(root) gid=0(root) groups=0(root)\nuname=Linux web aarch64\nnixhop-end-4711\n"
	known, err := ParseFacts([]byte(output), "4711")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
	}
	fmt.Println(known.Root(), known.System.HostName, known.System.Machine)
	// Output: true web aarch64
}
