package plan

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"nixhop/nixexec"
)

// longText finds a text that is written at the top of a script, under its name.
var longText = regexp.MustCompile(`(?ms)^# ([a-z]+\.[a-z]+)\ncat >(\S+) <<'EOF'\n(.*?)^EOF\n`)

// noInput is how a plan takes no standard input but a terminal's.
const noInput = "[ -t 0 ] || exec </dev/null # it may be the list of hosts of a loop around this\n"

// The long texts stand first, each under its name, and then the steps: a comment and one line each.
func TestScriptIsLegible(t *testing.T) {
	s := newStage(t, "/bin/sh")
	p := s.staged(t, "switch web", func(j *Job) { j.Build = s.machine("big", "") })
	text := p.Script()
	rest := longText.ReplaceAllString(text, "")
	var names []string
	for _, m := range longText.FindAllStringSubmatch(text, -1) {
		names = append(names, m[1])
		if m[2] != s.dir+"/"+m[1] {
			t.Errorf("%s goes to %s", m[1], m[2])
		}
		if strings.Count(text, m[3]) != 1 {
			t.Errorf("%s stands there more than once", m[1])
		}
	}
	if want := []string{"evaluate.nix", "realise.sh", "activate.sh"}; !slices.Equal(names, want) {
		t.Errorf("the texts are %q, want %q", names, want)
	}
	if at := strings.Index(text, "# connect to web\n"); at < 0 || longText.MatchString(text[at:]) {
		t.Errorf("a text stands behind the first command:\n%s", text)
	}
	_, commands, _ := strings.Cut(rest, "/alive\n")
	lines := strings.Split(strings.TrimSuffix(commands, ")\n"), "\n")
	want := []string{
		"# connect to web", "connection -f -N ", "# connect to big", "connection -f -N ", "export NIX_SSHOPTS='-F /c -o ",
		"# evaluate: the derivation of the system", "derivation=$(nix ",
		"# copy on big: the derivation", "nix ", "# build on big", "toplevel=$(session -- big ",
		"# copy on web", "nix ", "# activate on web", "outcome=$(session -- web ", "",
	}
	if !slices.EqualFunc(lines, want, strings.HasPrefix) {
		t.Errorf("the commands are\n%s\nwant lines with\n%s", commands, strings.Join(want, "\n"))
	}
}

// A function stands for what the calls of ssh have in common, where there is anything worth that.
func TestScriptFunctions(t *testing.T) {
	s := newStage(t, "/bin/sh")
	for _, test := range []struct {
		name   string
		change func(*Job)
		want   []string
	}{
		{"one", func(*Job) {},
			[]string{"connection() { ssh -F /c -o ControlPath=", "session() { connection -o ControlMaster=no "}},
		{"a directory each", func(j *Job) { j.Target, j.Build = s.machine("web", "0"), s.machine("big", "1") },
			[]string{`connection() { ssh -F /c "$@"; }`}},
		{"a directory each, and no config", func(j *Job) {
			j.Target, j.Build = s.machine("web", "0"), s.machine("big", "1")
			j.Target.Master.Config, j.Build.Master.Config = "", ""
		}, nil},
		{"no ssh", func(j *Job) { j.Target = nil; j.LocalElevate = []string{"sudo"} }, nil},
	} {
		var got []string
		text := s.staged(t, "switch web", test.change).Script()
		for line := range strings.Lines(longText.ReplaceAllString(text, "")) {
			if name, _, found := strings.Cut(line, "() { "); found && !strings.Contains(name, " ") {
				got = append(got, line)
			}
		}
		if !slices.EqualFunc(got, test.want, strings.HasPrefix) {
			t.Errorf("%s: got %q, want %q", test.name, got, test.want)
		}
	}
}

// Each directory of sockets is made, for nobody else, and what is not known stands at the top as comments.
func TestScriptHead(t *testing.T) {
	s := newStage(t, "/bin/sh")
	p := s.staged(t, "switch web", func(j *Job) { j.Target, j.Build = s.machine("web", "0"), s.machine("big", "1") })
	p.Unknown = []string{"nobody has looked\nrm -rf \x1b[2J/"}
	p.Files = []File{{s.dir + "/config", "Host web\n"}}
	text := p.Script()
	head := `# nobody has looked\nrm -rf \x1b[2J/` + "\n(\nset -eu\n" + noInput + "mkdir -m 700 " + s.dir + " " + s.dir + "/0 " + s.dir + "/1\n"
	if !strings.HasPrefix(text, head) {
		t.Errorf("got\n%s\nwant\n%s", text, head)
	}
	_, files, _ := strings.Cut(text, "\ntrap finish EXIT\n")
	if _, files, _ = strings.Cut(files, "/alive\n"); !strings.HasPrefix(files, "# config\ncat >"+s.dir+"/config <<'EOF'\nHost web\nEOF\n") {
		t.Errorf("what is opened is closed, and then the files are written: %s", text)
	}
	if status, said := s.play(t, text); status != 0 || said != "" {
		t.Errorf("status %d, %s", status, said)
	}
	nothing := Plan{Dir: s.dir, Steps: []Step{{Name: "build", Command: nixexec.Command{Argv: []string{"nix"}}}}}
	if text := nothing.Script(); text != "(\nset -eu\n"+noInput+"# build\nnix\n)\n" {
		t.Errorf("where no directory is needed: %s", text)
	}
	if _, err := os.Stat(s.dir); !os.IsNotExist(err) {
		t.Errorf("%s was left behind: %v", s.dir, err)
	}
}
