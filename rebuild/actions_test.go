package rebuild

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"nixhop/rebuild/phase"
	"nixhop/rebuild/report"
	"nixhop/rebuild/request"
)

// remove takes a file away that nixhop would find.
func (f *fleet) remove(path string) {
	f.t.Helper()
	if err := os.Remove(path); err != nil {
		f.t.Fatal(err)
	}
}

// usage wants that wrong usage is said so.
func (f *fleet) usage(err error, want string) {
	f.t.Helper()
	var wrong *request.UsageError
	if !errors.As(err, &wrong) || !strings.Contains(wrong.Message, want) {
		f.t.Errorf("%v, want %q", err, want)
	}
}

// A plan is printed and nothing of it is run: no host is contacted, unless the hosts are to be looked at first.
func TestPlan(t *testing.T) {
	f := newFleet(t, "web", "big")
	f.install(request.InNG, "", "")
	for _, c := range []struct {
		words string
		looks bool
		want  []string // steps
	}{
		{"switch web --plan", false, []string{"nixos-rebuild switch --flake '.#web' --target-host web"}},
		{"switch web --plan --engine native", false,
			[]string{"# evaluate", "# build", "# copy on web", "# activate on web: a run without --plan leaves this out where nothing comes of it, " +
				"as the host runs and boots the system already; not with --force\n"}},
		{"boot web --plan --engine native", false, []string{"as the host boots the system already; not with --force\n"}},
		{"switch web --plan --engine native --force", false, []string{"# activate on web\n"}},
		{"dry-activate web --plan --engine native", false, []string{"# activate on web\n"}},
		{"switch web --plan --build-host big", false,
			[]string{"# big was not asked whether it reaches web itself", "# copy on web"}},
		{"switch web --plan --check", true, []string{"nixos-rebuild switch --flake '.#web' --target-host web"}},
		{"build web --plan --engine native", false, []string{"# build"}},
		{"build web --plan --emulate --engine native", false, []string{"# build"}},
		{"switch web --plan --cross=x86_64-linux", false, []string{"# activate on web"}},
		{"switch web --plan --cross", false, []string{"# activate on web"}},
		{"list-generations web --plan", false, []string{"# list-generations on web"}},
	} {
		t.Run(c.words, func(t *testing.T) {
			before := f.connections("")
			if err := f.run(t.Context(), strings.Fields(c.words)...); err != nil {
				t.Fatal(err)
			}
			plan := f.said(report.Printed)
			for _, want := range c.want {
				if !strings.Contains(plan, want) {
					t.Errorf("no %q in\n%s", want, plan)
				}
			}
			if strings.Contains(plan, "debug1: ") {
				t.Errorf("what ssh has logged stands in the plan:\n%s", plan)
			}
			if got := f.connections("") > before; got != c.looks {
				t.Errorf("a host was contacted: %v", got)
			}
			if f.builds() > 0 || f.calls("web") != "" {
				t.Errorf("something was done: %s", f.calls("web"))
			}
		})
	}
}

// A plan that cannot be made is none.
func TestPlanFails(t *testing.T) {
	f := newFleet(t, "web", "big")
	err := f.run(t.Context(), "switch", "web", "--plan", "--cross", "--build-host", "big")
	f.usage(err, "a plan asks no host for its system")
	f.usage(f.run(t.Context(), "switch", "web=other", "--plan"), `has no configuration "other"`)
	f.turn("web", "hostname=other")
	if err := f.run(t.Context(), "switch", "web", "--plan", "--check"); phase.Status(err) != request.ExitCheck {
		t.Errorf("%v", err)
	}
	f.breakConfig("web")
	if err := f.run(t.Context(), "switch", "web", "--plan"); phase.Status(err) != request.ExitCheck {
		t.Errorf("%v", err)
	}
	f.configure("big", "evaluation=no such option")
	if err := f.run(t.Context(), "build", "big", "--plan", "--emulate"); phase.Status(err) != request.ExitFailed {
		t.Errorf("%v", err)
	}
	if got := f.said(report.Printed); got != "" {
		t.Errorf("printed:\n%s", got)
	}
}

// The inventory has a row for each alias, and says which configurations no alias stands for.
func TestHosts(t *testing.T) {
	f := newFleet(t, "h1", "h2", "h3")
	f.configure("backup")
	f.breakConfig("h2")
	err := f.run(t.Context(), "hosts", "--json")
	if got := phase.Status(err); got != request.ExitCheck {
		t.Errorf("%v: status %d", err, got)
	}
	rows := map[string]report.HostRow{}
	for line := range strings.Lines(f.said(report.Printed)) {
		var row report.HostRow
		if err := json.Unmarshal([]byte(line), &row); err != nil {
			t.Fatal(err)
		}
		rows[row.Alias] = row
	}
	if len(rows) != 3 || rows["h1"].Address != "root@h1" || rows["h3"].Configuration != "h3" || rows["h2"].Error == "" {
		t.Errorf("%+v", rows)
	}
	if err := f.run(t.Context(), "hosts", "h1"); err != nil || strings.Contains(f.said(report.Said), "without an alias") {
		t.Errorf("%v %s", err, f.said(report.Said))
	}
	_ = f.run(t.Context(), "hosts")
	if got := f.said(report.Printed); !strings.Contains(got, "ALIAS") {
		t.Errorf("printed:\n%s", got)
	}
	f.tells("configurations without an alias: backup")
	f.usage(f.run(t.Context(), "hosts", "h7"), `unknown alias "h7"`)
	f.write("ssh_config", "")
	if err := f.run(t.Context(), "hosts"); err != nil || !strings.Contains(f.said(report.Said), "no alias in ") {
		t.Errorf("%v %s", err, f.said(report.Said))
	}
}

