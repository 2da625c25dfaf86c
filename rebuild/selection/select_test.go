package selection

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"nixhop/rebuild/request"
	"nixhop/rebuild/source"
	"nixhop/sshcfg"
)

// choosing is what a command line chooses: the hosts, then in brackets how many of them a pattern chose, of how many.
func choosing(t *testing.T, line string, inv sshcfg.Inventory, s source.Source, names []string) (string, error) {
	t.Helper()
	r, err := request.Parse(strings.Fields(line), func(string) bool { return true })
	if err != nil {
		t.Fatalf("%s: %v", line, err)
	}
	chosen, err := Choose(r, inv, s, Catalogue{Names: func() ([]string, error) { return names, nil }})
	if err != nil {
		return "", err
	}
	var all []string
	for _, target := range chosen.Each() {
		if target == nil {
			return "here", nil
		}
		all = append(all, target.Selector.Word)
	}
	text := fmt.Sprintf("%s (%d of %d)", strings.Join(all, " "), chosen.Matched, chosen.Chosen)
	if len(chosen.Left) > 0 {
		text += " without " + strings.Join(chosen.Left, " ")
	}
	return text, nil
}

const fleetConfig = `Host web1 web2 web10
  # nixhop: tags=web
Host db
  # nixhop: configuration=backup tags=storage
  Tag edge
Host old
  # nixhop: configuration=gone
Host git.example web-git
Host *.lab
  User root
`

// The words that choose many, over an ssh config and a flake.
func TestChoose(t *testing.T) {
	inv, flake := inventoryOf(t, fleetConfig), source.Source{Flake: "."}
	names := []string{"backup", "web1", "web10", "web2", "unused"}
	for _, c := range []struct{ line, want, err string }{
		{"switch", "here", ""},
		{"switch --all", "web1 web2 web10 db old (5 of 5)", ""},
		{"check", "web1 web2 web10 db old (5 of 5)", ""},
		{"check --except @edge --except o*", "web1 web2 web10 (3 of 3)", ""},
		{"switch web*", "web1 web2 web10 (3 of 3) without web-git", ""},
		{"switch web* web-git", "web1 web2 web10 web-git (3 of 4)", ""},
		{"switch web? db", "web1 web2 db (2 of 3)", ""},
		{"switch web[!1]", "web2 (1 of 1)", ""},
		{"switch web[0-9]* web1", "web1 web2 web10 (3 of 3)", ""},
		{"switch @web @edge", "web1 web2 web10 db (4 of 4)", ""},
		{"switch @storage --except db web1", "web1 (0 of 1)", ""},
		{"switch --all --except web1 --except w*0", "web2 db old (3 of 3)", ""},
		{"switch --all --except root@web1 --except db --except old", "web2 web10 (2 of 2)", ""},
		{"switch 192.0.2.7 a.lab b.example.com", "192.0.2.7 a.lab b.example.com (0 of 3)", ""},
		{"switch nas", "nas (0 of 1)", ""},
		{"switch web1 ssh://nas", "web1 ssh://nas (0 of 2)", ""},
		{"switch --target-host nas", "nas (0 of 1)", ""},
		{"switch --all --partition 1/2", "web1 web2 db (5 of 5)", ""},
		{"switch --all --partition 2/2", "web10 old (5 of 5)", ""},
		{"switch web1 db --partition 3/3", " (0 of 2)", ""},

		{"switch web1 wbe2", "", "unknown alias \"wbe2\"\ndid you mean web2?\nsee the aliases: nixhop hosts\na host that ssh knows without it: ssh://wbe2"},
		{"switch wbe*", "", "no alias matches \"wbe*\"\ndid you mean 'web*'?\nsee the aliases: nixhop hosts"},
		{"switch web1 x[0-9]", "", `no alias matches "x[0-9]"`},
		{"switch git*", "", "no alias that matches \"git*\" has a configuration in flake \".\": git.example\nnixhop hosts"},
		{"switch @wbe", "", "no alias matches \"@wbe\"\ndid you mean @web?"},
		{"switch --all --except wbe1", "", "--except matches no host: \"wbe1\"\ndid you mean web1"},
		{"switch --all --except @wbe", "", "--except matches no host: \"@wbe\"\ndid you mean @web?"},
		{"switch --all --except x*", "", `--except matches no host: "x*"`},
		{"switch web1 --except web*", "", "--except leaves none of 1 host"},
		{"switch --target-host web*", "", `the name holds '*'`},
	} {
		got, err := choosing(t, c.line, inv, flake, names)
		if c.err == "" && (err != nil || got != c.want) {
			t.Errorf("%s: got %s, %v; want %s", c.line, got, err, c.want)
		}
		var usage *request.UsageError
		if c.err != "" && (!errors.As(err, &usage) || !strings.Contains(err.Error(), c.err)) {
			t.Errorf("%s: got %s, %v; want %s", c.line, got, err, c.err)
		}
	}
}

// Without a flake nobody knows which alias has a configuration.
func TestChooseWithoutFlake(t *testing.T) {
	inv := inventoryOf(t, fleetConfig)
	for line, want := range map[string]string{
		"switch web-*":  "web-git (1 of 1)",
		"switch --all":  "--all is what has a configuration in a flake",
		"check":         "no host is named, and there is no flake here",
		"check db web1": "without a flake there is the configuration of one host, not 2: db, web1",
	} {
		got, err := choosing(t, line, inv, source.Source{}, nil)
		if err != nil {
			got = err.Error()
		}
		if !strings.Contains(got, want) {
			t.Errorf("%s: %s, want %s", line, got, want)
		}
	}
	if _, err := choosing(t, "switch --all", inventoryOf(t, "Host git\n"), source.Source{Flake: "."}, []string{}); err == nil {
		t.Error("no alias is taken for all")
	}
}

