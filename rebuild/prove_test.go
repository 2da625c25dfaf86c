package rebuild

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"syscall"
	"testing"

	"nixhop/rebuild/phase"
	"nixhop/rebuild/report"
	"nixhop/rebuild/request"
)

// four are the hosts of a small fleet.
var four = []string{"h1", "h2", "h3", "h4"}

// activations are the begins and ends of activations, and the health of hosts, in their order: "+h1 -h1 ?h1".
func (f *fleet) activations() string {
	var all []string
	for _, e := range f.events {
		switch {
		case e.Phase == report.PhaseActivate && e.Kind == report.Started:
			all = append(all, "+"+e.Host)
		case e.Phase == report.PhaseActivate && e.Kind == report.Passed:
			all = append(all, "-"+e.Host)
		case e.Phase == report.PhaseHealth && e.Kind == report.Passed:
			all = append(all, "?"+e.Host)
		}
	}
	return strings.Join(all, " ")
}

// waves cuts activations where nothing is under way, and sorts what is in between.
func (f *fleet) waves() string {
	var waves []string
	var wave []string
	under := 0
	for _, word := range strings.Fields(f.activations()) {
		switch word[0] {
		case '+':
			wave = append(wave, word[1:])
			under++
		case '-':
			under--
		}
		if under == 0 && word[0] == '-' {
			slices.Sort(wave)
			waves = append(waves, strings.Join(wave, " "))
			wave = nil
		}
	}
	return strings.Join(waves, ", ")
}

// endings are the hosts that went no further, and why.
func endings(err error) string {
	var hosts *phase.HostsError
	if !errors.As(err, &hosts) {
		return fmt.Sprint(err)
	}
	var all []string
	for _, e := range hosts.Ended {
		all = append(all, e.Host+" "+phase.ResultOf(e.Err).String())
	}
	return strings.Join(all, ", ")
}

// Hosts are activated in the order that was asked for, and never more at a time.
func TestWavesInOrder(t *testing.T) {
	for _, test := range []struct{ flags, want string }{
		{"--serial", "h1, h2, h3, h4"},
		{"--canary h3", "h3, h1 h2 h4"},
		{"--canary 1 --batch 2", "h1, h2 h3, h4"},
		{"--batch 50%", "h1 h2, h3 h4"},
	} {
		t.Run(test.flags, func(t *testing.T) { wavesInOrder(t, test.flags, test.want) })
	}
}

func wavesInOrder(t *testing.T, flags, want string) {
	f := newFleet(t, four...)
	for _, host := range four { // each activation waits until the others of its wave have begun
		f.turn(host, "slow=100ms")
	}
	words := append(append([]string{"switch"}, four...), strings.Fields(flags)...)
	if err := f.deploy(t.Context(), words...); err != nil {
		t.Fatal(err)
	}
	got := f.waves()
	if flags == "--serial" || strings.HasPrefix(flags, "--canary h3") {
		if first, _, _ := strings.Cut(want, ","); !strings.HasPrefix(got, first) {
			t.Errorf("%s: got %s", flags, f.activations())
		}
	}
	before := map[string]int{}
	for i, wave := range strings.Split(want, ", ") {
		for _, host := range strings.Fields(wave) {
			before[host] = i
		}
	}
	under := map[string]bool{}
	for _, word := range strings.Fields(f.activations()) {
		host := word[1:]
		if word[0] == '-' {
			delete(under, host)
			continue
		}
		for other := range under {
			if before[other] != before[host] {
				t.Errorf("%s: %s and %s at a time: %s", flags, other, host, f.activations())
			}
		}
		under[host] = true
	}
	for _, host := range four {
		f.changed(host, true)
	}
}

// What a failure in a wave does to the others, and how the run ends.
func TestWavesStop(t *testing.T) {
	for _, test := range []struct {
		name, flags string
		breaks      map[string]string
		changed     string // the hosts that were switched
		ended       string
		status      int
	}{
		{"a wave is finished, and none begun behind it", "--serial", map[string]string{"h2": "status=1"},
			"h1 h2", "h2 failed, h3 not begun, h4 not begun", request.ExitPartly},
		{"the canary", "--canary 1", map[string]string{"h1": "status=1"},
			"h1", "h1 failed, h2 not begun, h3 not begun, h4 not begun", request.ExitFailed},
		{"a canary stops the others whatever is said of failures", "--canary 1 --on-failure continue", map[string]string{"h1": "status=1"},
			"h1", "h1 failed, h2 not begun, h3 not begun, h4 not begun", request.ExitFailed},
		{"go on", "--serial --on-failure continue", map[string]string{"h2": "status=1"},
			"h1 h2 h3 h4", "h2 failed", request.ExitPartly},
		{"one too many", "--serial --max-failures 1", map[string]string{"h1": "status=1", "h2": "status=1"},
			"h1 h2", "h1 failed, h2 failed, h3 not begun, h4 not begun", request.ExitFailed},
		{"a host that is off stops nobody", "", map[string]string{"h3": "down=off"},
			"h1 h2 h4", "h3 not reached", request.ExitPartly},
		{"unless it was asked for", "--on-failure stop", map[string]string{"h3": "down=off"},
			"", "h3 not reached", request.ExitCheck},
		{"a host that is refused stops everybody", "", map[string]string{"h3": "hostname=other"},
			"", "h3 refused", request.ExitCheck},
		{"unless the others are to go on", "--on-failure continue", map[string]string{"h3": "hostname=other"},
			"h1 h2 h4", "h3 refused", request.ExitPartly},
		{"units that fail are a failure", "--serial", map[string]string{"h1": "units=nginx.service"},
			"h1", "h1 units failed, h2 not begun, h3 not begun, h4 not begun", request.ExitUnits},
	} {
		t.Run(test.name, func(t *testing.T) {
			f := newFleet(t, four...)
			for host, knob := range test.breaks {
				f.turn(host, knob)
			}
			err := f.deploy(t.Context(), append(append([]string{"switch"}, four...), strings.Fields(test.flags)...)...)
			if got := endings(err); got != test.ended {
				t.Errorf("ended: %s, want %s", got, test.ended)
			}
			if got := phase.Status(err); got != test.status {
				t.Errorf("status %d, want %d", got, test.status)
			}
			for _, host := range four {
				if number, _ := f.generation(host); (number == "2") != slices.Contains(strings.Fields(test.changed), host) {
					t.Errorf("%s has generation %s", host, number)
				}
			}
		})
	}
}

