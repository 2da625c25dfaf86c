//go:build lab && bench

package main

import (
	"crypto/rand"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// TestBenchCopies prints how long copies take near by and over a long way, beside those of a bare Nix and of a bare
// nixos-rebuild. What takes minutes is measured once.
func TestBenchCopies(t *testing.T) {
	l := startLab(t, "n1")
	const ordinary = `n2 = system { hostName = "n2"; };`
	b := &bench{lab: l, dir: l.systems(t, ordinary, ordinary+" deep = (import ./deep.nix).deep;")}
	if err := os.WriteFile(filepath.Join(b.dir, "small.nix"), []byte(small), 0o644); err != nil {
		t.Fatal(err)
	}
	succeeds(t, l.nixhop(t, b.dir, nil, "switch", "n1"))
	far := l.farConfig(t, "n1")
	for _, way := range []struct{ name, config string }{{"near by", l.config}, {"at 100 ms", far}} {
		what := "200 small paths, " + way.name
		b.addSlow(what+", nix-copy-closure", way.config == far, b.closure(t, way.config, "all", 200))
		b.add(what, "n1", false, b.planned(t, way.config, "all", 200), what+", nix-copy-closure")
		what = "a derivation of 2,000, " + way.name
		b.addSlow(what+", nix-copy-closure", way.config == far, b.closure(t, way.config, "deep", 2000))
		b.add(what, "n1", false, b.planned(t, way.config, "deep", 2000), what+", nix-copy-closure")
	}
	what := "a deployment of 2,000 derivations at 100 ms, the target builds"
	b.addSlow(what+", bare", true, b.deep(t, func() *exec.Cmd { return b.bare(t, far, "n1", "--flake", ".#deep", "--build-host", "n1")() }))
	for _, engine := range engines {
		b.add(what+", "+engine, "n1", false, b.deep(t, func() *exec.Cmd {
			return l.command(t, b.dir, append(withEngine(t, engine), "NIXHOP_SSH_CONFIG="+far), "switch", "n1=deep", "--build-host", "target")
		}), what+", bare")
	}
	for round := range benchRounds {
		for _, m := range b.all {
			if round == 0 || !m.slow {
				m.measure(t, l)
			}
		}
	}
	b.print(os.Stdout)
	keepPairs(t, b.pairs(map[string]float64{"at 100 ms": 0.05, "near by": 1.1, "target builds": 0.1}))
	l.noMasterLeft(t)
}

// pairs are what was measured beside something, by their medians; goals has the most that a ratio shall be, by a word
// of the name.
func (b *bench) pairs(goals map[string]float64) []*pair {
	var all []*pair
	for _, m := range b.all {
		for _, other := range b.all {
			if !slices.Contains(m.base, other.name) {
				continue
			}
			p := &pair{What: m.name, Against: other.name, Ours: m.median().Seconds(), Theirs: other.median().Seconds()}
			p.Got = p.Ours / p.Theirs
			for word, goal := range goals {
				if strings.Contains(m.name, word) && (p.Goal == 0 || word == "target builds") {
					p.Goal = goal
				}
			}
			all = append(all, p)
		}
	}
	return all
}

// median is the time in the middle.
func (m *measured) median() time.Duration {
	slices.Sort(m.times)
	return m.times[len(m.times)/2]
}

// addSlow adds something that is measured once where it is slow.
func (b *bench) addSlow(name string, slow bool, cmd func() *exec.Cmd) {
	b.add(name, "n1", false, cmd)
	b.all[len(b.all)-1].slow = slow
}

// fresh makes store paths that no host has: the store path, and the derivation, of an attribute of small.nix.
func (b *bench) fresh(t *testing.T, attribute string, count int) (path, derivation string) {
	t.Helper()
	words := []string{"small.nix", "-A", attribute, "--argstr", "salt", rand.Text(), "--arg", "count", fmt.Sprint(count)}
	cmd := b.nix(words...)
	cmd.Args[0], cmd.Path = "nix-instantiate", lookPath(t, "nix-instantiate")
	derivation = b.lab.must(t, cmd)
	realise := exec.Command("nix-store", "--realise", derivation)
	return b.lab.must(t, realise), derivation
}

func lookPath(t *testing.T, program string) string {
	t.Helper()
	path, err := exec.LookPath(program)
	if err != nil {
		t.Fatal(err)
	}
	return path
}

// closure is nix-copy-closure of fresh paths: of what is built, or of the derivation of "deep".
func (b *bench) closure(t *testing.T, config, attribute string, count int) func() *exec.Cmd {
	return func() *exec.Cmd {
		path, derivation := b.fresh(t, attribute, count)
		if attribute == "deep" {
			path = derivation
		}
		cmd := exec.Command("nix-copy-closure", "--to", "n1", path)
		cmd.Env = append(append(os.Environ(), b.lab.env...), "NIX_SSHOPTS=-F "+config+" -o BatchMode=yes")
		return cmd
	}
}

// planned is the same by the lines of nixhop's own plan that copy, and open the connection for that.
func (b *bench) planned(t *testing.T, config, attribute string, count int) func() *exec.Cmd {
	return func() *exec.Cmd {
		path, derivation := b.fresh(t, attribute, count)
		env := append(withEngine(t, "native"), "NIXHOP_SSH_CONFIG="+config)
		words := []string{"switch", "n1", "--plan", "--check", "--store-path", path}
		if attribute == "deep" {
			words = []string{"switch", "n1", "--plan", "--check", "--build-host", "target"}
		}
		r := b.lab.nixhop(t, b.dir, env, words...)
		succeeds(t, r)
		script := r.stdout
		if attribute == "deep" {
			before, rest, _ := strings.Cut(script, "\n# evaluate: ")
			_, copied, found := strings.Cut(rest, "\n# copy on ")
			script = before + "\nderivation=" + derivation + "\n# copy on " + copied
			if !found {
				t.Fatalf("nothing is copied:\n%s", r.stdout)
			}
		}
		for _, later := range []string{"\n# build on ", "\n# activate on "} {
			if before, _, found := strings.Cut(script, later); found {
				script = before + "\n)\n"
			}
		}
		cmd := exec.Command("/bin/sh")
		cmd.Stdin = strings.NewReader(script)
		cmd.Env = append(os.Environ(), b.lab.env...)
		return cmd
	}
}

// deep makes the configuration that has a fresh derivation with many sources, and commits it.
func (b *bench) deep(t *testing.T, cmd func() *exec.Cmd) func() *exec.Cmd {
	return func() *exec.Cmd {
		t.Helper()
		text := `{ deep = import ./system.nix { hostName = "n1"; platform = import ./platform.nix; ` +
			`build = "# ${builtins.unsafeDiscardOutputDependency (import ./small.nix { salt = "` + rand.Text() + `"; count = 2000; }).deep.drvPath}"; }; }`
		if err := os.WriteFile(filepath.Join(b.dir, "deep.nix"), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		for _, words := range [][]string{{"add", "-A"}, {"-c", "user.name=lab", "-c", "user.email=lab@example.org", "commit", "-qm", "deep"}} {
			b.lab.must(t, exec.Command("git", append([]string{"-C", b.dir}, words...)...))
		}
		return cmd()
	}
}