// A flake that cannot be read is only a warning for who asks for the inventory; without one there is nothing to read.
func TestHostsWithoutConfigurations(t *testing.T) {
	f := newFleet(t, "h1")
	nix := filepath.Join(f.Here().Dir, "bin", "nix")
	f.remove(nix)
	if err := os.WriteFile(nix, []byte("#!/bin/sh\necho 'error: no lock file' >&2\nexit 1\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := f.run(t.Context(), "hosts"); err != nil || !strings.Contains(f.said(report.Said), "no lock file") {
		t.Errorf("%v %s", err, f.said(report.Said))
	}
	f.remove("flake.nix")
	if err := f.run(t.Context(), "hosts"); err != nil || f.said(report.Said) != "" {
		t.Errorf("%v %s", err, f.said(report.Said))
	}
}

// The generations of a host are told over the one connection, with or without a nixos-rebuild there.
func TestListGenerations(t *testing.T) {
	f := newFleet(t, "web")
	if err := f.run(t.Context(), "list-generations", "web"); err != nil {
		t.Fatal(err)
	}
	if got := f.said(report.Printed); !strings.Contains(got, "\n1  ") || f.connections("web") != 1 {
		t.Errorf("%q", got)
	}
	f.turn("web", "nixos-rebuild=none")
	if err := f.run(t.Context(), "list-generations", "web"); err != nil {
		t.Errorf("without a nixos-rebuild: %v", err)
	}
	f.turn("web", "down=off")
	if err := f.run(t.Context(), "list-generations", "web"); phase.Status(err) != request.ExitCheck {
		t.Errorf("%v", err)
	}
}

// Each action does what it says with the system, by either engine, and only what changes the host changes it.
func TestActions(t *testing.T) {
	for _, c := range []struct {
		action string
		runs   bool // the new system
		boots  bool // and as a generation of its own
	}{
		{"switch", true, true}, {"boot", false, true}, {"test", true, false},
		{"dry-activate", false, false}, {"build", false, false},
	} {
		engines := []string{request.EngineNative}
		if c.action == "boot" || c.action == "test" {
			engines = append(engines, request.EngineNixosRebuild)
		}
		for _, engine := range engines {
			t.Run(c.action+" by "+engine, func(t *testing.T) {
				f := newFleet(t, "web")
				f.install(request.InNG, "", "")
				if err := f.run(t.Context(), c.action, "web", "--engine", engine); err != nil {
					t.Fatal(err)
				}
				number, same := f.generation("web")
				if boots := number == "2"; boots != c.boots || same != (c.runs == c.boots) {
					t.Errorf("generation %s, and that runs: %v", number, same)
				}
				native := engine == request.EngineNative
				if got := f.said(report.Printed); native != strings.HasPrefix(got, "/nix/store/") {
					t.Errorf("printed %q", got)
				}
			})
		}
	}
}

// Back to the generation before, a system that is there already, and a specialisation: nothing is evaluated for the
// first two.
func TestActionsOfWhatIsThere(t *testing.T) {
	f := newFleet(t, "web")
	if err := f.run(t.Context(), "switch", "web"); err != nil {
		t.Fatal(err)
	}
	system := strings.TrimSpace(f.said(report.Printed))
	evaluated := count(f.looks(here), "nix", "eval") + strings.Count(f.calls(here), "eval --raw")
	there := []string{"switch web --rollback", "switch web --store-path " + system, "test web --rollback"}
	for _, words := range there {
		if err := f.run(t.Context(), strings.Fields(words)...); err != nil {
			t.Errorf("%s: %v", words, err)
		}
	}
	if got := count(f.looks(here), "nix", "eval") + strings.Count(f.calls(here), "eval --raw"); got != evaluated {
		t.Errorf("%d evaluations more", got-evaluated)
	}
	err := f.run(t.Context(), "switch", "web", "--specialisation", "calm")
	if phase.Status(err) != request.ExitFailed {
		t.Errorf("%v", err)
	}
}

// The configuration is the host's own where no name leads to one, also where the host takes no other part; one that
// is named must be there.
func TestConfigurationByHostName(t *testing.T) {
	f := newFleet(t, "web")
	f.configure("db")
	f.remove(filepath.Join(f.Dir, "configurations", "web"))
	f.turn("web", "hostname=db")
	for _, words := range []string{"switch web", "build web"} {
		if err := f.run(t.Context(), strings.Fields(words)...); err != nil {
			t.Fatalf("%s: %v", words, err)
		}
		if said := f.said(report.Said); !strings.Contains(said, "configuration db, by host name") {
			t.Errorf("%s: said:\n%s", words, said)
		}
	}
	f.usage(f.run(t.Context(), "switch", "web=nobody"), `has no configuration "nobody"`)
	f.turn("web", "hostname=nobody")
	err := f.run(t.Context(), "build", "web")
	f.refused(err, "web", "no-configuration")
	f.turn("web", "down=off")
	err = f.run(t.Context(), "build", "web")
	if got := f.found("web"); phase.Status(err) != request.ExitCheck || !slices.Contains(got, "host-unreachable") {
		t.Errorf("%v: found %q", err, got)
	}
}
