package rebuild

import (
	"slices"
	"strings"
	"testing"

	"nixhop/rebuild/check"
	"nixhop/rebuild/facts"
	"nixhop/rebuild/plan"
	"nixhop/rebuild/source"
)

func TestElevation(t *testing.T) {
	const sudo, doas, run0 = "sudo -n", "doas -n", "systemd-run --uid=0 --pipe --quiet --wait --collect --no-ask-password -E LOCALE_ARCHIVE"
	all := facts.Elevation{Sudo: "/bin/sudo", SudoFree: facts.Yes, Doas: "/bin/doas", DoasFree: facts.Yes, Run0Free: facts.Yes}
	for _, test := range []struct {
		name, line string
		change     func(*facts.Elevation)
		want       string
	}{
		{"sudo before the others", "", func(*facts.Elevation) {}, sudo},
		{"doas before run0", "", func(e *facts.Elevation) { e.SudoFree = facts.No }, doas},
		{"run0 rather than a password", "", func(e *facts.Elevation) { e.SudoFree, e.DoasFree = facts.No, facts.No }, run0},
		{"a password of sudo", "", func(e *facts.Elevation) { e.SudoFree, e.DoasFree, e.Run0Free = facts.No, facts.No, facts.No }, sudo},
		{"only doas, with a password", "", func(e *facts.Elevation) {
			*e = facts.Elevation{Doas: "/bin/doas", DoasFree: facts.No, Run0Free: facts.No}
		}, doas},
		{"only run0, with a password", "", func(e *facts.Elevation) { *e = facts.Elevation{Run0Free: facts.No} }, run0},
		{"nothing is there", "", func(e *facts.Elevation) { *e = facts.Elevation{} }, sudo},
		{"--sudo", "--sudo", func(e *facts.Elevation) { e.SudoFree = facts.No }, sudo},
		{"--use-remote-sudo", "--use-remote-sudo", func(e *facts.Elevation) { e.SudoFree = facts.No }, sudo},
		{"a password is to be asked for", "-S", func(e *facts.Elevation) { e.SudoFree = facts.No }, sudo},
		{"--elevate run0", "--elevate run0", func(*facts.Elevation) {}, run0},
		{"--elevate none", "--elevate none", func(*facts.Elevation) {}, ""},
		{"--elevate wins over --sudo", "--elevate run0 --sudo", func(*facts.Elevation) {}, run0},
		{"the last --elevate", "--elevate=none --elevate=sudo", func(*facts.Elevation) {}, sudo},
	} {
		t.Run(test.name, func(t *testing.T) {
			e := all
			test.change(&e)
			if got := strings.Join(plan.Elevation(e, parse(t, "switch web "+test.line).Ways()), " "); got != test.want {
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
		words := plan.LocalElevation(parse(t, "switch "+test.line).Ways(), func(program string) bool {
			return slices.Contains(strings.Fields(test.installed), program)
		})
		if got := strings.Join(words, " "); got != test.want {
			t.Errorf("%q with %q: got %q, want %q", test.line, test.installed, got, test.want)
		}
	}
}

// TestSettleElevation: who does the work where nixos-rebuild knows no word for the way.
func TestSettleElevation(t *testing.T) {
	old, newest := plan.Dialect{Path: "old", Known: []string{"--sudo", "--target-host"}}, plan.Dialect{Path: "new"}
	byDoas, byRun0 := facts.Elevation{Doas: "/bin/doas", DoasFree: facts.Yes}, facts.Elevation{Run0Free: facts.Yes}
	for _, test := range []struct {
		name, line string
		dialect    plan.Dialect
		has        facts.Elevation
		native     bool
		finding    string
		want       string // in the command line of nixos-rebuild
	}{
		{"sudo", "", old, facts.Elevation{Sudo: "/bin/sudo", SudoFree: facts.Yes}, false, "", "--sudo"},
		{"doas", "", newest, byDoas, true, "", ""},
		{"run0 and an old one", "", old, byRun0, true, "", ""},
		{"run0", "", newest, byRun0, false, "", "--elevate run0"},
		{"--elevate run0", "--elevate run0", newest, byRun0, false, "", "--elevate run0"},
		{"--elevate none", "--elevate none", newest, byRun0, false, "no-root", "--elevate none"},
		{"doas, and nixos-rebuild must do it", "--engine nixos-rebuild", newest, byDoas, false, "no-root", "--sudo"},
		{"doas, and only nixos-rebuild can do it", "--upgrade", newest, byDoas, false, "no-root", "--sudo"},
		{"run0, and an old one must do it", "--engine nixos-rebuild", old, byRun0, false, "no-root", "--sudo"},
		{"run0, and the newest must do it", "--engine nixos-rebuild", newest, byRun0, false, "", "--elevate run0"},
		{"nothing", "", newest, facts.Elevation{}, false, "no-root", "--sudo"},
	} {
		t.Run(test.name, func(t *testing.T) {
			m := machineFor("web")
			d := &deployment{session: &Session{}, request: parse(t, "switch web "+test.line), on: &connection{machine: m, facts: goodFacts()}}
			d.job = plan.Job{Request: d.request, Source: source.Source{Flake: "."}, Configuration: "web", Target: m, Dialect: &test.dialect}
			d.on.facts.Elevate = test.has
			d.settleElevation()
			if native := d.job.Dialect == nil; native != test.native || native != (d.nativeFor != "") {
				t.Errorf("taken by nixhop: %t, want %t; why: %q", native, test.native, d.nativeFor)
			}
			finding := ""
			for _, f := range check.NoRoot(d.on.facts, d.targetWant()) {
				finding += f.Name
			}
			if finding != test.finding {
				t.Errorf("finding %q, want %q", finding, test.finding)
			}
			if test.native {
				return
			}
			argv, err := plan.RebuildArgv(d.job)
			if line := strings.Join(argv, " "); err != nil || !strings.Contains(line+" ", " "+test.want+" ") {
				t.Errorf("got %q, %v; want %s in it", line, err, test.want)
			}
		})
	}
}
