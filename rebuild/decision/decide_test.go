package decision

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"nixhop/nixexec"
	"nixhop/rebuild/facts"
	"nixhop/rebuild/report"
	"nixhop/rebuild/request"
	"nixhop/rebuild/source"
)

// dialectOf is a nixos-rebuild that knows every flag of a release.
func dialectOf(release request.Release) Dialect {
	d := Dialect{Path: "nixos-rebuild"}
	for _, s := range request.Flags() {
		if s.Known&release != 0 {
			d.Known = append(append(d.Known, s.Name), s.Also...)
		}
	}
	return d
}

// firstNG is nixos-rebuild-ng before it had --no-reexec.
func firstNG() Dialect {
	d := dialectOf(request.InNG)
	d.Known = slices.DeleteFunc(d.Known, func(flag string) bool { return flag == "--no-reexec" })
	return d
}

// rootLogin is a host that lets root in, and has the Nix of today.
func rootLogin() *facts.Host {
	return &facts.Host{Login: facts.Login{UID: "0", User: "root"}, Nix: facts.Nix{Version: "2.28.3"}}
}

// knownOf is a deployment of a flake by the newest nixos-rebuild, built here. Nobody has looked at its host.
func knownOf(t *testing.T, line string) Known {
	t.Helper()
	k := Known{
		Request: parse(t, line), Place: Place{Here: true}, Source: source.Source{Flake: "."},
		Installed: Installed{Dialect: Dialect{Path: "nixos-rebuild"}},
	}
	if len(k.Request.Hosts) > 0 {
		k.Machine = machineFor("web")
		k.Machine.Endpoint.User = "deploy"
		k.Target = &source.Target{Host: k.Machine.Host}
	}
	return k
}

// builtOn has the system built on the target, or on a host of its own, whose Nix has told its version;
// empty: it was not asked.
func (k Known) builtOn(place Place, nix string) Known {
	k.Place = place
	switch {
	case place.Target:
		k.Builder = k.Machine
	case !place.Here:
		k.Builder = machineFor("big")
	}
	if k.Builder != nil && nix != "" {
		k.At = &facts.Host{Nix: facts.Nix{Version: nix}}
	}
	return k
}

// decided compares who does the work and why, as a line: "nixos-rebuild", or "nixhop: WHY".
func decided(t *testing.T, name string, d Decision, want string) {
	t.Helper()
	got := "nixhop: " + d.Why
	if d.Engine != nil {
		got = d.Engine.Path
		if d.Why != "" {
			got += ", although " + d.Why
		}
	}
	why, native := strings.CutPrefix(want, "nixhop: ")
	if got != want && (!native || why == "" || !strings.HasPrefix(got, want)) {
		t.Errorf("%s: %s, want %s", name, got, want)
	}
}

