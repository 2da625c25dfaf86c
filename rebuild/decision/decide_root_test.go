package decision

import (
	"slices"
	"strings"
	"testing"

	"nixhop/rebuild/facts"
	"nixhop/rebuild/request"
)

// login is a host whose login is no root, with these ways to become it.
func login(e facts.Elevation) *facts.Host {
	return &facts.Host{Login: facts.Login{UID: "1000", User: "deploy"}, Elevate: e}
}

// By which way root is gained, as the host has told and as the user wants it.
func TestDecideElevate(t *testing.T) {
	const sudo, doas = "sudo -n", "doas -n"
	const run0 = "systemd-run --uid=0 --pipe --quiet --wait --collect --no-ask-password -E LOCALE_ARCHIVE"
	const yes, no = facts.Yes, facts.No
	all := facts.Elevation{Sudo: "/bin/sudo", SudoFree: yes, Doas: "/bin/doas", DoasFree: yes, Run0Free: yes}
	for _, test := range []struct {
		name, line string
		change     func(*facts.Elevation)
		want       string
	}{
		{"sudo before the others", "", func(*facts.Elevation) {}, sudo},
		{"doas before run0", "", func(e *facts.Elevation) { e.SudoFree = no }, doas},
		{"run0 rather than a password", "", func(e *facts.Elevation) { e.SudoFree, e.DoasFree = no, no }, run0},
		{"a password of sudo", "", func(e *facts.Elevation) { e.SudoFree, e.DoasFree, e.Run0Free = no, no, no }, sudo},
		{"only doas, with a password", "", func(e *facts.Elevation) {
			*e = facts.Elevation{Doas: "/bin/doas", DoasFree: no, Run0Free: no}
		}, doas},
		{"only run0, with a password", "", func(e *facts.Elevation) { *e = facts.Elevation{Run0Free: no} }, run0},
		{"nothing is there", "", func(e *facts.Elevation) { *e = facts.Elevation{} }, sudo},
		{"--sudo", "--sudo", func(e *facts.Elevation) { e.SudoFree = no }, sudo},
		{"--use-remote-sudo", "--use-remote-sudo", func(e *facts.Elevation) { e.SudoFree = no }, sudo},
		{"a password is to be asked for", "-S", func(e *facts.Elevation) { e.SudoFree = no }, sudo},
		{"--elevate run0", "--elevate run0", func(*facts.Elevation) {}, run0},
		{"--elevate none", "--elevate none", func(*facts.Elevation) {}, ""},
		{"--elevate wins over --sudo", "--elevate run0 --sudo", func(*facts.Elevation) {}, run0},
		{"the last --elevate", "--elevate=none --elevate=sudo", func(*facts.Elevation) {}, sudo},
	} {
		k := knownOf(t, "switch web "+test.line)
		k.On = login(all)
		test.change(&k.On.Elevate)
		d, _, err := Decide(k)
		if got := strings.Join(d.Elevate, " "); err != nil || got != test.want || d.Password {
			t.Errorf("%s: got %q, %v, password %t; want %q", test.name, got, err, d.Password, test.want)
		}
	}
}

// What needs no root is done without, and so is everything where the login is root.
func TestDecideNoElevate(t *testing.T) {
	root := login(facts.Elevation{Sudo: "/bin/sudo", SudoFree: facts.Yes})
	root.Login.UID = "0"
	for line, on := range map[string]*facts.Host{
		"switch web": root, "switch web --sudo": root, "build web": login(facts.Elevation{}),
		"dry-build web": nil, "list-generations web": nil,
	} {
		k := knownOf(t, line)
		k.On = on
		if d, _, err := Decide(k); err != nil || len(d.Elevate) > 0 || d.Engine == nil {
			t.Errorf("%s: %q, %v", line, d.Elevate, err)
		}
	}
	for _, action := range request.Actions() {
		want := slices.Contains([]string{"switch", "boot", "test", "dry-activate", "upload-keys"}, action.Name)
		if NeedsRoot(action.Name) != want {
			t.Errorf("%s needs root: %t", action.Name, !want)
		}
	}
}

