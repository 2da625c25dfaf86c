package evaluation

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"nixhop/nixexec"
	"nixhop/rebuild/source"
)

// looked is a flake in a git tree, and a real nix that says to a log, too, what it says.
type looked struct {
	t   *testing.T
	dir string
	log string
}

// lookedAt makes a flake of two configurations, of which each says by a trace that its system, or its host name, is
// evaluated.
func lookedAt(t *testing.T) *looked {
	t.Helper()
	real, err := exec.LookPath("nix")
	if err != nil {
		t.Skip("Nix is not installed")
	}
	home := t.TempDir()
	f := &looked{t, filepath.Join(home, "flake"), filepath.Join(home, "log")}
	bin := filepath.Join(home, "bin")
	for _, dir := range []string{f.dir, bin} {
		if err := os.Mkdir(dir, 0o700); err != nil {
			t.Fatal(err)
		}
	}
	script := "#!/bin/bash\nset -o pipefail\n{ " + nixexec.Quote(real) + ` "$@" 2>&1 1>&3 | tee -a ` + nixexec.Quote(f.log) + " >&2; } 3>&1\n"
	if err := os.WriteFile(filepath.Join(bin, "nix"), []byte(script), 0o755); err != nil {
		t.Fatal(err)
	}
	for name, value := range map[string]string{
		"PATH": bin + ":" + os.Getenv("PATH"), "HOME": home, "XDG_CACHE_HOME": filepath.Join(home, "cache"),
		"NIX_REMOTE": filepath.Join(home, "root"), "NIX_CONF_DIR": home, "NIX_USER_CONF_FILES": "",
		"NIX_CONFIG": "build-users-group =\nsubstituters =\nsandbox = false",
	} {
		t.Setenv(name, value)
	}
	t.Chdir(f.dir)
	f.git("init", "-q")
	f.write("")
	f.commit()
	return f
}

// write writes the flake, with something more in its configurations.
func (f *looked) write(more string) {
	f.t.Helper()
	text := `{ ` + "outputs = _: { nixosConfigurations = builtins.mapAttrs (name: version: {" + `
config.networking.hostName = builtins.trace "looks at ${name}" "${name}-host";
config.nixpkgs.hostPlatform.system = "x86_64-linux";
config.system.build.toplevel = builtins.trace "evaluates ${name}"
  (derivation { name = "nixos-system-${name}-${version}"; builder = "/bin/sh"; system = "x86_64-linux"; });
` + "}) (import ./versions.nix); }; }\n"
	f.file("flake.nix", text)
	f.file("versions.nix", `{ web = "1"; db = "1"; `+more+" }\n")
}

func (f *looked) file(name, text string) {
	f.t.Helper()
	if err := os.WriteFile(filepath.Join(f.dir, name), []byte(text), 0o600); err != nil {
		f.t.Fatal(err)
	}
}

func (f *looked) git(words ...string) {
	f.t.Helper()
	cmd := exec.Command("git", append([]string{"-C", f.dir, "-c", "user.name=me", "-c", "user.email=me@example.org"}, words...)...)
	if out, err := cmd.CombinedOutput(); err != nil {
		f.t.Fatalf("git %q: %v\n%s", words, err, out)
	}
}

func (f *looked) commit() {
	f.t.Helper()
	f.git("add", "-A")
	f.git("commit", "-qm", "x")
}

// said are how often a text was said since the last call.
func (f *looked) said(texts ...string) []int {
	f.t.Helper()
	log, err := os.ReadFile(f.log)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		f.t.Fatal(err)
	}
	_ = os.Remove(f.log)
	counts := make([]int, len(texts))
	for i, text := range texts {
		counts[i] = strings.Count(string(log), text)
	}
	return counts
}

// keep is what a run has that begins now.
func (f *looked) keep(line string) (Evaluator, source.Wanted) {
	f.t.Helper()
	r := parse(f.t, line)
	s := source.FindSource(r, f.dir, nixexec.Exists, nixexec.Realpath)
	v := evaluator(room(2))
	v.Again = func() {}
	v.Kept = Keep(bounded(f.t), s, r, f.dir, os.Getenv)
	return v, source.Wanted{Source: s, Configuration: "web", Request: r}
}

