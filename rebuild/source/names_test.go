package source

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"nixhop/nixexec"
	"nixhop/rebuild/report"
)

// installNix makes a shell script the only nix there is.
func installNix(t *testing.T, script string) {
	t.Helper()
	bin := t.TempDir()
	if err := os.WriteFile(filepath.Join(bin, "nix"), []byte("#!/bin/sh\n"+script+"\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", bin+":/usr/bin:/bin")
}

// What nix says of a flake's configurations is the same whether it could ask on the terminal or not.
func TestNames(t *testing.T) {
	const broken = "echo 'error: undefined variable' >&2; exit 1"
	for _, c := range []struct {
		name, nix string
		want      []string
		err       string // of names that nix read in the background, which has heard it
	}{
		{"some", `printf '["b","a"]'`, []string{"b", "a"}, ""},
		{"none", "echo '[]'", []string{}, ""},
		{"not even the attribute", `echo "error: flake '.' does not provide attribute 'nixosConfigurations'" >&2; exit 1`,
			[]string{}, ""},
		{"a mistake", broken, nil, `flake "." cannot be evaluated; nothing was built` + "\nundefined variable"},
		{"nonsense", "echo a", nil, `reading the configurations of flake "."`},
		{"ended", "kill -9 $$", nil, "ended by signal killed"},
	} {
		t.Run(c.name, func(t *testing.T) {
			installNix(t, c.nix)
			got, err := Names(bounded(t), ".", parse(t, "switch web"))
			if c.err == "" && (err != nil || got == nil || !slices.Equal(got, c.want)) {
				t.Errorf("got %#v, %v; want %q", got, err, c.want)
			}
			if c.err != "" && (err == nil || !strings.Contains(err.Error(), c.err) || got != nil) {
				t.Errorf("got %#v, %v; want %s", got, err, c.err)
			}
			openly, err := NamesOpenly(bounded(t), ".", parse(t, "switch web"), nixexec.Stdio{})
			if !slices.Equal(openly, c.want) || (err != nil) != (c.err != "") {
				t.Errorf("openly: %q, %v", openly, err)
			}
		})
	}
}

// What keeps nix from being asked is no fault of the flake.
func TestNamesNotAsked(t *testing.T) {
	installNix(t, "echo '[]'")
	why := errors.New("the run was stopped")
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(why)
	var broken *EvaluationError
	names, err := Names(ctx, ".", parse(t, "switch web"))
	if names != nil || !errors.Is(err, why) || errors.As(err, &broken) {
		t.Errorf("stopped: %q, %v", names, err)
	}
	t.Setenv("PATH", t.TempDir())
	var missing *nixexec.NotFoundError
	if names, err := Names(bounded(t), ".", parse(t, "switch web")); names != nil || !errors.As(err, &missing) {
		t.Errorf("without nix: %q, %v", names, err)
	}
}

// The last of nix's errors says what is wrong; what is to be looked at is what was asked for.
func TestEvaluationErrorFinding(t *testing.T) {
	for _, c := range []struct {
		err          EvaluationError
		what, remedy string
	}{
		{EvaluationError{Flake: "./a b#n1.x", Stderr: "error: while\n  error: in n1\nerror: \x07no such option\n"},
			`flake "./a b#n1.x" cannot be evaluated: \ano such option`,
			`nix eval --show-trace './a b#nixosConfigurations."n1.x".config.system.build.toplevel.drvPath'`},
		{EvaluationError{Flake: ".", Stderr: "killed"}, `flake "." cannot be evaluated: nix gives no reason`,
			"nix flake show ."},
		{EvaluationError{File: "x y.nix", Stderr: "error: \nerror: a"}, `file "x y.nix" cannot be evaluated: a`,
			"nix-instantiate --eval --show-trace 'x y.nix'"},
	} {
		got := c.err.Finding("web")
		lines := (report.Call{}).Lines(got.Remedy)
		got.Remedy = nil
		want := report.Finding{Name: "evaluation", Severity: report.Error, Host: "web", What: c.what}
		if !reflect.DeepEqual(got, want) || !slices.Equal(lines, []string{c.remedy}) {
			t.Errorf("got %+v, %q; want %q, %q", got, lines, c.what, c.remedy)
		}
	}
	for want, err := range map[string]*EvaluationError{
		"flake \"a b\" cannot be evaluated; nothing was built\nno\nsee what it has: nix flake show 'a b'": {
			Flake: "a b", Stderr: "error: no\n"},
		"file \"x.nix\" cannot be evaluated; nothing was built\nno": {File: "x.nix", Stderr: " no "},
	} {
		if err.Error() != want {
			t.Errorf("got %q, want %q", err.Error(), want)
		}
	}
}

// bounded ends a test that hangs.
func bounded(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	t.Cleanup(cancel)
	return ctx
}
