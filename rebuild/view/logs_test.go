package view

import (
	"bufio"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"nixhop/rebuild/report"
)

// keeping is a Console that keeps logs.
func keeping(t *testing.T, keep func() (*Logs, error)) (c *Console, shown func() string) {
	t.Helper()
	file, shown := paper(t)
	return &Console{Plain: plainTo(file, file), Keep: keep}, shown
}

// Each host has a log of its own with times, and there is an index of them; what lay there before is replaced, and what
// was put there to be followed is not.
func TestLogs(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "a", "logs")
	logs, err := OpenLogs(dir)
	if err != nil {
		t.Fatal(err)
	}
	victim := filepath.Join(dir, "victim")
	for name, err := range map[string]error{
		"a file": os.WriteFile(victim, []byte("precious"), 0o644),
		"a link": os.Symlink(victim, filepath.Join(dir, "web.log")),
	} {
		if err != nil {
			t.Fatal(name, err)
		}
	}
	c, shown := keeping(t, func() (*Logs, error) { return logs, nil })
	renderAll(t, c, script(`
		begun switch web ../db
		web started build
		web output \e[31mone\e[2J\ntw
		web output o
		web said built\ntwice
		web passed build done
		web started activate
		web passed activate done
		../db started build
		../db output oh\n
		../db passed build failed: it broke`))
	want := `2026-01-02T12:00:01.000Z -- build
2026-01-02T12:00:02.000Z one
2026-01-02T12:00:04.000Z nixhop: built
2026-01-02T12:00:04.000Z twice
2026-01-02T12:00:05.000Z two
2026-01-02T12:00:05.000Z -- build: done
2026-01-02T12:00:06.000Z -- activate
2026-01-02T12:00:07.000Z -- activate: done
`
	if got := read(t, dir, "web.log"); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	if got := read(t, dir, "victim"); got != "precious" {
		t.Errorf("what was linked to is %q", got)
	}
	index := "host\tfile\tresult\tphase\tseconds\nweb\tweb.log\tdone\tactivate\t6\n../db\t%2E.%2Fdb.log\tfailed (build)\tbuild\t2\n"
	if got := read(t, dir, indexFile); got != index {
		t.Errorf("index:\n%s", got)
	}
	if want := "nixhop: ../db: its whole output: " + filepath.Join(dir, "%2E.%2Fdb.log") + "\n"; !strings.Contains(shown(), want) {
		t.Errorf("%s does not say %s", shown(), want)
	}
}

func read(t *testing.T, path ...string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(path...))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// A directory that takes no logs is an error before anything is done.
func TestOpenLogsRefused(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := OpenLogs(file); err == nil {
		t.Error("a file was taken for a directory")
	}
}

// Of a run for which nobody has named a directory the logs of failed hosts stay, for nobody else to read, until the
// next one; and what a run has left that was killed goes.
func TestLastLogs(t *testing.T) {
	state := t.TempDir()
	last := filepath.Join(state, "nixhop", "last")
	keep := func() (*Logs, error) {
		return LastLogs(func(name string) string { return map[string]string{"XDG_STATE_HOME": state}[name] })
	}
	killed, err := keep()
	if err != nil {
		t.Fatal(err)
	}
	running, err := keep()
	if err != nil {
		t.Fatal(err)
	}
	killed.last.dir.Close()
	const run = `
		begun switch web db
		web started build
		web output fine\n
		web passed build done
		web passed activate done
		db started build
		db output broken\n
		db passed build %s`
	c, shown := keeping(t, keep)
	renderAll(t, c, script(fmt.Sprintf(run, "failed")))
	if got := read(t, last, "db.log"); !strings.Contains(got, " broken\n") {
		t.Errorf("the log is %q", got)
	}
	if _, err := os.Stat(filepath.Join(last, "web.log")); !os.IsNotExist(err) {
		t.Errorf("the log of a host that has not failed: %v", err)
	}
	if want := "nixhop: db: its whole output: " + filepath.Join(last, "db.log") + "\n"; !strings.Contains(shown(), want) {
		t.Errorf("%s does not say %s", shown(), want)
	}
	if info, err := os.Stat(last + "/."); err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("%v, %v", info.Mode(), err)
	}
	if _, err := os.Stat(killed.dir); !os.IsNotExist(err) {
		t.Errorf("what a killed run has left: %v", err)
	}
	if _, err := os.Stat(running.dir); err != nil {
		t.Errorf("what a run writes to that goes on: %v", err)
	}
	again, _ := keeping(t, keep)
	renderAll(t, again, script(fmt.Sprintf(run, "done")))
	if _, err := os.Stat(filepath.Join(last, "db.log")); !os.IsNotExist(err) {
		t.Errorf("the log of the run before: %v", err)
	}
	if dirs, _ := filepath.Glob(filepath.Join(state, "nixhop", runPrefix+"*")); len(dirs) != 2 {
		t.Errorf("directories: %q", dirs)
	}
}

