package report

import (
	"reflect"
	"strings"
	"testing"
)

func TestCheckTable(t *testing.T) {
	dirty := CheckFinding{
		Name: "git-dirty", Severity: "note", Host: "here", What: "the tree", Remedy: []string{"git commit"},
	}
	rows := []CheckRow{
		{Host: "aquamarine", Address: "root@192.168.100.101:2222", Configuration: "aquamarine", System: "Linux x86_64",
			NixOS: "25.11.20260101.0123456", Result: "ok"},
		{Host: "down", Result: "error", Findings: []CheckFinding{
			{Name: "host-unreachable", Severity: "error", What: "it is off", Why: "the plug",
				Remedy: []string{"ssh -v down", "ssh down"}},
			{Name: "clock", Severity: "warning", What: "who knows the time"},
		}},
		{Host: "mac", Address: "me@mac", System: "Darwin arm64", NixOS: "unknown", Result: "warning",
			Findings: []CheckFinding{
				{Name: "host-unreachable", Severity: "error", Host: "builder", What: "it is off"}, dirty,
			}},
		{Host: "web", Result: "note", Findings: []CheckFinding{dirty}},
	}
	want := `down: error: it is off [host-unreachable]
  the plug
    ssh -v down
    ssh down

down: warning: who knows the time [clock]

mac: error: builder: it is off [host-unreachable]

here: note: the tree [git-dirty]
    git commit

HOST        ADDRESS                    CONFIGURATION  RUNS          RESULT
aquamarine  root@192.168.100.101:2222  aquamarine     NixOS 25.11   ok
down        -                          -              -             error
mac         me@mac                     -              Darwin arm64  warning
web         -                          -              -             note
`
	got := CheckTable(rows, 0)
	if got != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
	for line := range strings.Lines(got) {
		if len(line) > 80 {
			t.Errorf("wider than 80 columns: %q", line)
		}
	}
	const broken = "down: error: it is off\n  [host-unreachable]\n  the plug\n    ssh -v down\n"
	if narrow := CheckTable(rows[1:2], 24); !strings.HasPrefix(narrow, broken) {
		t.Errorf("in 24 columns:\n%s", narrow)
	}
}

// The worst of the findings is the result of a host, and stands first; a finding about another machine names it.
func TestNewCheckRow(t *testing.T) {
	found := []Finding{
		{Name: "clock", Severity: Note, Host: "web", What: "a note"},
		{Name: "git-dirty", Severity: Warning, Host: Here, What: "a warning", Why: "so"},
		{Name: "agent", Severity: Note, Host: "big", What: "another note"},
		{Name: "no-root", Severity: Error, Host: "web", What: "an error", Remedy: []Remedy{Again("--sudo")}},
	}
	got := NewCheckRow("web=db", "web", found, Call{Word: "web=db", Host: "web"})
	want := CheckRow{Host: "web=db", Result: "error", Findings: []CheckFinding{
		{Name: "no-root", Severity: "error", What: "an error", Remedy: []string{"nixhop switch web=db --sudo"}},
		{Name: "git-dirty", Severity: "warning", Host: "here", What: "a warning", Why: "so"},
		{Name: "clock", Severity: "note", What: "a note"},
		{Name: "agent", Severity: "note", Host: "big", What: "another note"},
	}}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got\n%+v\nwant\n%+v", got, want)
	}
	if found[0].Name != "clock" {
		t.Errorf("the findings themselves were sorted: %+v", found)
	}
	wanted := &CheckError{Findings: []Finding{{Name: "no-root", Severity: Error, Host: "web=db", What: "an error"}}}
	if err := CheckResult([]CheckRow{got}); !reflect.DeepEqual(err, wanted) {
		t.Errorf("its errors are %+v", err)
	}
	none := NewCheckRow("web", "web", nil, Call{})
	if none.Result != "ok" || none.Findings == nil || CheckResult([]CheckRow{none}) != nil {
		t.Errorf("nothing was found: %+v", none)
	}
}

// One object a line, and in it what there is: a list of findings always.
func TestJSONLines(t *testing.T) {
	got, err := JSONLines([]CheckRow{NewCheckRow("web", "web", nil, Call{}), NewCheckRow("a<b>&\n", "", nil, Call{})})
	want := `{"host":"web","result":"ok","findings":[]}
{"host":"a<b>&\n","result":"ok","findings":[]}
`
	if err != nil || got != want {
		t.Errorf("%v\n%s", err, got)
	}
	if got, err := JSONLines([]HostRow(nil)); got != "" || err != nil {
		t.Errorf("no rows: %q, %v", got, err)
	}
	if _, err := JSONLines([]func(){nil}); err == nil {
		t.Error("a function was written as JSON")
	}
}

func TestHostTable(t *testing.T) {
	got := HostTable([]HostRow{
		{Alias: "web", Address: "root@web", Configuration: "n1", Inventory: "flake", Tags: []string{"a", "b"}, File: "/c", Line: 3},
		{Alias: "far", Address: "me@10.0.0.9:222", Via: "bastion", File: "/home/me/.ssh/config", Line: 12},
		{Alias: "bad", Address: "ignored", Error: "ssh refuses it", File: "/c", Line: 9},
	})
	want := `ALIAS  ADDRESS           VIA      CONFIGURATION  INVENTORY  TAGS  FILE
web    root@web          -        n1             flake      a,b   /c:3
far    me@10.0.0.9:222   bastion  -              -          -     /home/me/.ssh/config:12
bad    ! ssh refuses it  -        -              -          -     /c:9
`
	if got != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
}
