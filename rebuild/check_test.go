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

// tree puts the flake into a git tree, and a git there that tells that it was asked, and knows of no change.
func (f *fleet) tree() {
	f.t.Helper()
	if err := os.Mkdir(filepath.Join(filepath.Dir(f.config), ".git"), 0o755); err != nil {
		f.t.Fatal(err)
	}
	git := filepath.Join(f.Here().Dir, "bin", "git")
	text := "#!/bin/sh\necho git \"$@\" >>" + filepath.Join(f.Here().Dir, "looks") + "\n" +
		"case $* in *rev-parse*) echo 0123abc ;; esac\n"
	if err := os.WriteFile(git, []byte(text), 0o755); err != nil {
		f.t.Fatal(err)
	}
}

// count is how many of the lines hold all of the words.
func count(lines []string, words ...string) int {
	n := 0
	for _, line := range lines {
		if !slices.ContainsFunc(words, func(word string) bool { return !strings.Contains(line, word) }) {
			n++
		}
	}
	return n
}

// connections is how many connections this machine has opened to a host.
func (f *fleet) connections(host string) int {
	f.t.Helper()
	return count(strings.Split(f.calls(here), "\n"), "ssh ", "ControlMaster=yes", " -- "+host)
}

// rows is the result of a check.
func (f *fleet) rows() map[string]report.CheckRow {
	f.t.Helper()
	rows := map[string]report.CheckRow{}
	for line := range strings.Lines(f.said(report.Printed)) {
		var row report.CheckRow
		if err := json.Unmarshal([]byte(line), &row); err != nil {
			f.t.Fatalf("%v: %s", err, line)
		}
		rows[row.Host] = row
	}
	return rows
}

// However many hosts are checked, each machine is connected to once and looked at once, and so are git's tree, the
// flake's names and each configuration.
func TestCheckLooksOnce(t *testing.T) {
	for _, c := range []struct {
		name  string
		words string
		hosts []string
	}{
		{"a build host of their own", "h1 h2 h3 --build-host big", []string{"h1", "h2", "h3", "big"}},
		{"a build host that is checked, too", "h1 big h2 --build-host big", []string{"h1", "h2", "big"}},
		{"built here", "h1 h2 h3", []string{"h1", "h2", "h3"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := newFleet(t, "h1", "h2", "h3", "big")
			f.tree()
			if err := f.run(t.Context(), append(strings.Fields(c.words), "check", "--json")...); err != nil {
				t.Fatal(err)
			}
			looks := append(f.looks(here), strings.Split(f.calls(here), "\n")...)
			for _, host := range c.hosts {
				if got := f.connections(host); got != 1 {
					t.Errorf("%d connections were opened to %s", got, host)
				}
				if got := count(f.looks(host), "nix --version"); got != 1 {
					t.Errorf("%s was probed %d times", host, got)
				}
			}
			for host := range f.rows() {
				if got := strings.Count(f.calls(here), `nixosConfigurations."`+host+`"`); got != 1 {
					t.Errorf("the configuration of %s was evaluated %d times", host, got)
				}
			}
			for _, words := range [][]string{{"git", "status"}, {"git", "rev-parse"}, {"builtins.attrNames"}} {
				if got := count(looks, words...); got != 1 {
					t.Errorf("%q ran %d times", words, got)
				}
			}
			if got := f.builds(); got != 0 {
				t.Errorf("a check has built %d systems", got)
			}
		})
	}
}

// Eight hosts are checked, each with something else about it: none of that is an event, and all of it is in the
// result.
func TestCheckEight(t *testing.T) {
	f := newFleet(t, eight...)
	f.breakConfig("h1")
	f.turn("h2", "down=off")
	f.turn("h3", "space=100000")
	f.turn("h4", "hostname=other")
	f.configure("h5", "evaluation=no such option", "facts=none")
	f.turn("h6", "nix=2.3.16")
	if err := os.Remove(filepath.Join(f.Dir, "configurations", "h7")); err != nil {
		t.Fatal(err)
	}
	err := f.run(t.Context(), append(eight, "check", "--json")...)
	want := map[string]string{
		"h1": "error ssh-config", "h2": "error host-unreachable", "h3": "error store-space", "h4": "error host-name",
		"h5": "error evaluation", "h6": "warning too-old too-old", "h7": "error no-configuration", "h8": "ok",
	}
	for host, row := range f.rows() {
		got := row.Result
		for _, found := range row.Findings {
			got += " " + found.Name
		}
		if got != want[host] {
			t.Errorf("%s: %q, want %q", host, got, want[host])
		}
		delete(want, host)
	}
	if len(want) > 0 {
		t.Errorf("no word of %v", want)
	}
	if got := phase.Status(err); got != request.ExitCheck {
		t.Errorf("%v: status %d", err, got)
	}
	watched := []report.Kind{report.Begun, report.Started, report.Output, report.Passed} // for those who look on
	for _, e := range f.events {
		if e.Kind != report.Printed && !slices.Contains(watched, e.Kind) {
			t.Errorf("beside its result a check says %q %v", e.Text, e.Finding)
		}
	}
}

// Without a HOST the aliases are checked that have a configuration here; where there is none, or nowhere to look for
// one, that is wrong usage.
func TestCheckWithoutHost(t *testing.T) {
	f := newFleet(t, "h1", "h2", "h3")
	if err := os.Remove(filepath.Join(f.Dir, "configurations", "h2")); err != nil {
		t.Fatal(err)
	}
	if err := f.run(t.Context(), "check", "--json"); err != nil {
		t.Fatal(err)
	}
	if got := count(f.looks(here), "builtins.attrNames"); got != 1 {
		t.Errorf("the flake's names were looked up %d times", got)
	}
	rows := f.rows()
	if _, found := rows["h2"]; found || len(rows) != 2 {
		t.Errorf("checked %v", rows)
	}
	f.write("ssh_config", "Host other\n")
	usage := func(err error, want string) {
		t.Helper()
		var wrong *request.UsageError
		if !errors.As(err, &wrong) || !strings.Contains(wrong.Message, want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
	usage(f.run(t.Context(), "check"), "no alias has a configuration")
	if err := os.Remove("flake.nix"); err != nil {
		t.Fatal(err)
	}
	usage(f.run(t.Context(), "check"), "there is no flake here")
}

// One host is checked as several are, and may ask.
func TestCheckOne(t *testing.T) {
	f := newFleet(t, "h1")
	f.loginAs("h1", "ann")
	f.turn("h1", "sudo=password")
	f.asks(&answers{})
	if err := f.run(t.Context(), "check", "h1", "--json"); err != nil {
		t.Fatal(err)
	}
	row := f.rows()["h1"]
	if row.Result != "note" || len(row.Findings) != 1 || row.Findings[0].Name != "sudo-password" {
		t.Errorf("%+v", row)
	}
	if asked := f.session.Ask.(*answers).asked; len(asked) > 0 {
		t.Errorf("a check asks: %q", asked)
	}
}
