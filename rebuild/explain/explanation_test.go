package explain

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode"

	"nixhop/rebuild/report"
)

var update = flag.Bool("update", false, "write the golden files anew")

// sample is one file of testdata/output: what a child printed, and the situation it is explained in.
type sample struct {
	name      string // the file's, without .txt
	id        string // of the row that must explain it first; empty for none-*.txt
	output    []byte
	situation Situation
}

// readSamples reads testdata/output. The first line of a file names its source, the second one may change the
// situation; what follows is output, byte by byte.
func readSamples(t testing.TB) []sample {
	t.Helper()
	files, err := filepath.Glob("../../testdata/output/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatalf("no samples: %v", err)
	}
	samples := make([]sample, len(files))
	for i, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		name := strings.TrimSuffix(filepath.Base(file), ".txt")
		src, output, _ := bytes.Cut(text, []byte("\n"))
		if !bytes.HasPrefix(src, []byte("# source: ")) {
			t.Errorf("%s does not begin with its source", file)
		}
		s := Situation{
			Alias: "aquamarine", User: "deploy", Configuration: "my-nixos", Flake: ".", Action: "switch",
			Phase: report.PhaseAny,
		}
		if line, rest, found := bytes.Cut(output, []byte("\n")); found && bytes.HasPrefix(line, []byte("# situation: ")) {
			setSituation(t, &s, strings.TrimPrefix(string(line), "# situation: "))
			output = rest
		}
		samples[i] = sample{name, rowOf(name), output, s}
	}
	return samples
}

// rowOf is the row that a sample is named after.
func rowOf(name string) string {
	id := ""
	for _, row := range table() {
		if strings.HasPrefix(name, row.id+"-") && len(row.id) > len(id) {
			id = row.id
		}
	}
	return id
}

func setSituation(t testing.TB, s *Situation, words string) {
	t.Helper()
	for word := range strings.FieldsSeq(words) {
		key, value, _ := strings.Cut(word, "=")
		switch key {
		case "alias":
			s.Alias = value
		case "phase":
			s.Phase = report.Phase(value)
		case "build-host":
			s.BuildHost = value
		case "flake":
			s.Flake = value
		case "sudo-user":
			s.SudoUser = value
		case "sudo-works":
			s.SudoWorks = value == "true"
		case "port":
			s.Port, _ = strconv.Atoi(value)
		case "local":
			file := strings.ReplaceAll(value, `\x20`, " ")
			s.Local = func(path string) bool { return path == file }
		case "submodule":
			s.Submodule = func(string) string { return value }
		default:
			t.Fatalf("unknown situation %q", word)
		}
	}
}

// render is how an explanation stands in a golden file.
func render(explanations []Explanation, s Situation) string {
	var b strings.Builder
	for i, e := range explanations {
		if i > 0 {
			b.WriteString("\n")
		}
		fmt.Fprintf(&b, "%s: %s\n", e.ID, e.Meaning)
		for _, line := range call(s).Lines(e.Remedy) {
			fmt.Fprintf(&b, "    %s\n", line)
		}
		if e.Status != 0 {
			fmt.Fprintf(&b, "  status %d\n", e.Status)
		}
	}
	return b.String()
}

// call is how nixhop was called in a situation, without flags.
func call(s Situation) report.Call {
	return report.Call{Action: s.Action, Word: s.Alias, Host: s.Alias}
}

