//go:build lab && bench

package main

import (
	"crypto/rand"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// fleetRounds is how often eight hosts are measured: each round takes minutes.
const fleetRounds = 3

// TestBenchFleet prints what eight hosts cost whose configurations take seconds to evaluate, all changed and then
// nothing changed, beside nixos-rebuild in a loop, ten of them at a time, and nix alone. It passes whatever that is.
func TestBenchFleet(t *testing.T) {
	l := startLab(t, "n1", "n2", "n3", "n4", "n5", "n6", "n7", "n8")
	dir := l.heavy(t, l.hosts)
	bare, err := filepath.Abs("testdata/lab/bin/nixos-rebuild")
	if err != nil {
		t.Fatal(err)
	}
	// each runs words for each host ("{}"), so many at a time.
	each := func(jobs int, words ...string) func() *exec.Cmd {
		return func() *exec.Cmd {
			cmd := exec.Command("xargs", append([]string{"-P", strconv.Itoa(jobs), "-I", "{}"}, words...)...)
			cmd.Stdin, cmd.Dir = strings.NewReader(strings.Join(l.hosts, "\n")), dir
			cmd.Env = append(append(os.Environ(), l.env...), "NIX_SSHOPTS=-F "+l.config+" -o BatchMode=yes")
			return cmd
		}
	}
	last := "system = parameters:"
	change := func() {
		next := "system = given: let parameters = { message = \"" + rand.Text() + "\"; } // given; in"
		l.edit(t, dir, last, next)
		l.must(t, git(dir, "-c", "user.name=lab", "-c", "user.email=lab@localhost", "commit", "-qam", next))
		last = next
	}
	b := &bench{lab: l, dir: dir}
	deploys := []string{bare, "switch", "--flake", ".#{}", "--target-host", "{}", "--no-reexec"}
	alone := []string{"nix", "build", "--no-link", ".#nixosConfigurations.{}.config.system.build.toplevel"}
	ours := func() *exec.Cmd { return l.command(t, dir, nil, append([]string{"switch"}, l.hosts...)...) }
	for _, what := range []string{"8 hosts, all changed", "8 hosts, nothing changed"} {
		b.add(what+", a loop of bare", "", false, each(1, deploys...))
		b.add(what+", xargs -P10 of bare", "", false, each(10, deploys...))
		b.add(what+", nix build alone, 2 at a time", "", false, each(2, alone...))
		b.add(what, "", false, ours)
	}
	for range fleetRounds {
		for i, m := range b.all {
			if i < len(b.all)/2 {
				change()
			}
			m.measure(t, l)
		}
	}
	b.print(os.Stdout)
	var pairs []*pair
	for i, goal := range []float64{0.5, 0.9, 1.3, 0, 0.5, 0.9, 0} {
		if goal == 0 {
			continue
		}
		m, other := b.all[i/4*4+3], b.all[i]
		p := &pair{What: m.name, Against: other.name, Goal: goal, Ours: m.median().Seconds(), Theirs: other.median().Seconds()}
		p.Got = p.Ours / p.Theirs
		pairs = append(pairs, p)
	}
	printPairs(os.Stdout, pairs, fleetRounds)
	keepPairs(t, pairs)
	l.noMasterLeft(t)
}