// What no nixos-rebuild does for a host, or the one that is installed does not, is nixhop's to do, and nothing else.
func TestDecideBeyondNixosRebuild(t *testing.T) {
	bash, first, ng := dialectOf(request.InBash), firstNG(), dialectOf(request.InNG)
	newest := Dialect{Path: "nixos-rebuild"}
	here, target, third := Place{Here: true}, Place{Target: true}, Place{Host: machineFor("big").Host}
	for _, test := range []struct {
		line    string
		place   Place
		dialect Dialect
		want    string
	}{
		{"switch web", here, bash, "nixos-rebuild"},
		{"switch web --rollback", here, ng, "nixos-rebuild"},
		{"switch web", target, bash, "nixos-rebuild"},
		{"switch web", third, ng, "nixhop: the build host is neither"},
		{"switch web --engine nixos-rebuild", third, ng, "nixos-rebuild"},
		{"build-vm web", third, ng, "nixos-rebuild"},
		{"switch web -c m", here, bash, "nixos-rebuild"},
		{"switch web -c m", target, ng, "nixhop: nixos-rebuild looks for the specialisation"},
		{"test web --rollback", here, bash, "nixhop: nixos-rebuild looks for the generations"},
		{"switch web -p spare", here, ng, "nixhop: nixos-rebuild makes the directory of the profile"},
		{"switch -p spare --build-host big", third, bash, "nixos-rebuild"},
		{"switch web", here, first, "nixos-rebuild"},
		{"switch web", target, first, "nixhop: an early nixos-rebuild-ng may have the host copy the system to itself"},
		{"switch web", target, ng, "nixos-rebuild"},
		{"switch web", target, newest, "nixos-rebuild"},
		{"switch web --rollback", target, first, "nixos-rebuild"},
		{"build web", target, first, "nixos-rebuild"},
		{"switch web --store-path /nix/store/x", target, newest, "nixos-rebuild"},
		{"switch web --store-path /nix/store/x", target, first, `nixhop: "nixos-rebuild" does not know --store-path`},
		{"switch web --upgrade", target, first, "nixos-rebuild"},
	} {
		k := knownOf(t, test.line).builtOn(test.place, "2.28.3")
		k.On, k.Installed.Dialect = rootLogin(), test.dialect
		d, found, err := Decide(k)
		copies := "" // a nixos-rebuild has the build host copy to the target
		if test.place == third && d.Engine != nil && k.Machine != nil {
			copies = "build-host"
		}
		if err != nil || namesOf(found) != copies || len(d.Unknown) > 0 {
			t.Errorf("%s: %v, %+v, unknown %q", test.line, err, found, d.Unknown)
		}
		decided(t, test.line, d, test.want)
	}
}

// Who does the work by what was asked for, and by what is installed.
func TestDecideEngine(t *testing.T) {
	bash, ng := Installed{Dialect: dialectOf(request.InBash)}, Installed{Dialect: dialectOf(request.InNG)}
	newest := Installed{Dialect: Dialect{Path: "nixos-rebuild"}}
	none := Installed{Err: &nixexec.NotFoundError{Program: "nixos-rebuild"}}
	nixhop := Installed{Err: &request.UsageError{Message: "that is nixhop itself"}}
	for _, test := range []struct {
		line      string
		installed Installed
		want      string // empty: an error
		err       string
		found     string // the names of the findings
	}{
		{"switch web", bash, "nixos-rebuild", "", ""},
		{"switch", bash, "nixos-rebuild", "", ""},
		{"switch web --engine native", bash, "nixhop: ", "", ""},
		{"switch web --engine native", none, "nixhop: ", "", ""},
		{"build-vm web --engine native", Installed{}, "", `--engine native cannot do "build-vm"`, ""},
		{"switch web --engine native --upgrade", Installed{}, "", "--upgrade needs nixos-rebuild", ""},
		{"switch web --engine native -- -x", Installed{}, "", "what follows -- is for nixos-rebuild", ""},
		{"switch web", none, "nixhop: no nixos-rebuild is installed here", "", ""},
		{"switch web --upgrade", none, "", "--upgrade needs nixos-rebuild", ""},
		{"switch web --engine nixos-rebuild", none, "", `"nixos-rebuild" is not installed`, ""},
		{"switch web --nixos-rebuild x", none, "", `"nixos-rebuild" is not installed`, ""},
		{"build-vm web", none, "", `"nixos-rebuild" is not installed`, ""},
		{"switch web", nixhop, "", "that is nixhop itself", ""},
		// a flag that it is too old for, and that nixhop's own steps know
		{"switch web --store-path /nix/store/x", ng, `nixhop: "nixos-rebuild" does not know --store-path`, "", ""},
		{"switch web -S", bash, `nixhop: "nixos-rebuild" does not know -S`, "", ""},
		{"switch web --elevate run0", ng, `nixhop: "nixos-rebuild" does not know --elevate`, "", ""},
		{"switch web --elevate sudo", bash, "nixos-rebuild", "", ""},
		{"switch web --elevate none", bash, "nixos-rebuild", "", ""},
		{"switch web --diff", ng, `nixhop: "nixos-rebuild" does not know --diff`, "", ""},
		// one that they do not know either
		{"switch web --diff --upgrade", ng, "nixos-rebuild", "", "too-old"},
		{"switch web --engine nixos-rebuild --store-path /nix/store/x", ng, "nixos-rebuild", "", "too-old"},
		{"switch web --diff --upgrade --elevate=run0", ng, "nixos-rebuild", "", "too-old too-old"},
		{"switch web -S --elevate run0", ng, "nixos-rebuild", "", "too-old"},
		{"build-image web --elevate run0", ng, "nixos-rebuild", "", "too-old"},
		{"switch web --diff", newest, "nixos-rebuild", "", ""},
	} {
		k := knownOf(t, test.line)
		k.Installed = test.installed
		if k.Machine != nil {
			k.On = rootLogin()
		}
		d, found, err := Decide(k)
		if test.err != "" {
			if err == nil || !strings.Contains(err.Error(), test.err) {
				t.Errorf("%s: %v, want %s", test.line, err, test.err)
			}
			continue
		}
		if names := namesOf(found); err != nil || names != test.found {
			t.Errorf("%s: %v, found %q, want %q", test.line, err, names, test.found)
		}
		decided(t, test.line, d, test.want)
	}
}

