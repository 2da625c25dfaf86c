package evaluation

import (
	"context"
	"errors"
	"os"
	"slices"
	"strings"
	"testing"

	"nixhop/nixexec"
	"nixhop/rebuild/cache"
	"nixhop/rebuild/source"
)

// tries is a nix that writes down what it is asked for. What $LAST names is answered only when the trial has ended,
// which the file "ended" says: "path-info", the derivation alone, or "--json", the facts alone. Where $BAD is set, no
// derivation can be had.
const tries = `
case "$*" in
*path-info*) kind=path-info;;
*--json*) kind=--json;;
*) kind=both;;
esac
for word; do case $word in *'"web"'*|*.web.*) host=web;; *'"db"'*|*.db.*) host=db;; esac; done
echo "$host $kind" >>asked
if [ "$kind" = "$LAST" ]; then until [ -e ended ]; do sleep 0.01; done; fi
facts='{"hostName":"'$host'-host","system":"x86_64-linux","buildSystem":"x86_64-linux"}'
case $kind in
--json) echo "$facts"; exit 0;;
both) echo "trace: nixhop-facts $facts" >&2;;
esac
if [ -n "$BAD" ]; then echo 'error: no such option' >&2; exit 1; fi
echo "/nix/store/` + "00000000000000000000000000000000" + `-$host.drv"
`

// trying is a flake of which nothing is kept, and that nix.
func trying(t *testing.T, last, bad string) (Evaluator, *Kept) {
	t.Helper()
	installNix(t, tries)
	t.Chdir(t.TempDir())
	t.Setenv("LAST", last)
	t.Setenv("BAD", bad)
	t.Setenv("XDG_CACHE_HOME", t.TempDir())
	k := &Kept{cache: cache.Find(os.Getenv), trial: newTrial(), lock: func() Lock { return Lock{Fingerprint: "f", Quiet: true} }}
	v := evaluator(room(4))
	v.Again, v.Kept, v.Deploys = func() {}, k, true
	go func() {
		<-k.trial.ended
		_ = os.WriteFile("ended", nil, 0o600)
	}()
	return v, k
}

// asked are the questions that nix was asked about a host.
func asked(t *testing.T, host string) (kinds []string) {
	t.Helper()
	text, err := os.ReadFile("asked")
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(text)) {
		if of, kind, _ := strings.Cut(strings.TrimSpace(line), " "); of == host {
			kinds = append(kinds, kind)
		}
	}
	slices.Sort(kinds)
	return kinds
}

// The first host shows whether Nix's cache has the derivations. Where it has not, each of the others is evaluated once
// and tells its facts on the way, and both are kept; where it has, it is asked.
func TestTrial(t *testing.T) {
	for _, c := range []struct {
		name, last string
		want       []string // of the other host
	}{
		{"Nix evaluates", "path-info", []string{"both"}},
		{"Nix has it in its cache", "--json", []string{"--json", "path-info"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			v, k := trying(t, c.last, "")
			w := source.Wanted{Source: source.Source{Flake: "."}, Configuration: "web", Request: parse(t, "switch web")}
			other := w
			other.Configuration = "db"
			first := v.Begin(bounded(t), Ask(w, ToDerivation, nil), newScreen().show)
			<-k.trial.begun
			second := v.Begin(bounded(t), Ask(other, ToDerivation, nil), newScreen().show)
			for host, e := range map[string]*Evaluation{"web": first, "db": second} {
				known, told := e.Facts()
				out, err := e.Wait()
				if !told || known.HostName != host+"-host" || err != nil || !strings.HasSuffix(strings.TrimSpace(out), "-"+host+".drv") {
					t.Errorf("%s: %+v, %q, %v", host, known, out, err)
				}
				if path, ok := k.derivation(k.lock(), host); !ok || path != strings.TrimSpace(out) {
					t.Errorf("%s: %q is kept", host, path)
				}
				if facts, ok := k.facts(k.lock().Fingerprint, host); !ok || facts.HostName != known.HostName {
					t.Errorf("%s: %+v is kept", host, facts)
				}
			}
			if got := asked(t, "web"); !slices.Equal(got, []string{"--json", "path-info"}) {
				t.Errorf("asked about the first: %q", got)
			}
			if got := asked(t, "db"); !slices.Equal(got, c.want) {
				t.Errorf("asked about the other: %q", got)
			}
		})
	}
}

// A trial that comes to nothing lets the others go on, and so does the end of a run.
func TestTrialFails(t *testing.T) {
	v, k := trying(t, "", "yes")
	w := source.Wanted{Source: source.Source{Flake: "."}, Configuration: "web", Request: parse(t, "switch web")}
	for _, host := range []string{"web", "db"} {
		w.Configuration = host
		_, err := v.Begin(bounded(t), Ask(w, ToDerivation, nil), newScreen().show).Wait()
		var exit *nixexec.ExitError
		if !errors.As(err, &exit) || !strings.Contains(exit.Stderr, "no such option") {
			t.Errorf("%s: %v", host, err)
		}
		if _, kept := k.derivation(k.lock(), host); kept {
			t.Errorf("%s: a derivation is kept", host)
		}
	}
	if got := asked(t, "db"); !slices.Equal(got, []string{"both"}) {
		t.Errorf("asked about the other: %q", got)
	}
	ctx, stop := context.WithCancel(t.Context())
	stop()
	if _, err := newTrial().wait(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

// A nix that has taken much memory has evaluated, even where a look at the facts had no turn before it.
func TestTrialByMemory(t *testing.T) {
	v, k := trying(t, "", "")
	w := source.Wanted{Source: source.Source{Flake: "."}, Configuration: "web", Request: parse(t, "switch web")}
	for peak, has := range map[int64]bool{0: true, light - 1: true, light: false} {
		one := newTrial()
		ctx, e := newEvaluation(bounded(t), nil, false, newScreen().show)
		_, err := v.fromCache(ctx, e, Ask(w, ToDerivation, nil), k.lock(), false, func(nixexec.Command, func(string) bool) (string, error) {
			e.peak = peak
			return "/nix/store/00000000000000000000000000000000-web.drv\n", nil
		}, one)
		if got, _ := one.wait(ctx); got != has || err != nil {
			t.Errorf("%d bytes: %v, %v", peak, got, err)
		}
	}
}
