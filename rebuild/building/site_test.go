package building

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"nixhop/nixexec"
	"nixhop/rebuild/plan"
	"nixhop/rebuild/remote"
	"nixhop/rebuild/report"
	"nixhop/rebuild/request"
)

// nixStore is a nix-store that has its words written down. Several derivations it builds as the file says does, with
// the status behind it; those of a host named c cannot be built.
const nixStore = `#!/bin/sh
echo "$*" >>"$YARD/calls"
case "$*" in
*internal-json*) cat "$YARD/says" >&2; case "$*" in *-c.drv*) exit 100;; esac; exit 0;;
*-c.drv*) echo 'it would be built once more' >&2; exit 1;;
esac
while [ $# -gt 0 ]; do
    case "$1" in --add-root) ln -sf /nix/store/00000000000000000000000000000000-system "$2";; esac
    shift
done
`

// yard is a machine with that nix-store, and what its hosts were told.
type yard struct {
	t    *testing.T
	dir  string
	mu   sync.Mutex
	told map[string]string
}

func newYard(t *testing.T) *yard {
	t.Helper()
	y := &yard{t: t, dir: t.TempDir(), told: map[string]string{}}
	for name, text := range map[string]string{"nix-store": nixStore, "says": said, "calls": ""} {
		if err := os.WriteFile(filepath.Join(y.dir, name), []byte(text), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	t.Setenv("YARD", y.dir)
	t.Setenv("PATH", y.dir+":"+os.Getenv("PATH"))
	return y
}

// say takes what is said.
func (y *yard) say(e report.Event) {
	y.mu.Lock()
	defer y.mu.Unlock()
	if e.Kind == report.Output {
		y.told[e.Host] += e.Text
	}
}

// performer takes the steps of a host, deployed with more words.
func (y *yard) performer(host string, words ...string) remote.Performer {
	y.t.Helper()
	r, err := request.Parse(append([]string{"switch", host, "--flake", "."}, words...), func(string) bool { return true })
	if err != nil {
		y.t.Fatal(err)
	}
	return remote.Performer{
		Host: host, Job: plan.Job{Request: r, Dir: y.dir, Name: host}, Say: report.Sink(y.say).For(host),
	}
}

// calls are the words of the calls that build, without what is the same in each.
func (y *yard) calls() []string {
	text, err := os.ReadFile(filepath.Join(y.dir, "calls"))
	if err != nil {
		y.t.Fatal(err)
	}
	var all []string
	for line := range strings.Lines(string(text)) {
		if strings.Contains(line, "internal-json") {
			names := derivation.FindAllString(line, -1)
			for i, name := range names {
				names[i] = strings.TrimSuffix(name[strings.LastIndexByte(name, '-')+1:], ".drv")
			}
			all = append(all, strings.Join(names, " "))
		}
	}
	return all
}

// drv is the derivation of a host.
func drv(name string) string { return "/nix/store/" + strings.Repeat("0", 32) + "-" + name + ".drv" }

func always() bool { return true }

// Hosts whose derivations are known at the same time are built by one nix-store, equal derivations once; one that fails
// fails alone, and only what is about a host is told of it.
func TestBuiltTogether(t *testing.T) {
	y := newYard(t)
	site := NewSite(y.say)
	hosts := map[string]string{"a": "a", "twin": "a", "b": "b", "c": "c"}
	for host := range hosts {
		site.Expect(host, always)
	}
	site.Expect("late", func() bool { return false })
	errs, heard := map[string]error{}, map[string]*remote.Heard{}
	var mu sync.Mutex
	var all sync.WaitGroup
	for host, of := range hosts {
		all.Go(func() {
			results := plan.Results{"derivation": drv(of)}
			h, err := site.Build(t.Context(), y.performer(host), results)
			mu.Lock()
			defer mu.Unlock()
			errs[host], heard[host] = err, h
			if built := results["toplevel"] != ""; built != (host != "c") {
				t.Errorf("%s is built: %v", host, built)
			}
		})
	}
	all.Wait()
	calls := y.calls()
	if len(calls) != 1 || !slices.Equal(slices.Sorted(slices.Values(strings.Fields(calls[0]))), []string{"a", "b", "c"}) {
		t.Errorf("built by %q", calls)
	}
	var step *remote.StepError
	var exit *nixexec.ExitError
	for host, err := range errs {
		if (err != nil) != (host == "c") {
			t.Errorf("%s: %v", host, err)
		}
	}
	const ending = "c fails\nerror: builder for '/nix/store/00000000000000000000000000000000-c.drv' failed with exit code 3\n"
	if !errors.As(errs["c"], &step) || !errors.As(step.Err, &exit) || exit.Code != 100 || step.Step.Name != "build" || exit.Stderr != ending {
		t.Errorf("c: %v", errs["c"])
	}
	if got := string(heard["c"].Bytes()); got != ending {
		t.Errorf("of c was heard %q", got)
	}
	if !strings.HasSuffix(y.told["c"], ending) || strings.Contains(y.told["a"]+y.told["b"]+y.told["twin"], "c fails") {
		t.Errorf("told: %q", y.told)
	}
	site.Gone(t.Context(), "late")
}

// Nobody waits for a host whose derivation is not known yet, or never will be; one that is alone takes the steps of its
// plan.
func TestBuiltAlone(t *testing.T) {
	y := newYard(t)
	site := NewSite(y.say)
	site.Expect("a", always)
	site.Expect("late", func() bool { return false })
	site.Expect("gone", always)
	site.Expect("own", always)
	go site.Gone(t.Context(), "gone")
	var own sync.WaitGroup
	own.Go(func() {
		if _, err := site.Build(t.Context(), y.performer("own", "--log-format", "raw"), plan.Results{"derivation": drv("own")}); err != nil {
			t.Error(err)
		}
	})
	for _, host := range []string{"a", "late"} {
		results := plan.Results{"derivation": drv(host)}
		if _, err := site.Build(t.Context(), y.performer(host), results); err != nil || results["toplevel"] == "" {
			t.Errorf("%s: %v", host, err)
		}
	}
	own.Wait()
	if calls := y.calls(); calls != nil {
		t.Errorf("built together: %q", calls)
	}
}

// Who waits for others is let go by the end of the run.
func TestBuiltByNobody(t *testing.T) {
	y := newYard(t)
	site := NewSite(y.say)
	site.Expect("never", always)
	ctx, stop := context.WithCancel(t.Context())
	stop()
	if _, err := site.Build(ctx, y.performer("a"), plan.Results{"derivation": drv("a")}); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	ctx, stop = context.WithCancel(t.Context())
	site.Expect("a", always)
	var waits sync.WaitGroup
	waits.Go(func() {
		if _, err := site.Build(ctx, y.performer("a"), plan.Results{"derivation": drv("a")}); !errors.Is(err, context.Canceled) {
			t.Errorf("got %v", err)
		}
	})
	stop()
	waits.Wait()
	if calls := y.calls(); calls != nil {
		t.Errorf("built: %q", calls)
	}
}