func namesOf(found []report.Finding) string {
	var names []string
	for _, f := range found {
		names = append(names, f.Name)
	}
	return strings.Join(names, " ")
}

// Where the build host's Nix is too old for nixos-rebuild-ng, nixhop takes over what it has steps for, and leaves
// everything else alone.
func TestDecideOldNixThere(t *testing.T) {
	bash, ng := dialectOf(request.InBash), dialectOf(request.InNG)
	const takes = "nixhop: nixos-rebuild-ng builds on another host by Nix 2.13 or newer, and web has 2.8.0"
	for _, test := range []struct {
		line, nix string
		dialect   Dialect
		want      string
		error     bool
	}{
		{"switch web", "2.8.0", ng, takes, false},
		{"build web", "2.8.0", ng, takes, false},
		{"switch web", "2.12.9", ng, strings.Replace(takes, "2.8.0", "2.12.9", 1), false},
		{"switch web", "2.13.0", ng, "nixos-rebuild", false},
		{"switch web", "2.93.1", ng, "nixos-rebuild", false},
		{"switch web", "nonsense", ng, "nixos-rebuild", false},
		{"switch web", "2.8.0", bash, "nixos-rebuild", false},
		{"switch web --engine native", "2.8.0", ng, "nixhop: ", false},
		{"switch web --engine nixos-rebuild", "2.8.0", ng, "nixos-rebuild", true},
		{"switch web --upgrade", "2.8.0", ng, "nixos-rebuild", true},
		{"switch web --rollback", "2.8.0", ng, "nixos-rebuild", false},
		{"switch web --store-path /nix/store/x", "2.8.0", Dialect{Path: "nixos-rebuild"}, "nixos-rebuild", false},
		{"switch web --cross", "2.8.0", ng, "nixhop: no nixos-rebuild has a flag for --cross", false},
		{"switch web --system x86_64-linux --impure", "2.8.0", ng, "nixhop: no nixos-rebuild has a flag for --system", false},
		{"build-vm web", "2.8.0", ng, "nixos-rebuild", false},
		{"repl web", "2.8.0", ng, "nixos-rebuild", false},
	} {
		k := knownOf(t, test.line).builtOn(Place{Target: true}, test.nix)
		k.On, k.Installed.Dialect = rootLogin(), test.dialect
		d, found, err := Decide(k)
		if err != nil || (namesOf(found) == "too-old") != test.error {
			t.Errorf("%s, Nix %s: %v, found %+v", test.line, test.nix, err, found)
		}
		decided(t, test.line+", Nix "+test.nix, d, test.want)
		for _, f := range found {
			remedies := strings.Join(k.Request.Call().Lines(f.Remedy), " ")
			if refused := Refusal(k.Request) != nil; refused == strings.Contains(remedies, "--engine native") {
				t.Errorf("%s: it offers %q", test.line, remedies)
			}
		}
	}
	k := knownOf(t, "switch web -f x.nix").builtOn(Place{Target: true}, "2.8.0")
	k.Source = source.Source{File: "x.nix"}
	k.On, k.Installed.Dialect = rootLogin(), ng
	d, found, err := Decide(k)
	if err != nil || len(found) > 0 {
		t.Errorf("without a flake: %v, %+v", err, found)
	}
	decided(t, "without a flake", d, "nixos-rebuild")
}