// A build that fails lets the others build, and nothing is copied or activated then.
func TestWavesBuildAllBeforeAny(t *testing.T) {
	f := newFleet(t, four...)
	f.configure("h2", "build=fail")
	err := f.deploy(t.Context(), append([]string{"switch"}, four...)...)
	if got := endings(err); got != "h2 failed, h1 not begun, h3 not begun, h4 not begun" {
		t.Errorf("ended: %s", got)
	}
	for _, host := range four {
		f.changed(host, false)
	}
	if got := f.builds(); got != 4 {
		t.Errorf("%d systems were built", got)
	}
}

// Hosts that run and boot the system already are left alone, unless that is to be done all the same.
func TestWavesUnchanged(t *testing.T) {
	f := newFleet(t, four...)
	switchAll := append([]string{"switch"}, four...)
	if err := f.deploy(t.Context(), "switch", "h1", "h3"); err != nil {
		t.Fatal(err)
	}
	if err := f.deploy(t.Context(), switchAll...); err != nil {
		t.Fatal(err)
	}
	results := f.passed()[report.PhaseActivate]
	want := map[string]report.Result{"h1": report.Unchanged, "h2": report.Done, "h3": report.Unchanged, "h4": report.Done}
	if fmt.Sprint(results) != fmt.Sprint(want) {
		t.Errorf("got %v", results)
	}
	if calls := f.calls("h1"); strings.Count(calls, "switch-to-configuration switch\n") != 1 {
		t.Errorf("h1 was called for:\n%s", calls)
	}
	if err := f.deploy(t.Context(), append(switchAll, "--force")...); err != nil {
		t.Fatal(err)
	}
	if calls := f.calls("h1"); strings.Count(calls, "switch-to-configuration switch\n") != 2 {
		t.Errorf("h1 was called for:\n%s", calls)
	}
}

// Each host that was activated is asked whether it is healthy, here and there, until it is, before the next wave
// begins.
func TestWavesHealth(t *testing.T) {
	f := newFleet(t, "h1", "h2")
	here := `echo "$NIXHOP_HOST $NIXHOP_ADDRESS ${NIXHOP_TOPLEVEL#/nix/store/*-}" >>asked; [ "$(grep -c "^$NIXHOP_HOST " asked)" -ge 2 ]`
	if err := f.deploy(t.Context(), "switch", "h1", "h2", "--serial", "--health", here, "--health-remote", "true"); err != nil {
		t.Fatal(err)
	}
	if got := f.activations(); got != "+h1 -h1 ?h1 +h2 -h2 ?h2" {
		t.Errorf("got %s", got)
	}
	text, err := os.ReadFile("asked")
	if err != nil {
		t.Fatal(err)
	}
	asked := string(text)
	if strings.Count(asked, "h1 h1 nixos-system-h1-") != 2 || strings.Count(asked, "h2 h2 ") != 2 {
		t.Errorf("asked:\n%s", asked)
	}
}

// A host that does not get healthy in time has failed.
func TestWavesUnhealthy(t *testing.T) {
	for _, flags := range [][]string{{"--health", "echo it is not; false"}, {"--health-remote", "echo it is not >&2; exit 3"}} {
		t.Run(flags[0], func(t *testing.T) {
			f := newFleet(t, "h1", "h2")
			err := f.deploy(t.Context(), append([]string{"switch", "h1", "h2", "--serial", "--health-timeout", "4"}, flags...)...)
			if got := endings(err); got != "h1 not healthy, h2 not begun" || phase.Status(err) != request.ExitFailed {
				t.Errorf("%q: %s, status %d", flags, got, phase.Status(err))
			}
			why := ""
			for _, e := range f.events {
				if e.Kind == report.Passed && e.Phase == report.PhaseHealth {
					why += e.Text
				}
			}
			if !strings.Contains(why, "not healthy after 4s: "+flags[0]+" ended with") || !strings.Contains(why, "it is not") {
				t.Errorf("%q: %s", flags, why)
			}
			f.changed("h1", true)
			f.changed("h2", false)
		})
	}
}

// Ctrl-C begins no further activation, and the one that runs comes to its end.
func TestWavesCtrlC(t *testing.T) {
	f := newFleet(t, "h1", "h2")
	f.turn("h1", "slow=1s")
	f.watch = func(e report.Event) {
		if beginning("h1", report.PhaseActivate)(e) {
			_ = syscall.Kill(os.Getpid(), syscall.SIGINT)
		}
	}
	err := f.deploy(t.Context(), "switch", "h1", "h2", "--serial")
	if got := endings(err); got != "h2 stopped" || phase.Status(err) != 130 {
		t.Errorf("%s, status %d", got, phase.Status(err))
	}
	f.changed("h1", true)
	f.changed("h2", false)
	f.tells("what is being activated is finished first")
}