// Where no log can be kept the run goes on, and that is said.
func TestLastLogsRefused(t *testing.T) {
	for _, env := range []map[string]string{{}, {"XDG_STATE_HOME": "relative"}, {"HOME": "/dev/null"}} {
		c, shown := keeping(t, func() (*Logs, error) { return LastLogs(func(name string) string { return env[name] }) })
		renderAll(t, c, script("begun switch web db\nweb started build\nweb passed build failed"))
		if !strings.Contains(shown(), "not all output of the hosts is kept") {
			t.Errorf("%v: %s", env, shown())
		}
	}
}

// floodLines is how many lines each of ten hosts prints at once. They are as many as come in a second where hosts
// print 100,000 a second.
const floodLines = 10_000

// Ten hosts that print as fast as they can at once lose no line, none is torn, their order is kept, and the memory that
// this takes does not grow with them.
func TestFlood(t *testing.T) {
	dir := t.TempDir()
	logs, err := OpenLogs(dir)
	if err != nil {
		t.Fatal(err)
	}
	c, _ := keeping(t, func() (*Logs, error) { return logs, nil })
	out, err := os.Create(filepath.Join(dir, "json"))
	if err != nil {
		t.Fatal(err)
	}
	defer out.Close()
	c.JSON = &JSON{Out: out}
	stream := report.NewStream(c.Render)
	say := report.Sink(stream.Say)
	var hosts []string
	for i := range 10 {
		hosts = append(hosts, fmt.Sprintf("web%d", i))
	}
	say(report.Event{Kind: report.Begun, Text: "switch", Phase: report.PhaseActivate, Hosts: hosts})
	var most uint64
	var wait sync.WaitGroup
	for _, host := range hosts {
		wait.Go(func() {
			say(report.Event{Host: host, Kind: report.Started, Phase: report.PhaseBuild})
			for n := range floodLines {
				line := fmt.Sprintf("%s prints line %d, which is about as long as lines of a build are\n", host, n)
				at := n % len(line)
				for _, piece := range []string{line[:at], line[at:]} { // as a pipe would tear it
					if piece != "" {
						say(report.Event{Host: host, Kind: report.Output, Text: piece})
					}
				}
			}
			say(report.Event{Host: host, Kind: report.Passed, Phase: report.PhaseBuild, Result: report.Failed})
		})
	}
	watched := make(chan struct{})
	go func() {
		defer close(watched)
		for range 20 {
			var m runtime.MemStats
			runtime.ReadMemStats(&m)
			most = max(most, m.HeapAlloc)
			time.Sleep(10 * time.Millisecond)
		}
	}()
	wait.Wait()
	<-watched
	var m runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&m)
	if err := stream.Close(); err != nil {
		t.Fatal(err)
	}
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	if most > 64<<20 || m.HeapAlloc > 32<<20 {
		t.Errorf("it took %d MiB, and keeps %d", most>>20, m.HeapAlloc>>20)
	}
	for _, host := range hosts {
		wholeLog(t, filepath.Join(dir, host+".log"), host)
	}
	counted := map[string]int{}
	eachLine(t, out.Name(), func(line string) {
		if match := floodJSON.FindStringSubmatch(line); match != nil {
			if want := fmt.Sprint(counted[match[1]]); match[2] != want {
				t.Fatalf("%s instead of line %s", line, want)
			}
			counted[match[1]]++
		}
	})
	for _, host := range hosts {
		if counted[host] != floodLines {
			t.Errorf("%s: %d events of lines", host, counted[host])
		}
	}
}

var floodJSON = regexp.MustCompile(`^\{"v":1,"time":"[^"]*","kind":"output","host":"(web\d)","text":"web\d prints line (\d+), which is about as long as lines of a build are"\}$`)

// wholeLog wants that a log has each line of the flood once, in order.
func wholeLog(t *testing.T, path, host string) {
	t.Helper()
	n := 0
	eachLine(t, path, func(line string) {
		_, text, _ := strings.Cut(line, " ")
		if strings.HasPrefix(text, "--") {
			return
		}
		if want := fmt.Sprintf("%s prints line %d, which is about as long as lines of a build are", host, n); text != want {
			t.Fatalf("%s: %q instead of %q", path, text, want)
		}
		n++
	})
	if n != floodLines {
		t.Errorf("%s has %d lines", path, n)
	}
}

func eachLine(t *testing.T, path string, do func(string)) {
	t.Helper()
	file, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	scanner := bufio.NewScanner(file)
	for scanner.Scan() {
		do(scanner.Text())
	}
	if err := scanner.Err(); err != nil {
		t.Error(err)
	}
}