// A flake is asked for its names only where the words depend on them.
func TestChooseAsksForNames(t *testing.T) {
	inv := inventoryOf(t, fleetConfig)
	broken := errors.New("no such flake")
	for line, asks := range map[string]bool{"switch web1": false, "switch @web": false, "switch web*": true, "switch --all": true, "check": true} {
		r, err := request.Parse(strings.Fields(line), func(string) bool { return true })
		if err != nil {
			t.Fatal(err)
		}
		_, err = Choose(r, inv, source.Source{Flake: "."}, Catalogue{Names: func() ([]string, error) { return nil, broken }})
		if errors.Is(err, broken) != asks {
			t.Errorf("%s: %v", line, err)
		}
	}
}

// The shares of a partition are disjoint and complete, differ by one host at most, and are the same in any order of the
// words.
func TestPartition(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for range 200 {
		var all []source.Target
		for i := range random.IntN(30) {
			all = append(all, source.Target{Host: sshcfg.Host{Name: fmt.Sprintf("h%d", i), User: []string{"", "root"}[i%2]}})
		}
		count := 1 + random.IntN(12)
		mixed := slices.Clone(all)
		random.Shuffle(len(mixed), func(i, j int) { mixed[i], mixed[j] = mixed[j], mixed[i] })
		dealt, least, most := map[sshcfg.Host]int{}, len(all), 0
		for index := 1; index <= count; index++ {
			mine := share(all, request.Partition{Index: index, Count: count})
			least, most = min(least, len(mine)), max(most, len(mine))
			for _, one := range mine {
				dealt[one.Host]++
			}
			others := share(mixed, request.Partition{Index: index, Count: count})
			if len(others) != len(mine) {
				t.Fatalf("share %d of %d is %d hosts, and %d in another order", index, count, len(mine), len(others))
			}
			for _, one := range others {
				if !slices.ContainsFunc(mine, func(o source.Target) bool { return o.Host == one.Host }) {
					t.Fatalf("%v is in share %d of %d only in one order", one.Host, index, count)
				}
			}
			if !slices.IsSortedFunc(mine, func(a, b source.Target) int { return indexOf(all, a) - indexOf(all, b) }) {
				t.Fatalf("share %d of %d is in another order than all", index, count)
			}
		}
		for host, times := range dealt {
			if times != 1 {
				t.Fatalf("%v is in %d shares of %d", host, times, count)
			}
		}
		if len(dealt) != len(all) || most-least > 1 {
			t.Fatalf("%d of %d hosts are in %d shares of %d to %d hosts", len(dealt), len(all), count, least, most)
		}
	}
}

func indexOf(all []source.Target, one source.Target) int {
	return slices.IndexFunc(all, func(o source.Target) bool { return o.Host == one.Host })
}

// Who is asked, and what.
func TestConfirmation(t *testing.T) {
	inv, flake := inventoryOf(t, fleetConfig), source.Source{Flake: "."}
	names := []string{"backup", "web1", "web10", "web2"}
	for line, want := range map[string]bool{
		"switch web*": true, "boot --all": true, "test @web": true, "switch --all --partition 1/5": true, "switch web* db": true,
		"switch web1 web2": false, "switch @edge": false, "switch web* --yes": false, "switch web* --plan": false,
		"switch web* --except web2 --except web10": false, "build web*": false, "dry-activate web*": false, "check web*": false,
		"list-generations web*": false, "switch": false, "switch --all --partition 9/9": false,
	} {
		r, err := request.Parse(strings.Fields(line), func(string) bool { return true })
		if err != nil {
			t.Fatal(err)
		}
		chosen, err := Choose(r, inv, flake, Catalogue{Names: func() ([]string, error) { return names, nil }})
		if err != nil || chosen.ToConfirm(r) != want {
			t.Errorf("%s: %v, %v; want %v", line, chosen.ToConfirm(r), err, want)
		}
	}
	chosen := Choice{Chosen: 2, Targets: []source.Target{
		{Host: sshcfg.Host{Name: "web1"}}, {Host: sshcfg.Host{Name: "db", User: "root"}, Hints: sshcfg.Hints{Configuration: "backup"}},
	}}
	if got, want := chosen.Question("switch"), "switch is for these hosts:\n  web1 root@db=backup\nswitch 2 hosts? type yes, in full: "; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}

// Thousands of hosts are chosen at once, and a message names the first.
func TestChooseThousands(t *testing.T) {
	var config strings.Builder
	for i := range 2_000 {
		fmt.Fprintf(&config, "Host host-%05d\n", i)
	}
	r, err := request.Parse([]string{"switch", "host-*", "--partition", "7/10"}, func(string) bool { return true })
	if err != nil {
		t.Fatal(err)
	}
	chosen, err := Select(r, inventoryOf(t, config.String()), source.Source{}, nil)
	if err != nil || len(chosen.Targets) != 200 || chosen.Matched != 2_000 {
		t.Errorf("%d, %d, %v", len(chosen.Targets), chosen.Matched, err)
	}
	if err := chosen.Unconfirmed("switch"); len(err.Error()) > 600 {
		t.Errorf("%d bytes", len(err.Error()))
	}
}
