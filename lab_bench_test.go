//go:build lab && bench

package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"text/tabwriter"
	"time"
)

// benchRounds is how often everything is measured, in turn. The fastest run counts: what else the machine does makes
// the others slower.
const benchRounds = 7

// measured is something that takes time.
type measured struct {
	name  string
	host  string // whose sessions are counted, or ""
	fails bool   // it is to fail
	cmd   func() *exec.Cmd
	base  []string // names of what it is compared with, as a sum
	slow  bool     // it is measured once

	times    []time.Duration
	logins   int // of the last run
	sessions int // likewise: programs started on the host
}

// TestBench prints how long things take, and in what relation to each other. It passes however long that is.
func TestBench(t *testing.T) {
	l := startLab(t, "n1", "n2")
	const ordinary = `n2 = system { hostName = "n2"; };`
	const talks = ` talks = system { hostName = "n1"; activate = "seq 1000000"; };`
	const turns = ` odd = system { hostName = "n1"; message = "odd"; }; even = system { hostName = "n1"; message = "even"; };`
	b := &bench{lab: l, dir: l.systems(t, ordinary, ordinary+talks+turns)}
	b.prepare(t)
	if only := os.Getenv("NIXHOP_BENCH"); only != "" {
		b.all = slices.DeleteFunc(b.all, func(m *measured) bool { return !strings.Contains(m.name, only) })
	}
	for range benchRounds {
		for _, m := range b.all {
			m.measure(t, l)
		}
	}
	b.print(os.Stdout)
	l.noMasterLeft(t)
}

// bench is all that is measured.
type bench struct {
	lab *lab
	dir string // of the flake
	all []*measured
}

// prepare deploys what is measured, so that it is a repetition, and lists what is measured.
func (b *bench) prepare(t *testing.T) {
	l := b.lab
	succeeds(t, l.nixhop(t, b.dir, nil, "switch", "n1"))
	changed := b.changedKey(t)

	for _, host := range []string{"n1", "nosudo@n1"} {
		b.add("ssh "+host+" true", "n1", false, func() *exec.Cmd { return l.sshCommand(host, "true") })
	}
	b.add("small evaluation", "", false, func() *exec.Cmd {
		known, err := filepath.Abs("rebuild/source/facts.nix")
		if err != nil {
			t.Fatal(err)
		}
		text, err := os.ReadFile(known)
		if err != nil {
			t.Fatal(err)
		}
		return b.nix("eval", "--json", `.#nixosConfigurations."n1"`, "--apply", string(text))
	})
	refusal := []string{"ssh n1 true", "small evaluation"}
	otherUser := []string{"ssh nosudo@n1 true", "small evaluation"}
	for _, engine := range engines {
		for _, doomed := range []struct {
			what, config, host, word string
			base                     []string
		}{
			{"changed key", changed, "n1", "n1", refusal},
			{"wrong host", l.config, "n2", "n2=n1", refusal},
			{"no sudo", l.config, "n1", "nosudo@n1", otherUser},
		} {
			b.add(doomed.what+", "+engine, doomed.host, true, func() *exec.Cmd {
				return l.command(t, b.dir, append(withEngine(t, engine), "NIXHOP_SSH_CONFIG="+doomed.config), "switch", doomed.word)
			}, doomed.base...)
		}
	}
	b.add("changed key, bare", "n1", true, b.bare(t, changed, "n1"), refusal...)
	b.add("no sudo, bare", "n1", true, b.bare(t, l.config, "nosudo@n1", "--sudo"), otherUser...)

	b.add("no-op switch, bare", "n1", false, b.bare(t, l.config, "n1"))
	b.add("no-op switch, bare, one connection", "n1", false, b.shared(b.bare(t, l.config, "n1")), "no-op switch, bare")
	for _, engine := range engines {
		b.add("no-op switch, "+engine, "n1", false, func() *exec.Cmd {
			return l.command(t, b.dir, withEngine(t, engine), "switch", "n1")
		}, "no-op switch, bare")
	}
	b.add("no-op switch, bare, target builds", "n1", false, b.bare(t, l.config, "n1", "--build-host", "n1"))
	for _, engine := range engines {
		b.add("no-op switch, "+engine+", target builds", "n1", false, func() *exec.Cmd {
			return l.command(t, b.dir, withEngine(t, engine), "switch", "n1", "--build-host", "target")
		}, "no-op switch, bare, target builds")
	}
	// An activation that prints a million lines: field, 15.6 s with own steps that read a byte at a time, 2.7 s
	// without.
	b.add("a million lines, bare", "n1", false, b.bare(t, l.config, "n1", "--flake", ".#talks"))
	for _, engine := range engines {
		b.add("a million lines, "+engine, "n1", false, func() *exec.Cmd {
			return l.command(t, b.dir, withEngine(t, engine), "switch", "n1=talks")
		}, "a million lines, bare")
	}
	// There is a guard only where the system is another one than that which runs: two take turns.
	next := 0
	for _, guard := range []struct {
		name, seconds string
		base          []string
	}{{"switch, no guard", "0", nil}, {"switch, guarded", "60", []string{"switch, no guard"}}} {
		b.add(guard.name, "n1", false, func() *exec.Cmd {
			next++
			return l.command(t, b.dir, []string{"NIXHOP_GUARD=" + guard.seconds}, "switch", []string{"n1=odd", "n1=even"}[next%2], "--engine", "native")
		}, guard.base...)
	}
	b.add("check", "n1", false, func() *exec.Cmd { return l.command(t, b.dir, nil, "check", "n1") }, refusal...)
	b.add("nixhop --version", "", false, func() *exec.Cmd { return l.command(t, b.dir, nil, "--version") })
}

