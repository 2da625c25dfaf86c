//go:build lab && bench

package main

import (
	"cmp"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"text/tabwriter"
	"time"
)

// pair is something that takes time, and what it is compared with, which is run in turn with it.
type pair struct {
	What    string  `json:"what"`
	Against string  `json:"against"`
	Goal    float64 `json:"goal"`         // the most that the ratio shall be, or the difference in milliseconds
	Differs bool    `json:"differs"`      // the difference counts, not the ratio
	Ours    float64 `json:"seconds"`      // median
	Theirs  float64 `json:"theirSeconds"` // median
	Got     float64 `json:"got"`          // median of the ratios of the pairs, or of the differences

	ours, theirs func(round int) *exec.Cmd
	before       func() // is run before each of the two
	fails        bool   // ours is to fail
}

// TestBenchEvaluation prints what a deployment costs whose configuration takes seconds to evaluate, as a real one does,
// beside a nixos-rebuild without nixhop. It passes whatever that is. NIXHOP_BENCH_FLAKE=DIRECTORY#NAME measures a real
// configuration, as far as that goes without activating it; NIXOS_REBUILD is a real nixos-rebuild to compare with;
// NIXHOP_BENCH_JSON is a file that takes the table as JSON.
func TestBenchEvaluation(t *testing.T) {
	hosts := []string{"n1", "n2", "n3", "n4", "n5", "n6", "n7", "n8"}
	l := startLab(t, hosts...)
	pairs := benchPairs(t, l, hosts)
	for _, p := range pairs {
		p.measure(t, l)
	}
	printPairs(os.Stdout, pairs, benchRounds)
	keepPairs(t, pairs)
	l.noMasterLeft(t)
}

// keepPairs writes pairs to NIXHOP_BENCH_JSON, in place of those of the same name, behind what other benchmarks have
// written.
func keepPairs(t *testing.T, pairs []*pair) {
	t.Helper()
	file := os.Getenv("NIXHOP_BENCH_JSON")
	if file == "" {
		return
	}
	var all []*pair
	if text, err := os.ReadFile(file); err == nil {
		_ = json.Unmarshal(text, &all) // what is none is replaced
	}
	for _, p := range pairs {
		all = slices.DeleteFunc(all, func(other *pair) bool { return other.What == p.What && other.Against == p.Against })
	}
	text, err := json.MarshalIndent(append(all, pairs...), "", "  ")
	if err == nil {
		err = os.WriteFile(file, append(text, '\n'), 0o644)
	}
	if err != nil {
		t.Error(err)
	}
}

// heavy makes a commit of systems that take as long to evaluate as real ones do.
func (l *lab) heavy(t *testing.T, hosts []string) string {
	t.Helper()
	const plain = `import ./system.nix ({ platform = import ./platform.nix; } // parameters);`
	heavy := `let c = ` + plain[:len(plain)-1] + `; fixpoint = import ./fixpoint.nix { }; in c // { config = c.config // {
	networking.hostName = builtins.seq fixpoint.shape c.config.networking.hostName;
	system.build = c.config.system.build // { toplevel = builtins.seq fixpoint.values c.config.system.build.toplevel; }; }; };`
	var more strings.Builder
	for _, host := range hosts[3:] {
		fmt.Fprintf(&more, `%s = system { hostName = %q; }; `, host, host)
	}
	return l.committed(t, plain, heavy, `db = system`, more.String()+`db = system`)
}