// answer is what a run makes of the configuration web.
func (f *looked) answer(line string, reach Reach) (source.Facts, string, error) {
	f.t.Helper()
	ctx := bounded(f.t)
	v, w := f.keep(line)
	q := Ask(w, reach, nil)
	if reach != ToDerivation {
		e, known, err := v.Facts(ctx, nil, q, newScreen().show)
		if e == nil || err != nil {
			return known, "", err
		}
		derivation, _, err := v.Derivation(ctx, e, q, newScreen().show)
		return known, derivation, err
	}
	e, known, err := v.Told(ctx, nil, q, newScreen().show)
	if err != nil {
		return known, "", err
	}
	derivation, _, err := v.Derivation(ctx, e, q, newScreen().show)
	return known, derivation, err
}

// good fails where that is not what the flake says.
func (f *looked) good(known source.Facts, derivation, name string, err error) {
	f.t.Helper()
	want := source.Facts{HostName: "web-host", System: "x86_64-linux", BuildSystem: "x86_64-linux"}
	known.Refused, known.Files = nil, nil
	if err != nil || known.HostName != want.HostName || known.System != want.System || known.BuildSystem != want.BuildSystem {
		f.t.Errorf("%+v, %v", known, err)
	}
	if name == "" && derivation != "" || name != "" && !strings.HasSuffix(derivation, "-nixos-system-"+name+".drv") {
		f.t.Errorf("derivation %q, want that of %q", derivation, name)
	}
}

// counted fails where web was not evaluated and looked at so often.
func (f *looked) counted(what string, evaluated, looked int) {
	f.t.Helper()
	if got := f.said("trace: evaluates web", "trace: looks at web"); got[0] != evaluated || got[1] != looked {
		f.t.Errorf("%s: %d evaluations and %d looks, want %d and %d", what, got[0], got[1], evaluated, looked)
	}
}

// A clean flake is evaluated once, and its facts are looked up once, in however many runs, until it changes.
func TestEvaluatedOnce(t *testing.T) {
	for _, reach := range []Reach{ToDerivation, ToCache} {
		f := lookedAt(t)
		known, derivation, err := f.answer("switch web", reach)
		f.good(known, derivation, "web-1", err)
		f.counted("the first run", 1, 1)
		for range 2 {
			known, derivation, err = f.answer("switch web", reach)
			f.good(known, derivation, "web-1", err)
			f.counted("another run", 0, 0)
		}
		known, derivation, err = f.answer("check web", ToFacts)
		f.good(known, derivation, "", err)
		f.counted("a look at the facts alone", 0, 0)

		f.git("mv", "versions.nix", "other.nix")
		f.git("mv", "other.nix", "versions.nix")
		f.file("untracked", "")
		f.file("versions.nix", `{ web = "2"; db = "1"; }`)
		f.commit()
		known, derivation, err = f.answer("switch web", reach)
		f.good(known, derivation, "web-2", err)
		f.counted("after a change", 1, 1)

		// A commit that changes another host: Nix's cache is one of a whole flake. The facts are kept.
		f.file("versions.nix", `{ web = "2"; db = "2"; }`)
		f.commit()
		known, derivation, err = f.answer("switch web", reach)
		f.good(known, derivation, "web-2", err)
		if got := f.said("trace: evaluates web"); got[0] != 1 {
			t.Errorf("after a change of another host: %d evaluations", got[0])
		}

		// A cache is deleted at any time, each of the two. What nixhop itself needs is in its own.
		if err := os.RemoveAll(filepath.Join(os.Getenv("XDG_CACHE_HOME"), "nix")); err != nil {
			t.Fatal(err)
		}
		known, derivation, err = f.answer("switch web", reach)
		f.good(known, derivation, "web-2", err)
		f.counted("without Nix's cache", map[Reach]int{ToCache: 1}[reach], 0)
		if err := os.RemoveAll(filepath.Join(os.Getenv("XDG_CACHE_HOME"), "nixhop")); err != nil {
			t.Fatal(err)
		}
		known, derivation, err = f.answer("switch web", reach)
		f.good(known, derivation, "web-2", err)
		if got := f.said("trace: evaluates web"); got[0] != map[Reach]int{ToDerivation: 1}[reach] {
			t.Errorf("without a cache of nixhop's: %d evaluations", got[0])
		}

		// So is the derivation.
		cmd := exec.Command("nix-store", "--delete", derivation)
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		known, derivation, err = f.answer("switch web", reach)
		f.good(known, derivation, "web-2", err)
		f.counted("without the derivation", 1, 0)
		path, valid := makes(bounded(t), derivation)
		if !valid {
			t.Error("it is not made anew")
		}
		want := exec.Command("nix-store", "--query", "--outputs", derivation)
		if out, err := want.Output(); err != nil || path == "" || path+"\n" != string(out) {
			t.Errorf("it makes %q, and Nix says %q (%v)", path, out, err)
		}
		if path, valid := makes(bounded(t), derivation[:len(derivation)-4]+"-none.drv"); valid || path != "" {
			t.Errorf("a derivation that is not there makes %q", path)
		}
	}
}