// Who does the work where nixos-rebuild knows no word for the way, and what it is told where it does.
func TestDecideWayAndEngine(t *testing.T) {
	old, newest := dialectOf(request.InNG), Dialect{Path: "nixos-rebuild"}
	bySudo := facts.Elevation{Sudo: "/bin/sudo", SudoFree: facts.Yes}
	byDoas, byRun0 := facts.Elevation{Doas: "/bin/doas", DoasFree: facts.Yes}, facts.Elevation{Run0Free: facts.Yes}
	const comesBy = `nixhop: root on web is gained by `
	for _, test := range []struct {
		name, line string
		dialect    Dialect
		has        facts.Elevation
		engine     string
		want       string // of the words for nixos-rebuild
	}{
		{"sudo", "", old, bySudo, "nixos-rebuild", "--sudo"},
		{"doas", "", newest, byDoas, comesBy + `doas, which "nixos-rebuild" does not know`, ""},
		{"run0 and an old one", "", old, byRun0, comesBy + `run0, which "nixos-rebuild" does not know`, ""},
		{"run0", "", newest, byRun0, "nixos-rebuild", "--elevate run0"},
		{"--elevate run0", "--elevate run0", newest, byRun0, "nixos-rebuild", "--elevate run0"},
		{"--elevate none", "--elevate none", newest, byRun0, "nixos-rebuild", "--elevate none"},
		{"doas, and nixos-rebuild must do it", "--engine nixos-rebuild", newest, byDoas, "nixos-rebuild", "--sudo"},
		{"doas, and only nixos-rebuild can do it", "--upgrade", newest, byDoas, "nixos-rebuild", "--sudo"},
		{"run0, and an old one must do it", "--engine nixos-rebuild", old, byRun0, "nixos-rebuild", "--sudo"},
		{"run0, and the newest must do it", "--engine nixos-rebuild", newest, byRun0, "nixos-rebuild", "--elevate run0"},
		{"nothing", "", newest, facts.Elevation{}, "nixos-rebuild", "--sudo"},
		{"doas, and nixhop shall do it", "--engine native", newest, byDoas, "nixhop: ", ""},
	} {
		k := knownOf(t, "switch web "+test.line)
		k.On, k.Installed.Dialect = login(test.has), test.dialect
		d, found, err := Decide(k)
		if err != nil || len(found) > 0 {
			t.Errorf("%s: %v, %+v", test.name, err, found)
		}
		decided(t, test.name, d, test.engine)
		if d.Engine == nil {
			continue
		}
		got := d.Engine.ElevateWords(d.Elevate)
		if flag, given := d.Request.Last("--elevate"); given { // which takes the place of ours
			got, err = d.Engine.Words(flag)
		}
		if line := strings.Join(got, " "); err != nil || line != test.want {
			t.Errorf("%s: got %q, %v; want %s", test.name, line, err, test.want)
		}
	}
}

// A way that only the user's own choice of a nixos-rebuild stands against is an error, and not taken over.
func TestDecideWayOfTooOld(t *testing.T) {
	k := knownOf(t, "switch web --elevate run0 --engine nixos-rebuild")
	k.On, k.Installed.Dialect = login(facts.Elevation{Run0Free: facts.Yes}), dialectOf(request.InNG)
	d, found, err := Decide(k)
	if err != nil || namesOf(found) != "too-old" {
		t.Errorf("%v, %+v", err, found)
	}
	decided(t, "run0", d, "nixos-rebuild")
}

