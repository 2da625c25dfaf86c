package preview

import (
	"reflect"
	"strings"
	"testing"
)

func TestParse(t *testing.T) {
	const head = "runs=/nix/store/a\nwanted=/nix/store/b\nthere=yes\n"
	there := Preview{Runs: "/nix/store/a", Wanted: "/nix/store/b", There: true}
	with := func(change func(*Preview)) Preview {
		p := there
		change(&p)
		return p
	}
	for _, test := range []struct {
		name, text string
		want       Preview
	}{
		{"nothing", "", Preview{}},
		{"no such system", "runs=/nix/store/a\nwanted=/nix/store/b\n", Preview{Runs: "/nix/store/a", Wanted: "/nix/store/b"}},
		{"versions and sizes", head + "from=24.05\nto=24.11\nfrom_size=10\nto_size=20\n", with(func(p *Preview) {
			p.FromVersion, p.ToVersion, p.FromSize, p.ToSize = "24.05", "24.11", 10, 20
		})},
		{"a size that is none", head + "from_size=-5\nto_size=many\n", there},
		{"parts for a boot", head + "reboot=kernel\nreboot=initrd\nreboot=a lie\n", with(func(p *Preview) { p.Reboot = []string{"kernel", "initrd"} })},
		{"packages", head + "tool=nvd\n\x1b[31m[U.]\x1b[0m  nginx\n\nto=no value any more\n", with(func(p *Preview) {
			p.Tool, p.Packages = "nvd", []string{"[U.]  nginx", "to=no value any more"}
		})},
		{"what moves the cursor", head + "to=24\x1b[2J\ntool=nvd\na\x07b\n", with(func(p *Preview) {
			p.ToVersion, p.Tool, p.Packages = `24\x1b[2J`, "nvd", []string{`a\ab`}
		})},
		{"endless", head + "tool=x\n" + strings.Repeat("y\n", 1000), with(func(p *Preview) {
			p.Tool, p.Packages = "x", strings.Fields(strings.Repeat("y ", mostLines))
		})},
	} {
		if got := parse(test.text); !reflect.DeepEqual(got, test.want) {
			t.Errorf("%s:\n%#v, want\n%#v", test.name, got, test.want)
		}
	}
}

func TestUnitLines(t *testing.T) {
	got := unitLines("nixhop: x\nwould stop the following units: a.service\nwould activate the configuration...\n\x1b[1mwould restart the following units: b.service\x1b[0m\n")
	want := []string{"would stop the following units: a.service", "would restart the following units: b.service"}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("%q", got)
	}
}

func TestText(t *testing.T) {
	base := Preview{Runs: "/nix/store/a", Wanted: "/nix/store/b", There: true, FromVersion: "24.05", ToVersion: "24.11", FromSize: 1 << 30, ToSize: 3 << 29}
	with := func(change func(*Preview)) Preview {
		p := base
		change(&p)
		return p
	}
	full := with(func(p *Preview) {
		p.Reboot, p.Tool, p.Packages = []string{"kernel", "systemd"}, "nvd", []string{"[U.]  nginx"}
		p.Units = []string{"would stop a", "would start b"}
	})
	for _, test := range []struct {
		name, action string
		hosts        []Host
		want         string
	}{
		{"one", "switch", []Host{{"web", full}}, `what switch changes on web:
  NixOS     24.05 to 24.11
  size      1.0 GiB to 1.5 GiB (+512 MiB)
  reboot    only a boot brings the new kernel, systemd
  packages  (nvd)
    [U.]  nginx
  units     would stop a
            would start b
`},
		{"alike and not", "boot", []Host{{"a", base}, {"b", with(func(p *Preview) { p.Tool = "dix" })}, {"c", with(func(p *Preview) { p.Wanted = "/nix/store/c" })}},
			`what boot changes on a, c:
  NixOS     24.05 to 24.11
  size      1.0 GiB to 1.5 GiB (+512 MiB)
  units     none, until it boots
what boot changes on b:
  NixOS     24.05 to 24.11
  size      1.0 GiB to 1.5 GiB (+512 MiB)
  packages  dix tells of no change
  units     none, until it boots
`},
		{"smaller", "switch", []Host{{"a", with(func(p *Preview) { p.ToVersion, p.ToSize, p.WithoutUnits = "24.05", 1<<30-5<<20, true })}}, `what switch changes on a:
  NixOS     24.05, as before
  size      1.0 GiB to 1019 MiB (-5 MiB)
  units     dry-activate does not tell
`},
		{"the same", "switch", []Host{{"a", with(func(p *Preview) { p.Wanted = p.Runs })}}, `what switch changes on a:
  system    it is the one that runs
`},
		{"not there", "switch", []Host{{"a", Preview{Wanted: "/nix/store/x"}}}, `what switch changes on a:
  system    the host does not have it, and so cannot compare
`},
	} {
		if got := Text(test.action, test.hosts); got != test.want {
			t.Errorf("%s:\n%s, want\n%s", test.name, got, test.want)
		}
	}
	if got := Question("switch", []Host{{"b", base}, {"a", base}}); got != "switch 2 hosts?" {
		t.Errorf("%q", got)
	}
}