// Facts alone are looked up once, too, unless the flake sets something for Nix, by which they may depend on more.
func TestFactsAlone(t *testing.T) {
	f := lookedAt(t)
	for _, want := range []int{1, 0} {
		known, derivation, err := f.answer("switch web --build-host target", ToFacts)
		f.good(known, derivation, "", err)
		f.counted("facts alone", 0, want)
	}
	for _, want := range []int{1, 0} {
		known, derivation, err := f.answer("switch web", ToDerivation)
		f.good(known, derivation, "web-1", err)
		f.counted("the derivation behind them", want, 0)
	}
	text, err := os.ReadFile(filepath.Join(f.dir, "flake.nix"))
	f.must(err)
	f.file("flake.nix", strings.Replace(string(text), "{ ", `{ nixConfig.pure-eval = false; `, 1))
	f.commit()
	for range 2 {
		known, derivation, err := f.answer("switch web", ToFacts)
		f.good(known, derivation, "", err)
		f.counted("facts that depend on more", 0, 1)
	}
}

// Where Nix has nothing that stays the same, one evaluation tells the facts on its way, each time, and nothing is kept.
func TestEvaluatedAnew(t *testing.T) {
	for _, c := range []struct {
		name, line string
		make       func(*looked)
	}{
		{"a dirty tree", "switch web", func(f *looked) { f.write(`more = "1";`) }},
		{"a path", "switch web --flake path:.", func(*looked) {}},
		{"no tree", "switch web", func(f *looked) { f.must(os.RemoveAll(filepath.Join(f.dir, ".git"))) }},
		{"impure", "switch web --impure", func(*looked) {}},
		{"an option", "switch web --option cores 1", func(*looked) {}},
		{"no lock file", "switch web --no-write-lock-file", func(f *looked) {
			f.must(os.Mkdir(filepath.Join(f.dir, "part"), 0o700))
			f.file("part/flake.nix", "{ outputs = _: { }; }")
			text, err := os.ReadFile(filepath.Join(f.dir, "flake.nix"))
			f.must(err)
			f.file("flake.nix", strings.Replace(string(text), "{ ", `{ inputs.part.url = "path:`+f.dir+`/part"; `, 1))
			f.commit()
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := lookedAt(t)
			c.make(f)
			for range 2 {
				known, derivation, err := f.answer(c.line, ToDerivation)
				f.good(known, derivation, "web-1", err)
				f.counted("to the derivation", 1, 1)
				known, derivation, err = f.answer(c.line, ToCache)
				f.good(known, derivation, "", err)
				f.counted("to the facts", 0, 1)
			}
			if entries, _ := os.ReadDir(filepath.Join(os.Getenv("XDG_CACHE_HOME"), "nixhop")); len(entries) != 0 {
				t.Errorf("%d entries are kept", len(entries))
			}
		})
	}
}

