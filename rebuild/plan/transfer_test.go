package plan

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"nixhop/nixexec"
	"nixhop/rebuild/decision"
	"nixhop/rebuild/source"
)

// stream.sh asks once what there is and once what the other end lacks, and streams what a stream takes nothing from.
func TestStream(t *testing.T) {
	const told = `
welcome to big
/nix/store/a-here     10
/nix/store/b-signed   10	cache.nixos.org-1:abc=
/nix/store/c-plain    10
/nix/store/d-ours     10	ultimate
/nix/store/e-source   10	ca:fixed:r:sha256:abc
/nix/store/f-large    101
/nix/store/g-odd      ten
/nix/store/h;-bad     10
--option
/nix/store/z-top      10	ultimate
`
	const all = "/nix/store/a-here /nix/store/b-signed /nix/store/c-plain /nix/store/d-ours /nix/store/e-source /nix/store/f-large /nix/store/z-top"
	for _, test := range []struct {
		name, unsigned, lacks string
		want                  string
		fails                 bool
	}{
		{"nothing is missing", "", "", "lacks " + all + "\n", false},
		{"all is", "", "b-signed|c-plain|d-ours|e-source|f-large|z-top",
			"lacks " + all + "\ncopy /nix/store/b-signed /nix/store/e-source /nix/store/f-large\n" +
				"lacks /nix/store/c-plain /nix/store/d-ours /nix/store/z-top\nsend /nix/store/c-plain /nix/store/d-ours /nix/store/z-top\ntake\n", false},
		{"only what a stream takes", "", "c-plain|z-top", "lacks " + all + "\nsend /nix/store/c-plain /nix/store/z-top\ntake\n", false},
		{"a derivation", "yes", "b-signed|e-source|z-top",
			"lacks " + all + "\nsend /nix/store/b-signed /nix/store/e-source /nix/store/z-top\ntake\n", false},
		{"only what is signed", "", "b-signed", "lacks " + all + "\ncopy /nix/store/b-signed\n", false},
		{"the other end fails", "", "z-top", "lacks " + all + "\nsend /nix/store/z-top\nfails\n", true},
	} {
		t.Run(test.name, func(t *testing.T) {
			dir := t.TempDir()
			write := func(name, text string) {
				if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			write("told", told)
			take := "take() { cat >/dev/null; echo take >>log; }\n"
			if test.fails {
				take = "take() { cat >/dev/null; echo fails >>log; return 1; }\n"
			}
			script := nixexec.Assignments([2]string{"unsigned", test.unsigned}, [2]string{"most", "100"}) + `
told() { cat told; }
lacks() { text=$(cat); echo lacks $text >>log; printf '%s\n' "$text" | grep -E '/nix/store/(` + test.lacks + `)$' || :; }
copy() { echo copy "$@" >>log; }
send() { text=$(cat); echo send $text >>log; echo stream; }
` + take + streamScript
			cmd := exec.Command("/bin/sh", "-s", "--", "/nix/store/z-top")
			cmd.Dir, cmd.Stdin = dir, strings.NewReader(script)
			out, err := cmd.CombinedOutput()
			if (err != nil) != test.fails {
				t.Errorf("%v\n%s", err, out)
			}
			log, _ := os.ReadFile(filepath.Join(dir, "log"))
			if string(log) != test.want {
				t.Errorf("got\n%s\nwant\n%s%s", log, test.want, out)
			}
		})
	}
}

// The functions of a stream run where they should, with nothing left of what nixhop's script has on its standard input.
func TestStreamEnds(t *testing.T) {
	j := Job{Request: parse(t, "switch web"), SSHOpts: "-o A=b"}
	step := j.copyOf(decision.ToplevelWord, machineFor("big"), machineFor("web"), decision.Stream)
	for _, want := range []string{
		`-- big nix --extra-experimental-features ''\''nix-command flakes'\''' path-info --recursive --size --sigs "$1" </dev/null; }`,
		`-- big /bin/sh -c ''\''exec nix-store --export $(cat)'\''' ; }`,
		`-- web /bin/sh -c ''\''exec nix-store --check-validity --print-invalid $(cat)'\''' ; }`,
		`-- web nix-store --import ; }`,
		`copy() { nix --extra-experimental-features 'nix-command flakes' copy --from ssh://big --to ssh://web "$@" </dev/null; }`,
	} {
		if !strings.Contains(step.Command.Stdin, want) {
			t.Errorf("no %q in\n%s", want, step.Command.Stdin)
		}
	}
	if got := strings.Join(step.Else.Argv, " "); !strings.HasSuffix(got, "copy --from ssh://big --to ssh://web \x00toplevel") {
		t.Errorf("and else %q", got)
	}
	filled := step.Fill(Results{"toplevel": "/nix/store/t"})
	if last := filled.Else.Argv[len(filled.Else.Argv)-1]; last != "/nix/store/t" || filled.Command.Argv[3] != last {
		t.Errorf("filled with %q and %q", filled.Command.Argv, filled.Else.Argv)
	}
	here := j.copyOf(DerivationWord, nil, machineFor("web"), decision.Stream).Command.Stdin
	for _, want := range []string{"unsigned=yes\n", "--sigs --derivation \"$1\"", "send() { /bin/sh -c 'exec nix-store --export $(cat)'"} {
		if !strings.Contains(here, want) {
			t.Errorf("no %q in\n%s", want, here)
		}
	}
}

// Only what is known before a nixos-rebuild starts is brought there over a long way, and the plan goes on where that
// fails.
func TestAhead(t *testing.T) {
	web := machineFor("web")
	together := decision.Copies{Derivation: decision.Together, System: decision.Together}
	for _, test := range []struct {
		name string
		job  Job
		line string
		want string // of the script; empty: nothing is copied
	}{
		{"the target builds", Job{Target: web, Build: web, Far: true, Locked: true, Copies: together}, "switch web",
			"copy --derivation --to ssh-ng://web --no-check-sigs \"$derivation\" || :\n"},
		{"built here", Job{Target: web, Far: true, Locked: true, Copies: together}, "switch web", "/bin/sh -s -- \"$derivation\" <d/ahead.sh || :\n"},
		{"near by", Job{Target: web, Build: web, Locked: true, Copies: together}, "switch web", ""},
		{"nobody knows the derivation", Job{Target: web, Build: web, Far: true, Copies: together}, "switch web", ""},
		{"an old Nix", Job{Target: web, Build: web, Far: true, Locked: true}, "switch web", ""},
		{"nothing is evaluated", Job{Target: web, Far: true, Locked: true, Copies: together}, "switch web --rollback", ""},
		{"nothing is copied", Job{Far: true, Locked: true, Copies: together}, "switch", ""},
	} {
		job := test.job
		job.Dir, job.Source, job.Configuration, job.Request = "d", source.Source{Flake: "."}, "web", parse(t, test.line)
		job.Dialect = &decision.Dialect{Path: "nixos-rebuild"}
		p, err := Make(job)
		if err != nil {
			t.Fatal(err)
		}
		script := p.Script()
		if copies := strings.Contains(script, "copy"); copies != (test.want != "") || !strings.Contains(script, test.want) {
			t.Errorf("%s: want %q in\n%s", test.name, test.want, script)
		}
	}
}
