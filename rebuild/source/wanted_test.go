package source

import (
	"errors"
	"reflect"
	"slices"
	"strings"
	"testing"

	"nixhop/nixexec"
)

// How nix is asked for the derivation, and for the facts alone.
func TestWantedArgv(t *testing.T) {
	flake, file := Source{Flake: "./a b"}, Source{File: "x.nix", Attr: "a"}
	for _, c := range []struct {
		name, line    string
		wanted        Wanted
		begins, ends  []string // of both
		facts         []string // behind that, where only they are asked for
		buildPlatform string
	}{
		{"a flake", "switch web -L --option a b --impure -k", Wanted{Source: flake, Configuration: "n1"},
			[]string{`./a b#nixosConfigurations."n1"`, "--apply"},
			[]string{"--print-build-logs", "--option", "a", "b", "--impure", "--keep-going"},
			[]string{"--no-write-lock-file"}, ""},
		{"a flake of another system", "switch web", Wanted{Source: flake, Configuration: "n1", System: "i686-linux"},
			[]string{`./a b#nixosConfigurations."n1"`, "--apply"},
			[]string{"--option", "system", "i686-linux"}, []string{"--no-write-lock-file"}, ""},
		{"a cross build", "switch web", Wanted{Source: flake, Configuration: "n1", Cross: "i686-linux"},
			[]string{`./a b#nixosConfigurations."n1"`, "--apply"}, nil, []string{"--no-write-lock-file"}, "i686-linux"},
		{"a file", "switch web -f x.nix -A a --show-trace --refresh", Wanted{Source: file},
			[]string{"--impure", "--expr"}, []string{"--show-trace", "--refresh"}, nil, ""},
	} {
		c.wanted.Request = parse(t, c.line)
		for format, argv := range map[string][]string{"--raw": c.wanted.Derivation(), "--json": c.wanted.Facts()} {
			begins := append(nixexec.NixCommand("eval", format), c.begins...)
			ends := c.ends
			if format == "--json" {
				ends = slices.Concat(c.ends, c.facts)
			}
			function := argv[min(len(begins), len(argv)-1)]
			if !slices.Equal(argv, slices.Concat(begins, []string{function}, ends)) {
				t.Errorf("%s: got %q", c.name, argv)
			}
			forced := strings.Contains(function, `buildPlatform = "`+c.buildPlatform+`";`)
			if want := format == "--raw" && c.buildPlatform != ""; forced != want {
				t.Errorf("%s %s: the build platform is forced: %t", c.name, format, forced)
			}
			if !strings.Contains(function, factsNix) {
				t.Errorf("%s %s: nobody asks for the facts: %s", c.name, format, function)
			}
		}
	}
	// The names and the facts are asked for side by side, and of two that write the lock file one would find it locked.
	if argv := NamesCommand(".", parse(t, "switch web")).Argv; argv[len(argv)-1] != NoLockFile {
		t.Errorf("the names: %q", argv)
	}
}

func TestParseFacts(t *testing.T) {
	for _, c := range []struct {
		line string
		want Facts
		ok   bool
	}{
		{`trace: nixhop-facts {"hostName":"n\u001b1","system":"a-linux","buildSystem":null,` +
			`"refused":["x\n"],"files":["/\u202ea"]}`,
			Facts{HostName: `n\x1b1`, System: "a-linux", Refused: []string{`x\n`}, Files: []string{`/\u202ea`}}, true},
		{`trace: nixhop-facts {}`, Facts{}, true},
		{`trace: nixhop-facts {"hostName":`, Facts{}, false},
		{`trace: nixhop-facts {"hostName":7}`, Facts{}, false},
		{`nixhop-facts {}`, Facts{}, false},
		{"warning: dirty", Facts{}, false},
	} {
		if got, ok := ParseFacts(c.line); ok != c.ok || !reflect.DeepEqual(got, c.want) {
			t.Errorf("%s: %t, %+v", c.line, ok, got)
		}
	}
	if got, err := ReadFacts(`{"hostName":"n1"}`); err != nil || got.HostName != "n1" {
		t.Errorf("%+v, %v", got, err)
	}
	if _, err := ReadFacts("error\x1b[2J"); err == nil || strings.Contains(err.Error(), "\x1b") {
		t.Errorf("got %v", err)
	}
}

// What nix has said is an error of the flake or the file; without either nixos-rebuild may well find something.
func TestWantedFailure(t *testing.T) {
	for _, c := range []struct {
		wanted Wanted
		want   EvaluationError
	}{
		{Wanted{Source: Source{Flake: "."}, Configuration: "n1"}, EvaluationError{Flake: ".#n1", Stderr: "no"}},
		{Wanted{Source: Source{File: "x.nix", Attr: "a"}}, EvaluationError{File: "x.nix", Stderr: "no"}},
	} {
		var got *EvaluationError
		if err := c.wanted.failure("no"); !errors.As(err, &got) || *got != c.want {
			t.Errorf("got %+v, want %+v", got, c.want)
		}
	}
	if err := (Wanted{}).failure("no"); err != nil {
		t.Errorf("got %v", err)
	}
}