func (f *looked) must(err error) {
	f.t.Helper()
	if err != nil {
		f.t.Fatal(err)
	}
}

// A cache that cannot be used is none, and a wrong one is not believed.
func TestEvaluatedWithoutCache(t *testing.T) {
	for _, c := range []struct {
		name string
		make func(f *looked, dir string)
	}{
		{"a file in its place", func(f *looked, dir string) { f.must(os.WriteFile(dir, nil, 0o600)) }},
		{"a link in its place", func(f *looked, dir string) { f.must(os.Symlink("/tmp", dir)) }},
		{"no home", func(f *looked, _ string) {
			f.t.Setenv("HOME", "")
			f.t.Setenv("XDG_CACHE_HOME", "")
			f.t.Setenv("NIX_CONFIG", os.Getenv("NIX_CONFIG")+"\neval-cache = false")
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := lookedAt(t)
			f.must(os.MkdirAll(os.Getenv("XDG_CACHE_HOME"), 0o700))
			c.make(f, filepath.Join(os.Getenv("XDG_CACHE_HOME"), "nixhop"))
			for range 2 {
				for _, reach := range []Reach{ToDerivation, ToCache} {
					known, derivation, err := f.answer("switch web", reach)
					f.good(known, derivation, "web-1", err)
				}
			}
		})
	}
	// Entries of garbage, and facts of another configuration's derivation.
	f := lookedAt(t)
	known, derivation, err := f.answer("switch web", ToDerivation)
	f.good(known, derivation, "web-1", err)
	dir := filepath.Join(os.Getenv("XDG_CACHE_HOME"), "nixhop")
	entries, err := os.ReadDir(dir)
	f.must(err)
	if len(entries) < 2 {
		t.Errorf("%d entries are kept", len(entries))
	}
	for _, e := range entries {
		f.must(os.WriteFile(filepath.Join(dir, e.Name()), []byte(`{"key":"facts","value":"{\"hostName\":\"db\"}"}`), 0o600))
	}
	known, derivation, err = f.answer("switch web", ToDerivation)
	f.good(known, derivation, "web-1", err)
}

// What is wrong with a configuration is said in every run, whether it is found behind the facts or before them.
func TestEvaluationErrorsAreHeard(t *testing.T) {
	for _, where := range []string{"behind the facts", "before them"} {
		t.Run(where, func(t *testing.T) {
			f := lookedAt(t)
			text, err := os.ReadFile(filepath.Join(f.dir, "flake.nix"))
			f.must(err)
			broken := strings.Replace(string(text), `"nixos-system-`, `throw "no system" + "nixos-system-`, 1)
			if where == "before them" {
				broken = strings.Replace(broken, "(name: version: {", `(name: version: throw "no system" {`, 1)
			}
			f.file("flake.nix", broken)
			f.commit()
			for range 2 {
				for _, reach := range []Reach{ToDerivation, ToCache} {
					_, _, err := f.answer("switch web", reach)
					var exit *nixexec.ExitError
					var wrong *source.EvaluationError
					said := ""
					if errors.As(err, &exit) {
						said = exit.Stderr
					}
					if errors.As(err, &wrong) {
						said = wrong.Stderr
					}
					if !strings.Contains(said, "error: no system") {
						t.Errorf("reach %d: %v", reach, err)
					}
				}
			}
		})
	}
}

// Where Nix's cache knows only that something has failed, Nix is asked what is wrong.
func TestCachedFailures(t *testing.T) {
	for _, said := range []string{
		"error: cached failure of attribute 'nixosConfigurations.web.config'",
		"error: 'nixosConfigurations.web' is not an attribute set",
		"error: flake 'git+file:///f' does not provide attribute 'nixosConfigurations.web.config'",
	} {
		f := lookedAt(t)
		installNix(t, `case "$*" in
*" flake metadata "*) echo '`+lockedBy28+`' ;;
*" path-info "*" --no-eval-cache") echo "error: no system" >&2; exit 1 ;;
*" path-info "*) echo "`+said+`" >&2; exit 1 ;;
*) echo "error: too early" >&2; exit 1 ;;
esac`)
		v, w := f.keep("switch web")
		s := newScreen()
		e, _, err := v.Told(bounded(t), nil, Ask(w, ToDerivation, nil), s.show)
		var exit *nixexec.ExitError
		if !errors.As(err, &exit) || exit.Stderr != "error: no system\n" {
			t.Errorf("%s: %v", said, err)
		}
		if heard := string(e.Heard()); heard != "error: no system\n" || s.shown() != heard {
			t.Errorf("%s: heard %q, shown %q", said, heard, s.shown())
		}
	}
}

