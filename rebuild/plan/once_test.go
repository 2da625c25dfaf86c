package plan

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// once is a host whose loader is asked.
type once struct {
	dir string
	t   *testing.T
}

// file writes one below the host's root.
func (o once) file(path, text string) {
	path = filepath.Join(o.dir, path)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		o.t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o755); err != nil {
		o.t.Fatal(err)
	}
}

// tell runs lines behind the functions of once.sh, on a host that has nothing but its files and these programs.
func (o once) tell(lines string) string {
	script := strings.NewReplacer("/sys/firmware", o.dir+"/sys", "/boot/grub", o.dir+"/boot/grub").Replace(onceScript)
	cmd := exec.Command("/bin/sh", "-s")
	cmd.Env = []string{"PATH=" + o.dir + "/bin:/usr/bin:/bin", "LC_ALL=C"}
	cmd.Stdin = strings.NewReader(script + lines)
	out, err := cmd.CombinedOutput()
	if err != nil {
		o.t.Errorf("%v\n%s", err, out)
	}
	return string(out)
}

// onceVariable is a variable of systemd-boot's.
func onceVariable(name string) string {
	return "sys/efi/efivars/" + name + "-4a67b082-0a4c-41cf-b6c7-440b29bb8c4f"
}

const (
	onceInfo = "\x06\x00\x00\x00s\x00y\x00s\x00t\x00e\x00m\x00d\x00-\x00b\x00o\x00o\x00t\x00 \x002\x00"
	onceGrub = "if [ \"${next_entry}\" ]; then\n  set default=\"${next_entry}\"\nelse\n  set default=0\nfi\n" +
		"menuentry \"NixOS\" --class nixos {\n  linux /kernel init=/new/init quiet\n}\n" +
		"menuentry \"NixOS - (big)\" {\n  linux /kernel init=/new-big/init\n}\n" +
		"submenu \"NixOS - All configurations\" --class submenu {\n" +
		"menuentry \"NixOS - Configuration 2 (2026)\" {\n  linux /kernel init=/new/init quiet\n}\n" +
		"menuentry \"NixOS - Configuration 1 (2025)\" {\n  linux /kernel init=/old/init\n}\n}\n"
)

// Whether a boot loader boots something once, and what that is called there, is told from its own files; what it cannot
// is said.
func TestOnce(t *testing.T) {
	const ask = "if find_loader; then echo \"$loader\"; else echo \"no: $why\"; fi\n"
	const entries = "find_loader; for system in /old /new /none; do if entry_of $system; then echo \"$entry\"; else echo none; fi; " +
		"if is_default $system; then echo default; fi; done\n"
	bootctl := func(o once) {
		o.file(onceVariable("LoaderInfo"), onceInfo)
		o.file("bin/bootctl", "#!/bin/sh\necho "+o.dir+"/esp\n")
		o.file("esp/loader/loader.conf", "timeout 5\ndefault nixos-generation-2.conf\nconsole-mode keep\n")
		o.file("esp/loader/entries/nixos-generation-1.conf", "title NixOS\noptions init=/old/init quiet\n")
		o.file("esp/loader/entries/nixos-generation-2+3-1.conf", "title NixOS\noptions init=/new/init quiet\n")
	}
	grub := func(o once) {
		o.file("bin/grub-reboot", "#!/bin/sh\n")
		o.file("bin/stat", "#!/bin/sh\necho ext2/ext3\n")
		o.file("bin/df", "#!/bin/sh\necho /dev/sda1 1 1 1 1% /boot\n")
		o.file("boot/grub/grub.cfg", onceGrub)
	}
	for name, c := range map[string]struct {
		host func(once)
		ask  string
		want string
	}{
		"nothing that is known": {func(once) {}, ask, "no: what boots it is neither systemd-boot nor GRUB, as far as it tells\n"},
		"another loader":        {func(o once) { o.file(onceVariable("LoaderInfo"), "\x06\x00\x00\x00r\x00E\x00F\x00I\x00") }, ask, "no: what boots it is neither systemd-boot nor GRUB, as far as it tells\n"},
		"systemd-boot":          {bootctl, ask, "systemd-boot\n"},
		"its entries":           {bootctl, entries, "nixos-generation-1.conf\nnixos-generation-2.conf\ndefault\nnone\n"},
		"a default beside them": {func(o once) { bootctl(o); o.file(onceVariable("LoaderEntryDefault"), "x") }, ask, "no: bootctl set-default has given it another default\n"},
		"it takes the last one": {func(o once) { bootctl(o); o.file("esp/loader/loader.conf", "default @saved\n") }, entries, "nixos-generation-1.conf\nnixos-generation-2.conf\nnone\n"},
		"GRUB":                  {grub, ask, "grub\n"},
		"its menu":              {grub, entries, "NixOS - All configurations>NixOS - Configuration 1 (2025)\nNixOS - All configurations>NixOS - Configuration 2 (2026)\ndefault\nnone\n"},
		"an old menu":           {func(o once) { grub(o); o.file("boot/grub/grub.cfg", "set default=0\n") }, ask, "no: its GRUB menu boots nothing once\n"},
		"btrfs":                 {func(o once) { grub(o); o.file("bin/stat", "#!/bin/sh\necho btrfs\n") }, ask, "no: GRUB cannot write to the file system of /boot/grub\n"},
		"a mirror":              {func(o once) { grub(o); o.file("bin/df", "#!/bin/sh\necho /dev/md0 1 1 1 1% /boot\n") }, ask, "no: GRUB cannot write to the device of /boot/grub\n"},
		"it takes another": {func(o once) {
			grub(o)
			o.file("boot/grub/grub.cfg", strings.Replace(onceGrub, "set default=0", "set default=saved", 1))
		}, "find_loader; if is_default /new; then echo default; fi\n", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := once{t.TempDir(), t}
			o.file("bin/nothing", "")
			c.host(o)
			if got := strings.ReplaceAll(o.tell(c.ask), o.dir, ""); got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}
