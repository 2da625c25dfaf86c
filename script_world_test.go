package main

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/rogpeppe/go-internal/testscript"

	"nixhop/rebuild/request"
	"nixhop/testdata/standin"
)

// A script that begins with `world` deploys to the hosts of a stand-in world in $WORK/world; see package standin.
// Its own nixos-rebuild is the one that the word names: none, bash, ng or newest.
func makeWorld(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) > 1 {
		ts.Fatalf("usage: world [bash|ng|newest]")
	}
	w := worldOf(ts)
	if _, err := os.Stat(w.Dir); errors.Is(err, os.ErrNotExist) {
		_, err := standin.NewWorld(w.Dir)
		ts.Check(err)
		// Where nixhop itself is stands behind the stand-ins of the other scripts.
		nixhop := filepath.SplitList(ts.Getenv("PATH"))[1]
		for name, value := range w.Environment() {
			ts.Setenv(name, value)
		}
		ts.Setenv("NIXHOP_GUARD", "0") // a guard has scripts of its own
		ts.Setenv("PATH", ts.Getenv("PATH")+string(filepath.ListSeparator)+nixhop)
	}
	if len(args) == 1 {
		ts.Check(w.InstallRebuild(args[0], flagsOf(ts, args[0])))
	}
}

func worldOf(ts *testscript.TestScript) standin.World {
	return standin.World{Dir: filepath.Join(ts.Getenv("WORK"), "world")}
}

// placeOf is a host, or this machine.
func placeOf(ts *testscript.TestScript, name string) *standin.Place {
	if name == "." {
		return worldOf(ts).Here()
	}
	return worldOf(ts).Host(name)
}

// flagsOf are the spellings of the flags that a nixos-rebuild knows.
func flagsOf(ts *testscript.TestScript, name string) []string {
	releases := map[string]request.Release{"bash": request.InBash, "ng": request.InNG, "newest": request.InNewest}
	if releases[name] == 0 {
		ts.Fatalf("there is no nixos-rebuild %q, but bash, ng and newest", name)
	}
	var flags []string
	for _, s := range request.Flags() {
		if s.Known&releases[name] != 0 {
			flags = append(flags, strings.Join(s.Spellings(), " "))
		}
	}
	return flags
}

// makeHost adds a host to the world, or turns the knobs of one: host web sudo=free. Without a name, as `host .
// nix=2.8.0`, they are this machine's.
func makeHost(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) == 0 {
		ts.Fatalf("usage: host NAME [knob=value...]")
	}
	h := placeOf(ts, args[0])
	if _, err := os.Stat(h.Dir); errors.Is(err, os.ErrNotExist) {
		_, err := worldOf(ts).AddHost(args[0])
		ts.Check(err)
	}
	for _, setting := range args[1:] {
		knob, value, _ := strings.Cut(setting, "=")
		ts.Check(h.Set(knob, value))
	}
}

// makeConfiguration adds a configuration to the world's flake, or changes one: configuration web
// system=aarch64-linux.
func makeConfiguration(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) == 0 {
		ts.Fatalf("usage: configuration NAME [key=value...]")
	}
	ts.Check(worldOf(ts).SetConfiguration(args[0], args[1:]...))
}

// makeNode adds a node to the colmena hive of the flake, or changes it: node web target=10.0.0.1.
func makeNode(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) == 0 {
		ts.Fatalf("usage: node NAME [key=value...]")
	}
	ts.Check(worldOf(ts).SetNode(args[0], args[1:]...))
}

// idle waits until nothing runs on a host any more: idle web.
func idle(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: idle HOST")
	}
	if !placeOf(ts, args[0]).AwaitIdle(terminalTime) {
		ts.Fatalf("something still runs on %s", args[0])
	}
}

// builds waits until so many builds run on a host, and ends them where there is a word more: builds big 2 end.
func builds(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 || len(args) > 3 || len(args) == 3 && args[2] != "end" {
		ts.Fatalf("usage: builds HOST NUMBER [end]")
	}
	n, err := strconv.Atoi(args[1])
	ts.Check(err)
	h := placeOf(ts, args[0])
	if !h.AwaitBuilds(n, terminalTime) {
		ts.Fatalf("not %d builds run on %s", n, args[0])
	}
	if len(args) == 3 {
		h.EndBuilds()
	}
}

// same compares standard output, standard error or a file with what a script expects, byte for byte: same stderr
// words. What differs from run to run has one name there: $WORK, and RUN at the end of the directory of a run.
func same(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: same stdout|stderr|FILE file")
	}
	compare(ts, ts.ReadFile(args[0]), args[1])
}

// record compares what the stand-ins of a place were called for since the last `record` with a file, as same does:
// record web deeds. The place "." is this machine, where several things are done at a time: its lines are sorted.
func record(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: record HOST|. file")
	}
	path := placeOf(ts, args[0]).Record()
	got, err := os.ReadFile(path)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		ts.Check(err)
	}
	lines := slices.Collect(strings.Lines(string(got)))
	if args[0] == "." {
		slices.Sort(lines)
	}
	compare(ts, strings.Join(lines, ""), args[1])
	ts.Check(os.RemoveAll(path))
}

// runName finds the directory of a run's sockets.
var runName = regexp.MustCompile(`(/tmp/nixhop-)[0-9]+-[a-z0-9]{8}\b`)

// How long a host has taken: where it is said that it went no further, and in the last column of the table of a run.
var (
	tookLine  = regexp.MustCompile(`(?m)^(INFO nixhop: .* after )(?:[0-9]+m)?[0-9]+s(,|$)`)
	tookTable = regexp.MustCompile(`(?m)^HOST +.*SECONDS\n(?:.* [0-9]+\n)+`)
	madeAt    = regexp.MustCompile(`[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2}`)
	toldAt    = regexp.MustCompile(`"(activated|booted_at)":"[^"]*"`)
	tookRow   = regexp.MustCompile(`(?m) [0-9]+$`)
)

// withoutTimes is a text that comes out the same on a machine that is busy.
func withoutTimes(text string) string {
	text = toldAt.ReplaceAllString(text, `"$1":"TIME"`)
	text = madeAt.ReplaceAllString(tookLine.ReplaceAllString(text, "${1}TIME${2}"), "YYYY-MM-DD HH:MM:SS")
	return tookTable.ReplaceAllStringFunc(text, func(table string) string { return tookRow.ReplaceAllString(table, " N") })
}

// compare wants what a file of the script holds; with -rewrite it becomes what the file holds.
func compare(ts *testscript.TestScript, got, file string) {
	got = strings.ReplaceAll(got, ts.Getenv("WORK"), "$WORK")
	got = withoutTimes(runName.ReplaceAllString(got, "${1}RUN"))
	want := ts.ReadFile(file)
	switch {
	case got == want:
	case *rewrite:
		ts.Check(rewriteScript(filepath.Join("testdata", "script", ts.Name()+".txtar"), file, got))
	default:
		ts.Fatalf("got:\n%swanted:\n%s", got, want)
	}
}

var rewrite = flag.Bool("rewrite", false, "have the scripts expect what there is")

// rewriteScript replaces a file in a script.
func rewriteScript(path, file, text string) error {
	script, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	head := "\n-- " + file + " --\n"
	before, after, found := strings.Cut(string(script), head)
	if !found {
		return fmt.Errorf("%s has no file %s", path, file)
	}
	if at := strings.Index("\n"+after, "\n-- "); at >= 0 {
		after = after[at:]
	} else {
		after = ""
	}
	return os.WriteFile(path, []byte(before+head+text+after), 0o644)
}
