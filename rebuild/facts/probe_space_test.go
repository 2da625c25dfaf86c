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
