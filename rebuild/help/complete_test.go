package help

import (
	"slices"
	"strings"
	"testing"
)

func TestComplete(t *testing.T) {
	hosts := func() []string { return []string{"web", "db"} }
	tags := func() []string { return []string{"arm", "home"} }
	for _, c := range []struct {
		line  string // the last word is the one to complete
		has   string
		lacks string
		files bool
	}{
		{"", "switch check completion", "web --plan", false},
		{"sw", "switch dry-activate", "", false},
		{"-", "--plan -j --max-jobs", "--fast switch", false},
		{"switch ", "web db", "switch @arm", false},
		{"switch root@", "root@web root@db", "web", false},
		{"switch @", "@arm @home", "web", false},
		{"switch web --", "--plan --flake", "--use-remote-sudo", false},
		{"boot --", "--plan", "--specialisation", false},
		{"hosts --", "--json --ssh-config", "--plan --max-jobs", false},
		{"switch --target-host ", "web db", "target", false},
		{"switch --build-host ", "web local target", "--plan", false},
		{"switch --build-host=", "--build-host=web --build-host=local", "web", false},
		{"switch --engine ", "native nixos-rebuild", "web", false},
		{"switch --elevate=s", "--elevate=sudo", "sudo", false},
		{"switch --flake ", "", "web", true},
		{"switch --flake -", "--plan", "", false},
		{"switch --file=", "", "web", true},
		{"switch --ssh-config ", "", "web", true},
		{"switch --option a ", "", "web", false},
		{"switch --option a b ", "web", "", false},
		{"completion ", "bash zsh fish", "web", false},
		{"help ", "switch hosts dry-run", "web", false},
		{"switch web -- ", "--max-jobs", "--plan web", true},
	} {
		candidates, files := Complete(strings.Split(c.line, " "), hosts, tags)
		var words []string
		for _, w := range candidates {
			words = append(words, w.Word)
		}
		for _, want := range strings.Fields(c.has) {
			if !slices.Contains(words, want) {
				t.Errorf("%q: %s is not offered: %q", c.line, want, words)
			}
		}
		for _, wrong := range strings.Fields(c.lacks) {
			if slices.Contains(words, wrong) {
				t.Errorf("%q: %s is offered", c.line, wrong)
			}
		}
		if files != c.files {
			t.Errorf("%q: files %v", c.line, files)
		}
	}
	if candidates, _ := Complete(nil, hosts, tags); len(candidates) == 0 {
		t.Error("nothing can stand first")
	}
}
