package rebuild

import (
	"slices"
	"strings"
	"testing"
)

func TestElevation(t *testing.T) {
	const sudo, doas, run0 = "sudo -n", "doas -n", "systemd-run --uid=0 --pipe --quiet --wait --collect --no-ask-password -E LOCALE_ARCHIVE"
	all := Elevation{Sudo: "/bin/sudo", SudoFree: Yes, Doas: "/bin/doas", DoasFree: Yes, Run0Free: Yes}
	for _, test := range []struct {
		name, line string
		change     func(*Elevation)
		want       string
	}{
		{"sudo before the others", "", func(*Elevation) {}, sudo},
		{"doas before run0", "", func(e *Elevation) { e.SudoFree = No }, doas},
		{"run0 rather than a password", "", func(e *Elevation) { e.SudoFree, e.DoasFree = No, No }, run0},
		{"a password of sudo", "", func(e *Elevation) { e.SudoFree, e.DoasFree, e.Run0Free = No, No, No }, sudo},
		{"only doas, with a password", "", func(e *Elevation) { *e = Elevation{Doas: "/bin/doas", DoasFree: No, Run0Free: No} }, doas},
		{"only run0, with a password", "", func(e *Elevation) { *e = Elevation{Run0Free: No} }, run0},
		{"nothing is there", "", func(e *Elevation) { *e = Elevation{} }, sudo},
		{"--sudo", "--sudo", func(e *Elevation) { e.SudoFree = No }, sudo},
		{"--use-remote-sudo", "--use-remote-sudo", func(e *Elevation) { e.SudoFree = No }, sudo},
		{"a password is to be asked for", "-S", func(e *Elevation) { e.SudoFree = No }, sudo},
		{"--elevate run0", "--elevate run0", func(*Elevation) {}, run0},
		{"--elevate none", "--elevate none", func(*Elevation) {}, ""},
		{"--elevate wins over --sudo", "--elevate run0 --sudo", func(*Elevation) {}, run0},
		{"the last --elevate", "--elevate=none --elevate=sudo", func(*Elevation) {}, sudo},
	} {
		t.Run(test.name, func(t *testing.T) {
			e := all
			test.change(&e)
			if got := strings.Join(elevation(e, parse(t, "switch web "+test.line).ways()), " "); got != test.want {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}

func TestLocalElevation(t *testing.T) {
	for _, test := range []struct{ line, installed, want string }{
		{"", "sudo doas run0", "sudo"},
		{"", "doas run0", "doas"},
		{"", "run0", "run0"},
		{"", "", "sudo"},
		{"--elevate run0", "sudo run0", "run0"},
		{"--sudo", "doas", "sudo"},
		{"--elevate none", "sudo", ""},
	} {
		words := localElevation(parse(t, "switch "+test.line).ways(), func(program string) bool {
			return slices.Contains(strings.Fields(test.installed), program)
		})
		if got := strings.Join(words, " "); got != test.want {
			t.Errorf("%q with %q: got %q, want %q", test.line, test.installed, got, test.want)
		}
	}
}

// TestSettleElevation: who does the work where nixos-rebuild knows no word for the way.
func TestSettleElevation(t *testing.T) {
	old, newest := Dialect{Path: "old", Known: []string{"--sudo", "--target-host"}}, Dialect{Path: "new"}
	byDoas, byRun0 := Elevation{Doas: "/bin/doas", DoasFree: Yes}, Elevation{Run0Free: Yes}
	for _, test := range []struct {
		name, line string
		dialect    Dialect
		has        Elevation
		native     bool
		finding    string
		want       string // in the command line of nixos-rebuild
	}{
		{"sudo", "", old, Elevation{Sudo: "/bin/sudo", SudoFree: Yes}, false, "", "--sudo"},
		{"doas", "", newest, byDoas, true, "", ""},
		{"run0 and an old one", "", old, byRun0, true, "", ""},
		{"run0", "", newest, byRun0, false, "", "--elevate run0"},
		{"--elevate run0", "--elevate run0", newest, byRun0, false, "", "--elevate run0"},
		{"--elevate none", "--elevate none", newest, byRun0, false, "no-root", "--elevate none"},
		{"doas, and nixos-rebuild must do it", "--engine nixos-rebuild", newest, byDoas, false, "no-root", "--sudo"},
		{"doas, and only nixos-rebuild can do it", "--upgrade", newest, byDoas, false, "no-root", "--sudo"},
		{"run0, and an old one must do it", "--engine nixos-rebuild", old, byRun0, false, "no-root", "--sudo"},
		{"run0, and the newest must do it", "--engine nixos-rebuild", newest, byRun0, false, "", "--elevate run0"},
		{"nothing", "", newest, Elevation{}, false, "no-root", "--sudo"},
	} {
		t.Run(test.name, func(t *testing.T) {
			m := machineFor("web")
			d := &deployment{session: &Session{}, request: parse(t, "switch web "+test.line), on: &connection{machine: m, facts: goodFacts()}}
			d.job = Job{Request: d.request, Source: Source{Flake: "."}, Configuration: "web", Target: m, Dialect: &test.dialect}
			d.on.facts.Elevate = test.has
			d.settleElevation()
			if native := d.job.Dialect == nil; native != test.native || native != (d.nativeFor != "") {
				t.Errorf("taken by nixhop: %t, want %t; why: %q", native, test.native, d.nativeFor)
			}
			finding := ""
			for _, f := range noRoot(d.on.facts, d.targetWant()) {
				finding += f.Name
			}
			if finding != test.finding {
				t.Errorf("finding %q, want %q", finding, test.finding)
			}
			if test.native {
				return
			}
			argv, err := rebuildArgv(d.job)
			if line := strings.Join(argv, " "); err != nil || !strings.Contains(line+" ", " "+test.want+" ") {
				t.Errorf("got %q, %v; want %s in it", line, err, test.want)
			}
		})
	}
}
