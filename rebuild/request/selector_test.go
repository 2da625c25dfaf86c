package request

import (
	"errors"
	"slices"
	"strings"
	"testing"
)

// What a HOST word is: a pattern and an address both may have brackets.
func TestSelectorKinds(t *testing.T) {
	for word, want := range map[string]Kind{
		"web": OneHost, "root@web": OneHost, "web=db": OneHost, "web:22": OneHost, "ssh://web*": OneHost, "192.0.2.1": OneHost,
		"root@[fe80::1%25eth0]": OneHost, "[fe80::1]:22": OneHost, "[web]": OneHost, "[web]:22": OneHost, "a/b": OneHost,
		"web*": Glob, "w?b": Glob, "web[12]": Glob, "[a-c]1": Glob, "root@web[12]": Glob, "web[!1]": Glob, "[ab]*": Glob,
		"@arm": Tag, "-": Listed,
	} {
		if s, err := ParseSelector(word); err != nil || s.Kind != want {
			t.Errorf("%s: %+v, %v; want kind %d", word, s, err, want)
		}
	}
}

func TestGlobMatches(t *testing.T) {
	for _, c := range []struct {
		pattern, matches, not string
	}{
		{"web*", "web web1 web/1 web.a", "awe aweb"},
		{"web?", "web1 web/", "web web10"},
		{"web[1-3]", "web1 web3", "web4 web"},
		{"web[!1]", "web2", "web1"},
		{"web[^1]", "web2", "web1"},
		{"root@w*", "web", "root"},
		{"vm/*", "vm/1 vm/1/2", "vm"},
	} {
		s, err := ParseSelector(c.pattern)
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range strings.Fields(c.matches) {
			if !s.Matches(name) {
				t.Errorf("%s does not match %s", c.pattern, name)
			}
		}
		for _, name := range strings.Fields(c.not) {
			if s.Matches(name) {
				t.Errorf("%s matches %s", c.pattern, name)
			}
		}
	}
}

// The words of standard input stand where the "-" stood, and are refused as those of a command line are.
func TestWithList(t *testing.T) {
	for _, c := range []struct{ line, list, want, err string }{
		{"switch a - b", "web\n\n  db=x \r\n@arm", "a web db=x @arm b", ""},
		{"switch a --except -", "web\n", "a except web", ""},
		{"switch a b", "", "a b", ""},
		{"switch -", "", "", "no host stands on standard input"},
		{"switch -", "\n \n", "", "no host stands on standard input"},
		{"switch -", "-oProxyCommand=x", "", "a host cannot begin with '-'"},
		{"switch -", "web\n-\n", "", `a "-" in the list`},
		{"switch -", "web db", "", "white space"},
		{"switch -", "we\x1b[2Jb", "", "control characters"},
	} {
		r, err := Parse(strings.Fields(c.line), noHost)
		if err != nil {
			t.Fatal(err)
		}
		if r.WantsList() {
			r, err = r.WithList(c.list)
		}
		var words []string
		for _, s := range r.Hosts {
			words = append(words, s.Word)
		}
		for _, s := range r.Except {
			words = append(words, "except", s.Word)
		}
		if got := strings.Join(words, " "); c.err == "" && (err != nil || got != c.want || r.WantsList()) {
			t.Errorf("%s: %q: %s, %v; want %s", c.line, c.list, got, err, c.want)
		}
		var usage *UsageError
		if c.err != "" && (!errors.As(err, &usage) || !strings.Contains(err.Error(), c.err)) {
			t.Errorf("%s: %q: %v, want %s", c.line, c.list, err, c.err)
		}
	}
}

// Words that choose hosts are for nixhop: nixos-rebuild is not put in its place.
func TestSelectionIsNotPassedThrough(t *testing.T) {
	for line, want := range map[string]bool{"switch": true, "switch --yes": true, "switch --all": false, "switch -": false} {
		r, err := Parse(strings.Fields(line), noHost)
		if err != nil || r.PassThrough() != want {
			t.Errorf("%s: %v, %v", line, r.PassThrough(), err)
		}
		if slices.Contains(r.Words, "--all") || slices.Contains(r.Words, "--yes") {
			t.Errorf("%s: %q", line, r.Words)
		}
	}
}