// benchPairs are all that is measured.
func benchPairs(t *testing.T, l *lab, hosts []string) []*pair {
	t.Helper()
	dir, name, action := l.heavy(t, hosts), "n1", "switch"
	if flake := os.Getenv("NIXHOP_BENCH_FLAKE"); flake != "" {
		real, of, _ := strings.Cut(flake, "#")
		dir, name, action = filepath.Join(t.TempDir(), "flake"), cmp.Or(of, "n1"), "dry-build"
		l.must(t, exec.Command("git", "clone", "-q", real, dir))
	}
	caches := []string{"XDG_CACHE_HOME=" + filepath.Join(filepath.Dir(l.runtime), "bench")}
	if err := os.Mkdir(filepath.Join(filepath.Dir(l.runtime), "bench"), 0o700); err != nil {
		t.Fatal(err)
	}
	b := &bench{lab: l, dir: dir}
	bare := func(int) *exec.Cmd {
		cmd := b.shared(func() *exec.Cmd {
			cmd := b.bare(t, l.config, "n1", "--no-reexec")()
			cmd.Args[1], cmd.Args[3] = action, ".#"+name
			if tool := os.Getenv("NIXOS_REBUILD"); tool != "" {
				cmd.Path, cmd.Args[0] = tool, tool
				cmd.Args[len(cmd.Args)-1] = "--fast"
			}
			return cmd
		})()
		cmd.Env = append(cmd.Env, caches...)
		return cmd
	}
	own := func(engine string, words ...string) func(int) *exec.Cmd {
		return func(int) *exec.Cmd {
			return l.command(t, dir, append(withEngine(t, engine), caches...), append([]string{action, "n1=" + name}, words...)...)
		}
	}
	native, through := own("native", "--engine", "native"), own("nixos-rebuild")
	again := func() {
		l.must(t, git(dir, "-c", "user.name=lab", "-c", "user.email=lab@localhost", "commit", "-q", "--allow-empty", "-m", rand.Text()))
	}
	change := func() {
		if err := os.WriteFile(filepath.Join(dir, "note"), []byte(rand.Text()), 0o644); err != nil {
			t.Fatal(err)
		}
		l.must(t, git(dir, "add", "note"))
	}
	clean := func() { l.must(t, git(dir, "reset", "-q", "--hard")) }
	ssh := func(int) *exec.Cmd { return l.sshCommand("n1", "true") }
	all := []*pair{
		{What: "clean tree, nothing changed, own steps", Against: "bare", Goal: 0.9, ours: native, theirs: bare, before: clean},
		{What: "the same through nixos-rebuild", Against: "bare", Goal: 1.3, ours: through, theirs: bare, before: clean},
		{What: "clean tree, first time, own steps", Against: "bare", Goal: 1.1, ours: native, theirs: bare, before: again},
		{What: "clean tree, first time, through nixos-rebuild", Against: "bare", Goal: 1.1, ours: through, theirs: bare, before: again},
		{What: "dirty tree, own steps", Against: "bare", Goal: 1.05, ours: native, theirs: bare, before: change},
	}
	if action != "switch" {
		return all
	}
	// Only what activates can be told to do so all the same.
	all = slices.Insert(all, 1, &pair{What: "the same, activated all the same (--force)", Against: "bare", Goal: 0.9,
		ours: own("native", "--engine", "native", "--force"), theirs: bare, before: clean})
	standin, err := filepath.Abs("testdata/lab/bin/nixos-rebuild")
	if err != nil {
		t.Fatal(err)
	}
	eight := func(int) *exec.Cmd {
		cmd := exec.Command("sh", "-c", "for host in "+strings.Join(hosts, " ")+`; do ssh -F "$0" -o BatchMode=yes $host true || exit; done`, l.config)
		cmd.Env = append(os.Environ(), l.env...)
		return cmd
	}
	return append(all,
		&pair{What: "check of 8 hosts, nothing changed", Against: "8 times ssh HOST true", Goal: 1, before: clean, theirs: eight,
			ours: func(int) *exec.Cmd { return l.command(t, dir, caches, append([]string{"check"}, hosts...)...) }},
		&pair{What: "refusal (wrong host), clean tree seen before", Against: "ssh HOST true", Goal: 2, before: clean, theirs: ssh, fails: true,
			ours: func(int) *exec.Cmd { return l.command(t, dir, caches, "switch", "n2=n1") }},
		&pair{What: "pass-through", Against: "the stand-in started directly", Goal: 10, Differs: true, before: clean, fails: true,
			// An argument that it refuses is the least that it can be given to do.
			ours: func(int) *exec.Cmd {
				return l.command(t, dir, append(withEngine(t, "nixos-rebuild"), caches...), "build", "--no-flake", "--", "--none")
			},
			theirs: func(int) *exec.Cmd { return exec.Command("sh", "-c", `"$0" build --no-flake --none; exit 0`, standin) }},
	)
}

// measure runs the two in turn, once unmeasured.
func (p *pair) measure(t *testing.T, l *lab) {
	t.Helper()
	var ours, theirs, ratios []float64
	for round := range benchRounds + 1 {
		times := [2]float64{}
		for i, run := range []func(int) *exec.Cmd{p.theirs, p.ours} {
			p.before()
			cmd := run(round)
			start := time.Now()
			r := l.run(t, cmd)
			times[i] = time.Since(start).Seconds()
			if fails := i == 1 && p.fails; (r.code != 0) != fails {
				t.Fatalf("%s: %q: exit status %d\n%s%s", p.What, cmd.Args, r.code, r.stdout, r.stderr)
			}
		}
		if round == 0 {
			continue
		}
		theirs, ours = append(theirs, times[0]), append(ours, times[1])
		if p.Differs {
			ratios = append(ratios, 1000*(times[1]-times[0]))
		} else {
			ratios = append(ratios, times[1]/times[0])
		}
	}
	p.Ours, p.Theirs, p.Got = median(ours), median(theirs), median(ratios)
}

func median(all []float64) float64 {
	slices.Sort(all)
	return all[len(all)/2]
}

// printPairs writes the table of pairs that were measured so often.
func printPairs(w *os.File, pairs []*pair, rounds int) {
	table := tabwriter.NewWriter(w, 0, 8, 2, ' ', 0)
	fmt.Fprintf(table, "\n%d processors, medians of %d pairs\nWHAT\tSECONDS\tAGAINST\tSECONDS\tRATIO\tGOAL\n", runtime.NumCPU(), rounds)
	for _, p := range pairs {
		unit := ""
		if p.Differs {
			unit = " ms more"
		}
		fmt.Fprintf(table, "%s\t%.3f\t%s\t%.3f\t%.2f%s\t%v%s\n", p.What, p.Ours, p.Against, p.Theirs, p.Got, unit, p.Goal, unit)
	}
	table.Flush()
}
