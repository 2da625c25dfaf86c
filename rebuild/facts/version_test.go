package facts

import "testing"

func TestVersion(t *testing.T) {
	for text, want := range map[string][2]int{
		"2.8.0": {2, 8}, "2.32pre20250801_a": {2, 32}, "3": {3, 0}, "": {}, "x.y": {}, "2.": {2, 0},
	} {
		if major, minor := Version(text); [2]int{major, minor} != want {
			t.Errorf("version(%q) = %d, %d, want %v", text, major, minor, want)
		}
	}
}

func TestRuns(t *testing.T) {
	for _, tt := range []struct {
		kernel, machine, system string
		want                    bool
	}{
		{"Linux", "x86_64", "x86_64-linux", true},
		{"Linux", "x86_64", "i686-linux", true},
		{"Linux", "i686", "x86_64-linux", false},
		{"Linux", "aarch64", "aarch64-linux", true},
		{"Linux", "aarch64", "armv7l-linux", true},
		{"Linux", "armv7l", "armv6l-linux", true},
		{"Linux", "armv6l", "armv7l-linux", false},
		{"Linux", "ppc64le", "powerpc64le-linux", true},
		{"Linux", "riscv64", "riscv64-linux", true},
		{"Darwin", "arm64", "aarch64-darwin", true},
		{"Darwin", "arm64", "aarch64-linux", false},
	} {
		if got := Runs(System{Kernel: tt.kernel, Machine: tt.machine}, tt.system); got != tt.want {
			t.Errorf("%s %s runs %s: %v", tt.kernel, tt.machine, tt.system, got)
		}
	}
}