// What a mere plan says that a look at the hosts may change, and that a look leaves nothing of it.
func TestDecideUnknown(t *testing.T) {
	const root = `web was not looked at: root is taken to be gained by "sudo -n" there`
	const run0 = `web was not looked at: root is taken to be gained by "systemd-run --uid=0`
	const nix = "the Nix of big was not asked for its version"
	const reach = "big was not asked whether it reaches web itself"
	here, target, third := Place{Here: true}, Place{Target: true}, Place{Host: machineFor("big").Host}
	ng := dialectOf(request.InNG)
	for _, test := range []struct {
		line, user string
		place      Place
		want       []string
	}{
		{"switch web", "deploy", here, []string{root}},
		{"switch web", "root", here, nil},
		{"switch web --elevate run0 --engine native", "deploy", here, []string{run0}},
		{"switch web --elevate none", "deploy", here, nil},
		{"build web", "deploy", here, nil},
		{"switch web", "deploy", target, []string{root, strings.Replace(nix, "big", "web", 1)}},
		{"switch web", "root", third, []string{reach}},
		{"switch web --engine nixos-rebuild", "root", third, []string{nix}},
		{"switch web --engine native", "root", target, nil},
		{"switch web --rollback", "root", third, nil},
		{"switch web --store-path /nix/store/x --engine native", "root", third, nil},
		{"switch web --cross=x86_64-linux", "root", target, nil},
	} {
		k := knownOf(t, test.line).builtOn(test.place, "")
		k.Machine.Endpoint.User, k.Installed.Dialect = test.user, ng
		d, found, err := Decide(k)
		if err != nil || request.Stops(found, k.Request) || !slices.EqualFunc(d.Unknown, test.want, strings.HasPrefix) {
			t.Errorf("%s as %s: %v, %+v, unknown %q, want %q", test.line, test.user, err, found, d.Unknown, test.want)
		}
		k.On, k.At = rootLogin(), rootLogin()
		if d, _, err := Decide(k); err != nil || len(d.Unknown) > 0 {
			t.Errorf("%s: looked at, and unknown is %q, %v", test.line, d.Unknown, err)
		}
	}
}

