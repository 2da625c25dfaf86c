package help

import (
	"slices"
	"strings"
	"testing"

	"nixhop/rebuild/request"
)

func TestComplete(t *testing.T) {
	known := Known{
		Hosts: func() []Candidate { return []Candidate{{"web", "root@192.0.2.1"}, {"db", ""}} },
		Tags:  func() []string { return []string{"arm", "home"} },
		Configurations: func(r request.Request) []string {
			if r.Flake == "/other" {
				return []string{"a b"}
			}
			return []string{"web", "my-nixos"}
		},
		Nodes: func(request.Request) []string { return []string{"web", "node1", "-x", "a*", "a=b"} },
	}
	for _, c := range []struct {
		line  string // the last word is the one to complete, or that with a | behind it
		has   string
		lacks string
		files bool
	}{
		{"", "switch check completion", "web --plan", false},
		{"switch ", "web node1 db", "-x a* a=b", false},
		{"switch root@", "root@web root@node1", "node1", false},
		{"sw", "switch dry-activate web", "", false},
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
		{"switch web=", "web=web web=my-nixos", "my-nixos web", false},
		{"switch web=m| --flake /other", "web=a\u00a0b", "web=web", false},
		{"switch --flake .#", ".#web .#my-nixos", "web", false},
		{"switch --flake /other#", "/other#a%20b", "/other#web", false},
		{"switch --flake=#m", "--flake=#my-nixos", "#my-nixos", false},
		{"switch --except @", "@arm @home", "web", false},
		{"switch --except ", "web db", "local", false},
		{"switch --canary ", "web db", "local", false},
		{"switch --allow host", "host-name", "web", false},
		{"switch --cross=", "--cross=x86_64-linux", "web", false},
		{"| switch", "web db", "switch", false},
		{"@| switch", "@arm", "switch", false},
		{"sw| web", "switch check web", "", false},
		{"web --pl| switch", "--plan", "web", false},
		{"boot web --s| --plan", "--sudo", "--specialisation", false},
		{"PLAIN ", "switch boot", "check hosts web", false},
		{"PLAIN switch ", "", "web", false},
		{"PLAIN switch --", "--flake --target-host", "--plan --all", false},
		{"PLAIN switch --target-host root@", "root@web", "web", false},
		{"PLAIN switch --build-host ", "web", "target local", false},
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
		line, plain := strings.CutPrefix(c.line, "PLAIN ")
		words := strings.Split(line, " ")
		at := max(len(words)-1, 0)
		for i, w := range words { // the cursor
			if before, ok := strings.CutSuffix(w, "|"); ok {
				at, words[i] = i, before
			}
		}
		candidates, files := Complete(Line{words, at, plain}, known)
		var offered []string
		for _, w := range candidates {
			offered = append(offered, strings.ReplaceAll(w.Word, " ", "\u00a0"))
		}
		for _, want := range strings.Split(c.has, " ") {
			if want != "" && !slices.Contains(offered, want) {
				t.Errorf("%q: %s is not offered: %q", c.line, want, offered)
			}
		}
		for _, wrong := range strings.Split(c.lacks, " ") {
			if slices.Contains(offered, wrong) {
				t.Errorf("%q: %s is offered", c.line, wrong)
			}
		}
		if files != c.files {
			t.Errorf("%q: files %v", c.line, files)
		}
	}
	if candidates, _ := Complete(Line{}, known); len(candidates) == 0 {
		t.Error("nothing can stand first")
	}
}