// Settings that the user has not let the flake make are known to be such as soon as the facts are there, wherever these
// come from.
func TestSettingsAreHeardWithTheFacts(t *testing.T) {
	f := lookedAt(t)
	text, err := os.ReadFile(filepath.Join(f.dir, "flake.nix"))
	f.must(err)
	f.file("flake.nix", strings.Replace(string(text), "{ ", `{ nixConfig.cores = 3; `, 1))
	f.commit()
	for range 2 {
		v, w := f.keep("switch web")
		e, _, err := v.Told(bounded(t), nil, Ask(w, ToDerivation, nil), newScreen().show)
		f.must(err)
		if set := source.Accepted([]source.Setting{{Name: "cores", Value: "3"}}, e.Heard()); len(set) != 0 {
			t.Errorf("%+v count as accepted", set)
		}
		_, err = e.Wait()
		f.must(err)
	}
}

// An evaluation is ended with the look beside it.
func TestEndedTogether(t *testing.T) {
	f := lookedAt(t)
	v, w := f.keep("switch web")
	v.Turns = room(0) // there is no room for either
	e := v.Begin(bounded(t), Ask(w, ToDerivation, nil), newScreen().show)
	e.Drop(context.Canceled)
	if _, err := e.Wait(); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	f.counted("ended", 0, 0)
}

// The names of a clean flake are looked up once, and those of another as often as they are wanted.
func TestNamesAreKept(t *testing.T) {
	f := lookedAt(t)
	store := t.TempDir() // where the stand-in's flake lies
	f.must(os.WriteFile(filepath.Join(store, "flake.nix"), []byte("{ }"), 0o600))
	installNix(t, `case "$*" in
*" flake metadata "*) sed s:/nix/store/0y17-source:`+store+`: "$TOLD" ;;
*) echo names >>"$ASKED"; echo '["db","web"]' ;;
esac`)
	t.Setenv("ASKED", filepath.Join(store, "asked"))
	told := filepath.Join(store, "told")
	t.Setenv("TOLD", told)
	names := func(line string) {
		t.Helper()
		v, w := f.keep(line)
		got, err := v.Kept.Names(bounded(t), w.Source, w.Request)
		if err != nil || !slices.Equal(got, []string{"db", "web"}) {
			t.Errorf("%q, %v", got, err)
		}
	}
	asked := func(what string, want int) {
		t.Helper()
		text, _ := os.ReadFile(filepath.Join(store, "asked"))
		_ = os.Remove(filepath.Join(store, "asked"))
		if got := strings.Count(string(text), "names"); got != want {
			t.Errorf("%s: asked %d times, not %d", what, got, want)
		}
	}
	f.must(os.WriteFile(told, []byte(lockedBy28), 0o600))
	for range 3 {
		names("switch web")
	}
	asked("a clean flake", 1)
	names("switch web --impure")
	asked("impure", 1)
	f.must(os.WriteFile(told, []byte(strings.ReplaceAll(lockedBy28, "c562", "dddd")), 0o600))
	names("switch web")
	asked("another commit", 1)
	f.must(os.WriteFile(filepath.Join(store, "flake.nix"), []byte("{ nixConfig.pure-eval = false; }"), 0o600))
	names("switch web")
	names("switch web")
	asked("a flake that sets something for Nix", 2)
	f.file("versions.nix", "{ }")
	names("switch web")
	names("switch web")
	asked("a dirty tree", 2)
}