func (b *bench) add(name, host string, fails bool, cmd func() *exec.Cmd, base ...string) {
	b.all = append(b.all, &measured{name: name, host: host, fails: fails, cmd: cmd, base: base})
}

// nix is nix with the flake's directory and the lab's settings.
func (b *bench) nix(args ...string) *exec.Cmd {
	cmd := exec.Command("nix", args...)
	cmd.Dir = b.dir
	return cmd
}

// bare is nixos-rebuild as it is used without nixhop. It has no flag --ssh-config.
func (b *bench) bare(t *testing.T, config, host string, flags ...string) func() *exec.Cmd {
	t.Helper()
	path, err := filepath.Abs("testdata/lab/bin/nixos-rebuild")
	if err != nil {
		t.Fatal(err)
	}
	return func() *exec.Cmd {
		cmd := exec.Command(path, append([]string{"switch", "--flake", ".#n1", "--target-host", host}, flags...)...)
		cmd.Dir = b.dir
		cmd.Env = append(append(os.Environ(), b.lab.env...), "NIX_SSHOPTS=-F "+config+" -o BatchMode=yes")
		return cmd
	}
}

// shared is a bare nixos-rebuild with one connection for all that it does, closed at the end: what the real ones have.
func (b *bench) shared(bare func() *exec.Cmd) func() *exec.Cmd {
	return func() *exec.Cmd {
		cmd := bare()
		options := "-F " + b.lab.config + " -o BatchMode=yes -o ControlPath=" + filepath.Join(b.lab.runtime, "bare-%C")
		cmd.Env = append(cmd.Env, "NIX_SSHOPTS="+options+" -o ControlMaster=auto -o ControlPersist=60")
		script := `"$@"; status=$?; ssh ` + options + ` -O exit n1 2>/dev/null; exit $status`
		cmd.Args = append([]string{"sh", "-c", script, "sh"}, cmd.Args...)
		cmd.Path = "/bin/sh"
		return cmd
	}
}

// changedKey is an ssh config in which n1 has another key than the host shows.
func (b *bench) changedKey(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	known, err := os.ReadFile(b.lab.block(t, "n1", "UserKnownHostsFile"))
	if err != nil {
		t.Fatal(err)
	}
	keys := strings.Split(strings.TrimSpace(string(known)), "\n")
	if len(keys) != 2 {
		t.Fatalf("%d hosts are known", len(keys))
	}
	first, second := strings.Fields(keys[0]), strings.Fields(keys[1])
	swapped := first[0] + " " + second[1] + " " + second[2] + "\n" + second[0] + " " + first[1] + " " + first[2] + "\n"
	config := filepath.Join(dir, "config")
	for path, text := range map[string]string{
		filepath.Join(dir, "known"): swapped,
		config:                      "Host n1\n  UserKnownHostsFile " + dir + "/known\nInclude " + b.lab.config + "\n",
	} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return config
}

// measure runs the command once.
func (m *measured) measure(t *testing.T, l *lab) {
	t.Helper()
	before := 0
	if m.host != "" {
		before = len(l.log(t, m.host))
	}
	cmd := m.cmd()
	start := time.Now()
	r := l.run(t, cmd)
	m.times = append(m.times, time.Since(start))
	if (r.code != 0) != m.fails {
		t.Fatalf("%s: exit status %d\n%s%s", m.name, r.code, r.stdout, r.stderr)
	}
	if m.host != "" {
		log := l.log(t, m.host)[before:]
		m.logins, m.sessions = strings.Count(log, "Accepted publickey for "), strings.Count(log, "Starting session: ")
	}
}

// fastest is the time that counts.
func (m *measured) fastest() time.Duration { return slices.Min(m.times) }

// print writes the table.
func (b *bench) print(w *os.File) {
	table := tabwriter.NewWriter(w, 0, 8, 2, ' ', 0)
	fmt.Fprintln(table, "\nWHAT\tFASTEST\tMEDIAN\tRATIO\tTO\tLOGINS\tSESSIONS")
	for _, m := range b.all {
		ratio, to := "", strings.Join(m.base, " + ")
		if to != "" {
			var base time.Duration
			for _, other := range b.all {
				if slices.Contains(m.base, other.name) {
					base += other.fastest()
				}
			}
			ratio = fmt.Sprintf("%.2f", float64(m.fastest())/float64(base))
		}
		counts := "\t"
		if m.host != "" {
			counts = fmt.Sprintf("%d\t%d", m.logins, m.sessions)
		}
		slices.Sort(m.times)
		median := m.times[len(m.times)/2]
		fmt.Fprintf(table, "%s\t%.3f s\t%.3f s\t%s\t%s\t%s\n", m.name, m.fastest().Seconds(), median.Seconds(), ratio, to, counts)
	}
	table.Flush()
}
