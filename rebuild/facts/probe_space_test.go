package facts

import (
	"os"
	"path/filepath"
	"testing"
)

// TestProbeSpace: one directory that df refuses takes nothing from the others, and each has its own row.
func TestProbeSpace(t *testing.T) {
	for name, df := range map[string]string{
		"fine":        ``,
		"refuses one": `for word; do case $word in /boot) echo "df: $word: Permission denied" >&2; exit 1 ;; esac; done`,
	} {
		bin := t.TempDir()
		text := "#!/bin/sh\n" + df + `
flags=$1
shift
echo 'Filesystem 1024-blocks Used Available Capacity Mounted on'
for directory; do
	case $flags,$directory in
	-Pk,/tmp) echo '/dev/odd name 100 60 40 60% /tmp' ;;
	-Pi,/tmp) echo '/dev/odd name 10 6 4 60% /tmp' ;;
	-Pk,*) echo '/dev/a\b 1000 600 400 60% /' ;;
	*) echo '/dev/a\b 50 25 25 50% /' ;;
	esac
done
`
		if err := os.WriteFile(filepath.Join(bin, "df"), []byte(text), 0o755); err != nil {
			t.Fatal(err)
		}
		for _, s := range shells(t) {
			f := host{shell: s, env: []string{"PATH=" + bin + ":" + os.Getenv("PATH")}}.ask(t, Query{})
			for _, space := range f.Spaces {
				want := Space{Path: space.Path, Mount: "/", FreeKiB: 400, TotalKiB: 1000, FreeInodes: 25, Inodes: 50}
				if space.Path == "/tmp" {
					want = Space{Path: "/tmp", Mount: "/tmp", FreeKiB: 40, TotalKiB: 100, FreeInodes: 4, Inodes: 10}
				}
				same(t, name+", "+s.name, space, want)
			}
			if _, found := f.Space("/tmp"); !found {
				t.Errorf("%s, %s: nothing of /tmp", name, s.name)
			}
			if _, found := f.Space("/boot"); found && df != "" {
				t.Errorf("%s, %s: /boot has %+v", name, s.name, f.Spaces)
			}
		}
	}
}

// TestProbeMounts: NixOS/nix#9418, a store that takes no writes. What else is mounted is nobody's business.
func TestProbeMounts(t *testing.T) {
	n := newNixOS(t)
	n.write("mountinfo", `21 1 254:1 / / rw,relatime shared:1 - ext4 /dev/vda1 rw,errors=remount-ro
22 21 0:5 / /proc rw - proc proc rw
30 21 254:1 /nix/store /nix/store ro,nosuid,relatime shared:2 master:7 - ext4 /dev/vda1 rw
31 21 254:2 / /boot rw - vfat /dev/vda2 ro,umask=0077
32 21 0:9 / /home/x\\040y ro - tmpfs tmpfs ro
`)
	want := []Mount{{At: "/"}, {At: "/nix/store", ReadOnly: true}, {At: "/boot", Sealed: true}}
	for _, s := range shells(t) {
		f := host{shell: s, env: []string{"PATH=" + os.Getenv("PATH")}, script: func(script string) string {
			return replaceAll(t, script, map[string]string{"/proc/self/mountinfo": n.root + "/mountinfo"})
		}}.ask(t, Query{})
		same(t, s.name, f.Mounts, want)
		for path, sealed := range map[string]bool{"/nix/store": false, "/nix/var/nix": false, "/boot/efi": true, "/bootx": false} {
			if _, got := f.ReadOnly(path); got != sealed {
				t.Errorf("%s: %s is read-only: %v", s.name, path, got)
			}
		}
	}
}
