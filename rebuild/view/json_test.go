package view

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"

	"nixhop/rebuild/report"
)

// update writes the table in the README anew.
var update = flag.Bool("update", false, "write the table of the README anew")

// The README has the table of events as the code has it; -update writes it there.
func TestReadmeEvents(t *testing.T) {
	const readme, begin, end = "../../README.md", "<!-- events -->\n", "<!-- end of events -->"
	text, err := os.ReadFile(readme)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, found := strings.Cut(string(text), begin)
	table, after, found2 := strings.Cut(rest, end)
	if !found || !found2 {
		t.Fatalf("%s has no %q with %q behind it", readme, begin, end)
	}
	want := "\n" + JSONTable() + "\n"
	if table != want && *update {
		err = os.WriteFile(readme, []byte(before+begin+want+end+after), 0o644)
	} else if table != want {
		t.Errorf("%s has another table of events; write it anew: go test ./rebuild/view -run TestReadmeEvents -update\n%s", readme, want)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// everyEvent is a run in which there is an event of each kind, and a command with a secret in it.
func everyEvent() []report.Event {
	events := append(script(`
		begun switch web db
		web started build
		web output one\ntwo
		web said it goes on
		web passed build done
		web started activate
		web changed 4 5 25.05 25.11 yes
		web changed 0 0
		web printed /nix/store/x\n
		web passed activate done
		db started build
		db passed build failed: it broke`),
		report.Event{Kind: report.Preview, Hosts: []string{"web"}, Text: "what switch changes on web:\n", Time: noon}, finding("db", report.Error), finding("", report.Note))
	for _, kind := range []report.Kind{report.Paused, report.Resumed, report.Ran} {
		events = append(events, report.Event{Kind: kind, Host: "web", Text: "nix --option access-tokens github.com=hunter2", Time: noon})
	}
	return append(events, report.Event{Kind: report.Said, Level: 4, Text: "all", Time: noon}, report.Event{Kind: report.Printed, Text: "x", Time: noon})
}

// Each object has the fields that are documented for its kind, and no others; each kind and each field that is
// documented is there, and nothing that was given to a command in words.
func TestJSONAsDocumented(t *testing.T) {
	var out bytes.Buffer
	o, _ := paper(t)
	renderAll(t, &Console{Plain: plainTo(o, o), JSON: &JSON{Out: &out}}, everyEvent())
	if strings.Contains(out.String(), "hunter2") {
		t.Errorf("a secret: %s", out.String())
	}
	met := map[string]bool{}
	for line := range strings.Lines(out.String()) {
		var fields map[string]any
		if err := json.Unmarshal([]byte(line), &fields); err != nil {
			t.Fatalf("%q: %v", line, err)
		}
		kind, _ := fields["kind"].(string)
		at := slices.IndexFunc(Kinds(), func(k Kind) bool { return k.Name == kind })
		if at < 0 {
			t.Errorf("no such kind: %s", line)
			continue
		}
		documented := Kinds()[at]
		must := append([]string{"v", "time", "kind"}, documented.Fields...)
		for _, name := range must {
			if _, there := fields[name]; !there {
				t.Errorf("no %q in %s", name, line)
			}
		}
		for name := range fields {
			if !slices.Contains(append(must, documented.Sometimes...), name) {
				t.Errorf("%q is not documented: %s", name, line)
			}
			met[kind+" "+name] = true
		}
		if fields["v"] != 1.0 {
			t.Errorf("another version: %s", line)
		}
	}
	documented := map[string]bool{"v": true, "time": true, "kind": true}
	for _, k := range Kinds() {
		for _, name := range append(k.Fields, k.Sometimes...) {
			documented[name] = true
			if !met[k.Name+" "+name] && name != "log" {
				t.Errorf("%q of %q was never seen", name, k.Name)
			}
		}
	}
	for i := range reflect.TypeFor[object]().NumField() {
		name, _, _ := strings.Cut(reflect.TypeFor[object]().Field(i).Tag.Get("json"), ",")
		if !documented[name] {
			t.Errorf("%q is documented for no kind", name)
		}
	}
}

// With events in JSON nothing else is on standard output; a line that cannot be written there is an error.
func TestJSONAlone(t *testing.T) {
	out, printed := paper(t)
	file, err := os.Open(os.DevNull)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	c := &Console{Plain: plainTo(out, file), JSON: &JSON{Out: file}}
	if err := c.Render(report.Event{Kind: report.Printed, Text: "/nix/store/x\n"}); err == nil || printed() != "" {
		t.Errorf("%v, %q", err, printed())
	}
}