// A cross build, or another system, is evaluated by nixhop itself; the lock file stays as it is then.
func TestDecideCrossing(t *testing.T) {
	for _, test := range []struct {
		line, hint string
		crossing   Crossing
		whole      bool
		system     string
		keepsLock  bool
	}{
		{"switch web", "", Crossing{}, false, "", false},
		{"switch web --engine native", "", Crossing{}, true, "", false},
		{"switch web --engine native --rollback", "", Crossing{}, false, "", false},
		{"switch web --cross", "", Crossing{Ask: true}, true, "", true},
		{"switch web", "x86_64-linux", Crossing{From: "x86_64-linux"}, true, "", true},
		{"switch web --cross=none", "x86_64-linux", Crossing{}, false, "", false},
		{"switch web --engine native", "x86_64-linux", Crossing{From: "x86_64-linux"}, true, "", true},
		{"switch web --rollback", "x86_64-linux", Crossing{}, false, "", false},
		{"switch web --system i686-linux --impure", "", Crossing{}, true, "i686-linux", false},
		{"switch web --commit-lock-file", "x86_64-linux", Crossing{From: "x86_64-linux"}, true, "", false},
	} {
		k := knownOf(t, test.line)
		k.On, k.Target.Hints.Cross = rootLogin(), test.hint
		d, found, err := Decide(k)
		if err != nil || len(found) > 0 {
			t.Errorf("%s: %v, %+v", test.line, err, found)
		}
		if d.Crossing != test.crossing || d.System != test.system {
			t.Errorf("%s, hint %q: %+v for %q", test.line, test.hint, d.Crossing, d.System)
		}
		if d.EvaluatesWhole() != test.whole {
			t.Errorf("%s, hint %q: evaluates %t", test.line, test.hint, d.EvaluatesWhole())
		}
		if keeps := d.Request.Has("--no-write-lock-file"); keeps != test.keepsLock || k.Request.Has("--no-write-lock-file") {
			t.Errorf("%s, hint %q: keeps the lock file: %t", test.line, test.hint, keeps)
		}
	}
	for line, want := range map[string]string{
		"switch web --cross --engine nixos-rebuild": "no nixos-rebuild has a flag for --cross",
		"switch web --system x86_64-linux":          "--system has no effect on a flake that is evaluated in purity",
		"switch web":                                `the hint cross=yes of "web" names no system`,
	} {
		k := knownOf(t, line)
		k.Target.Hints.Cross = "yes"
		var usage *request.UsageError
		if _, _, err := Decide(k); !errors.As(err, &usage) || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %s", line, err, want)
		}
	}
}

// --cross without a system takes the build host's own, if NixOS is built there.
func TestDecisionCross(t *testing.T) {
	for _, test := range []struct {
		crossing  Crossing
		own, want string
		err       string
	}{
		{Crossing{}, "x86_64-linux", "", ""},
		{Crossing{From: "i686-linux"}, "", "i686-linux", ""},
		{Crossing{Ask: true}, "x86_64-linux", "x86_64-linux", ""},
		{Crossing{Ask: true}, "", "", "the build host does not tell its system"},
		{Crossing{Ask: true}, "aarch64-darwin", "", "NixOS is not cross-compiled from aarch64-darwin"},
	} {
		got, err := Decision{Request: parse(t, "switch web --cross"), Crossing: test.crossing}.Cross(test.own)
		if test.err == "" && (err != nil || got != test.want) {
			t.Errorf("%+v on %q: %q, %v", test.crossing, test.own, got, err)
		}
		if test.err != "" && (err == nil || !strings.Contains(err.Error(), test.err)) {
			t.Errorf("%+v on %q: %v, want %s", test.crossing, test.own, err, test.err)
		}
	}
	for line, want := range map[string]string{
		"switch web": "nixhop switch web --cross=x86_64-linux",
		"boot":       "nixhop boot --cross=x86_64-linux",
	} {
		var usage *request.UsageError
		err := UnknownBuildSystem(parse(t, line), "why")
		if !errors.As(err, &usage) || !strings.HasSuffix(usage.Hint, want) {
			t.Errorf("%s: %v", line, err)
		}
	}
}

// The evaluation is of what the decision has changed, on the system that --cross leaves to the build host.
func TestDecisionWanted(t *testing.T) {
	d := Decision{Request: request.Request{Action: "switch"}, System: "i686-linux", Crossing: Crossing{Ask: true}}
	w, err := d.Wanted(source.Source{Flake: "."}, "web", "x86_64-linux")
	if err != nil || w.Source.Flake != "." || w.Configuration != "web" || w.Request.Action != "switch" || w.System != "i686-linux" || w.Cross != "x86_64-linux" {
		t.Errorf("%+v, %v", w, err)
	}
	if _, err := d.Wanted(source.Source{}, "web", ""); err == nil {
		t.Error("nobody knows the system that --cross is to build on")
	}
}