// Where sudo wants a password nixhop asks for it first, if there is somebody to be asked and it is a deployment;
// nixos-rebuild is left to do it where the user wants that one.
func TestDecidePassword(t *testing.T) {
	wants := facts.Elevation{Sudo: "/bin/sudo", SudoFree: facts.No, SudoSays: "sudo: a password is required", Run0Free: facts.No}
	free := facts.Elevation{Sudo: "/bin/sudo", SudoFree: facts.Yes}
	rules, doas := wants, wants
	rules.SudoRules = facts.SudoRules{{Command: "ALL"}, {Command: "/run/current-system/sw/bin/nix-env", Free: true}}
	doas.Doas, doas.DoasFree = "/bin/doas", facts.Yes
	const withWord = "sudo -k -S -p  /bin/sh -c"
	const asks = "nixhop: nixos-rebuild cannot be given a password that was tried"
	for _, test := range []struct {
		name, line       string
		has              facts.Elevation
		nobody, checking bool
		password         bool
		engine, elevate  string
	}{
		{"asked", "", wants, false, false, true, asks, withWord},
		{"nobody is there", "", wants, true, false, false, "nixos-rebuild", "sudo -n"},
		{"nobody is there, natively", "--engine native", wants, true, false, false, "nixhop: ", "sudo -n"},
		{"only checks", "", wants, false, true, false, "nixos-rebuild", "sudo -n"},
		{"natively", "--engine native", wants, false, false, true, "nixhop: ", withWord},
		{"nixos-rebuild asks itself", "--engine nixos-rebuild", wants, false, false, false, "nixos-rebuild", "sudo -n"},
		{"only nixos-rebuild can do it", "--upgrade", wants, false, false, false, "nixos-rebuild", "sudo -n"},
		{"none for some commands, and one for the others", "", rules, false, false, true, asks, withWord},
		{"doas without one", "", doas, false, false, false, "nixhop: root on web is gained by doas", "doas -n"},
		{"doas without one, and sudo is wanted", "--sudo", doas, false, false, true, asks, withWord},
		{"none is wanted", "", free, false, false, false, "nixos-rebuild", "sudo -n"},
		{"-S all the same", "-S", free, false, false, true, asks, withWord},
		{"-S, and nobody is there", "-S", free, true, false, false, "nixos-rebuild", "sudo -n"},
		{"-S without sudo", "-S", facts.Elevation{}, false, false, false, "nixos-rebuild", "sudo -n"},
	} {
		k := knownOf(t, "switch web "+test.line)
		k.On, k.Somebody, k.Checking = login(test.has), !test.nobody, test.checking
		d, found, err := Decide(k)
		elevate := strings.Join(d.Elevate, " ")
		if err != nil || len(found) > 0 || d.Password != test.password || !strings.HasPrefix(elevate, test.elevate) {
			t.Errorf("%s: %v, %+v, password %t, by %q", test.name, err, found, d.Password, elevate)
		}
		decided(t, test.name, d, test.engine)
	}
}

func TestDecisionWays(t *testing.T) {
	old, newest := dialectOf(request.InNG), Dialect{Path: "nixos-rebuild"}
	for _, test := range []struct {
		line   string
		engine *Dialect
		want   []facts.Way
	}{
		{"switch web", nil, []facts.Way{facts.BySudo, facts.ByDoas, facts.ByRun0}},
		{"switch web", &old, []facts.Way{facts.BySudo, facts.ByDoas, facts.ByRun0}},
		{"switch web --engine nixos-rebuild", &old, []facts.Way{facts.BySudo}},
		{"switch web --engine nixos-rebuild", &newest, []facts.Way{facts.BySudo, facts.ByRun0}},
		{"switch web --upgrade", &old, []facts.Way{facts.BySudo}},
		{"switch web --upgrade --elevate run0", &old, []facts.Way{facts.ByRun0}},
		{"switch web --elevate none", &newest, nil},
	} {
		r := parse(t, test.line)
		if got := (Decision{Request: r, Engine: test.engine, refused: Refusal(r) != nil}).Ways(); !slices.Equal(got, test.want) {
			t.Errorf("%s: %q, want %q", test.line, got, test.want)
		}
	}
	if !slices.Equal(facts.EveryWay[:], []facts.Way{facts.BySudo, facts.ByDoas, facts.ByRun0}) {
		t.Errorf("the order of preference was changed: %q", facts.EveryWay)
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
		words := LocalElevation(parse(t, "switch "+test.line).Ways(), nil, false, func(program string) bool {
			return slices.Contains(strings.Fields(test.installed), program)
		})
		if got := strings.Join(words, " "); got != test.want {
			t.Errorf("%q with %q: got %q, want %q", test.line, test.installed, got, test.want)
		}
	}
	if words := LocalElevation(parse(t, "switch").Ways(), nil, true, func(string) bool { return true }); words != nil {
		t.Errorf("root needs %q", words)
	}
}