func TestExplainSamples(t *testing.T) {
	for _, s := range readSamples(t) {
		t.Run(s.name, func(t *testing.T) {
			got := Explain(s.output, s.situation)
			switch {
			case strings.HasPrefix(s.name, "none-"):
				if len(got) > 0 {
					t.Fatalf("explained as\n%swant nothing", render(got, s.situation))
				}
				return
			case s.id == "":
				t.Fatal("named after no row")
			case len(got) == 0:
				t.Fatalf("not explained, want %s", s.id)
			case got[0].ID != s.id:
				t.Errorf("explained first as %s, want %s", got[0].ID, s.id)
			}
			for _, e := range got {
				checkStyle(t, e, s.situation)
			}
			golden := filepath.Join("../../testdata/output", s.name+".golden")
			if *update {
				if err := os.WriteFile(golden, []byte(render(got, s.situation)), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if render(got, s.situation) != string(want) {
				t.Errorf("got\n%s\nwant\n%s", render(got, s.situation), want)
			}
		})
	}
}

// checkStyle checks what every explanation keeps to.
func checkStyle(t *testing.T, e Explanation, s Situation) {
	t.Helper()
	if strings.HasSuffix(e.Meaning, ".") || strings.ContainsAny(e.Meaning, "\n\r\x1b") {
		t.Errorf("%s: not one line without a full stop: %q", e.ID, e.Meaning)
	}
	for _, line := range call(s).Lines(e.Remedy) {
		if line == "" || line != strings.TrimRight(line, " ") {
			t.Errorf("%s: remedy line %q", e.ID, line)
		}
	}
}

func TestExplanationTable(t *testing.T) {
	samples := readSamples(t)
	ids := map[string]bool{}
	for _, row := range table() {
		if ids[row.id] {
			t.Errorf("%s stands in the table twice", row.id)
		}
		ids[row.id] = true
	}
	for _, row := range table() {
		pattern, err := regexp.Compile(row.pattern)
		if err != nil {
			t.Errorf("%s: %v", row.id, err)
			continue
		}
		for _, id := range row.implies {
			if !ids[id] {
				t.Errorf("%s implies %s, which is no row", row.id, id)
			}
		}
		for _, needle := range row.needles {
			if len(needle) < 2 {
				t.Errorf("%s: needle %q is too short", row.id, needle)
			}
		}
		matched := 0
		for _, s := range samples {
			if s.id != row.id {
				continue
			}
			lines := newTranscript(s.output).lines
			if !slices.ContainsFunc(lines, pattern.MatchString) {
				t.Errorf("%s: no line of %s matches", row.id, s.name)
			}
			for _, line := range lines {
				if pattern.MatchString(line) && !row.mentions(line) {
					t.Errorf("%s: %q matches, but holds none of the needles", row.id, line)
				}
			}
			matched++
		}
		if matched == 0 {
			t.Errorf("%s has no sample", row.id)
		}
	}
}

func TestExplainPhases(t *testing.T) {
	units := []byte("warning: the following units failed: a.service\n")
	lost := []byte("client_loop: send disconnect: Broken pipe\r\n")
	for _, tt := range []struct {
		output []byte
		phase  report.Phase
		want   string
	}{
		{units, report.PhaseActivate, "units"},
		{units, report.PhaseAny, "units"},
		{units, "", "units"},
		{units, report.PhaseBuild, ""},
		{lost, report.PhaseBuild, "ssh-lost"},
		{lost, report.PhaseActivate, "ssh-lost"},
		{lost, report.PhaseEvaluate, ""},
	} {
		got := ""
		for _, e := range Explain(tt.output, Situation{Alias: "h", Phase: tt.phase}) {
			got += e.ID
		}
		if got != tt.want {
			t.Errorf("in phase %q %q is explained as %q, want %q", tt.phase, tt.output, got, tt.want)
		}
	}
}

// A captured text goes into commands that are pasted: it must stay one word, in both shells of a remote command.
func TestExplainQuotes(t *testing.T) {
	for _, tt := range []struct {
		output    string
		situation Situation
		want      string
	}{
		{"fatal: detected dubious ownership in repository at '/tmp/$(id);x'\n", Situation{},
			"sudo chown -R \"$(id -un)\" '/tmp/$(id);x'"},
		{"error: builder for '/nix/store/a-b;reboot.drv' failed with exit code 1;\n", Situation{Alias: "h", BuildHost: "b"},
			`ssh b 'nix log '\''/nix/store/a-b;reboot.drv'\'''`},
		{"deploy\"; x = ${y} is not in the sudoers file.\n", Situation{Alias: "h"},
			`users.users."\${y}".extraGroups = [ "wheel" ];`},
		{"warning: the following units failed: a;reboot.service, b.service\n", Situation{Alias: "h"},
			"ssh h 'journalctl -u b.service -n 20 -o cat'"},
		{"error: Path 'a b;x' in the repository \"/home/a b\" is not tracked by Git.\n", Situation{Alias: "h"},
			"git -C '/home/a b' add -N -- ':/a b;x'"},
	} {
		got := Explain([]byte(tt.output), tt.situation)
		if len(got) == 0 || !slices.Contains(call(tt.situation).Lines(got[0].Remedy), tt.want) {
			t.Errorf("%q is explained as\n%swant the line %s", tt.output, render(got, tt.situation), tt.want)
		}
	}
}

func TestExplainStatus(t *testing.T) {
	const prefix = "Command 'ssh h -- systemd-run /nix/store/x/bin/switch-to-configuration switch' "
	for _, tt := range []struct {
		output string
		id     string
		status int
	}{
		{prefix + "returned non-zero exit status 4.", "exit-n", 4},
		{prefix + "returned non-zero exit status 1.", "", 0},
		{"warning: the following units failed: a.service\n" + prefix + "returned non-zero exit status 4.", "units", 4},
		{
			"subprocess.CalledProcessError: Command 'bootctl' returned non-zero exit status 1.\n" +
				prefix + "returned non-zero exit status 100.", "exit-n", 100,
		},
		{"Command 'nix build' died with <Signals.SIGKILL: 9>.", "oom", 137},
		{
			"Command 'x " + strings.Repeat("y", 1<<16) + "switch-to-configuration switch' returned non-zero exit status 4.",
			"exit-n", 4,
		},
	} {
		got := Explain([]byte(tt.output), Situation{Alias: "h"})
		id, status := "", 0
		if len(got) > 0 {
			id, status = got[0].ID, got[0].Status
		}
		if id != tt.id || status != tt.status {
			t.Errorf("%.90q is explained as %q, status %d, want %q, %d", tt.output, id, status, tt.id, tt.status)
		}
	}
}

// What counts may come after any amount of noise that looks like it.
func TestExplainAfterNoise(t *testing.T) {
	noise := strings.Repeat("Killed 3 of 4 jobs\nsh: 1: hostname: not found\nbuilder for 'x' waits\n", 5000)
	output := noise + "Killed\nbuilder for '/nix/store/a-b.drv' failed with exit code 1\n"
	got := Explain([]byte(output), Situation{Alias: "h"})
	if len(got) != 1 || got[0].ID != "oom" {
		t.Errorf("explained as\n%s", render(got, Situation{Alias: "h"}))
	}
}

func TestPlain(t *testing.T) {
	for in, want := range map[string]string{
		"a\tb":                                 "a b",
		"\x1b[31;1merror:\x1b[0m x":            "error: x",
		"\x1b]8;;http://x\x1b\\link\x1b]8;;\a": "link",
		"\x1b]0;title\aname":                   "name",
		"\x1bPq\x1b\\x\x1bc":                   "x",
		"a\x1b[":                               "a",
		"a\x1b":                                "a",
		"\u202egnp.exe\u0085\x9b31m\xff":       "gnp.exe31m",
		"smart \x93quotes\x94 \x9fall":         "smart quotes all",
		"käse":                                 "käse",
	} {
		if got := Plain([]byte(in)); got != want {
			t.Errorf("plain(%q) = %q, want %q", in, got, want)
		}
	}
}

func FuzzExplain(f *testing.F) {
	for _, s := range readSamples(f) {
		f.Add(s.output, "aquamarine", "deploy", string(s.situation.Phase))
	}
	f.Add([]byte("\x1b]0;x\x07Offending \x1b[31mkey in /x:1\r"), "a\x1b[2J", "\u202e", "activate")
	f.Fuzz(func(t *testing.T, output []byte, alias, user, phase string) {
		s := Situation{Alias: alias, User: user, Phase: report.Phase(phase), Local: func(string) bool { return true }}
		for _, e := range Explain(output, s) {
			texts := append([]string{e.ID, e.Meaning}, call(s).Lines(e.Remedy)...)
			for _, text := range texts {
				if i := strings.IndexFunc(text, func(r rune) bool { return !unicode.IsPrint(r) }); i >= 0 {
					t.Errorf("%s: %q holds what is not printable", e.ID, text)
				}
				if len(text) > 8*(captureBytes+len(alias)+len(user))+30*captureBytes {
					t.Errorf("%s: a text of %d bytes", e.ID, len(text))
				}
			}
		}
	})
}

// hostileOutputs are a megabyte each of what could be dear.
func hostileOutputs() map[string][]byte {
	const size = 1 << 20
	fill := func(text string) []byte { return []byte(strings.Repeat(text, size/len(text)+1)[:size]) }
	var needles strings.Builder
	for _, row := range table() {
		for _, needle := range row.needles {
			needles.WriteString(needle + " ")
		}
	}
	all := needles.String()
	return map[string][]byte{
		"zeros":      make([]byte, size),
		"one-line":   fill("error: sudo: "),
		"needles":    fill(all),
		"lines":      fill(strings.ReplaceAll(all, " ", "\n")),
		"mixed":      fill(all + "\n"),
		"escapes":    fill("\x1b[31m\x1b]0;x\x07é\x1b[\n"),
		"newlines":   fill("\r\n"),
		"sudo":       fill("sudo: sudo: sudo: a ssh: connect to host \n"),
		"not-a-text": fill("\xff\xc3\x28"),
	}
}

// BenchmarkExplain1MB shows that no megabyte of output takes more than a fraction of a second: once, after a failure.
func BenchmarkExplain1MB(b *testing.B) {
	for name, output := range hostileOutputs() {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(output)))
			for b.Loop() {
				Explain(output, Situation{Alias: "aquamarine", Phase: report.PhaseAny, Local: func(string) bool { return true }})
			}
		})
	}
}
