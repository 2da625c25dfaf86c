package rebuild

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"nixhop/nixexec"
	"nixhop/rebuild/phase"
	"nixhop/rebuild/report"
	"nixhop/rebuild/request"
	"nixhop/rebuild/source"
)

// eight are the hosts of the runs of many.
var eight = []string{"h1", "h2", "h3", "h4", "h5", "h6", "h7", "h8"}

// deployment are the phases of one, in their order.
var deployment = []report.Phase{
	report.PhaseLocate, report.PhaseConnect, report.PhaseDecide, report.PhaseEvaluate, report.PhaseCheck,
	report.PhaseBuild, report.PhaseCopy, report.PhaseActivate,
}

// passed are the results of the hosts in each phase of the last run. A phase must not begin before all hosts are
// through the one before.
func (f *fleet) passed() map[report.Phase]map[string]report.Result {
	f.t.Helper()
	all := map[report.Phase]map[string]report.Result{}
	begun, last := map[string]report.Phase{}, 0
	for _, e := range f.events {
		at := slices.Index(deployment, e.Phase)
		switch e.Kind {
		case report.Started:
			if at < last {
				f.t.Errorf("%s begins with %s when others are at %s", e.Host, e.Phase, deployment[last])
			}
			if at > last && len(begun) > 0 {
				f.t.Errorf("%s begins with %s before %v have ended theirs", e.Host, e.Phase, begun)
			}
			last, begun[e.Host] = max(at, last), e.Phase
		case report.Passed:
			if begun[e.Host] != e.Phase {
				f.t.Errorf("%s has passed %s, which it did not begin", e.Host, e.Phase)
			}
			delete(begun, e.Host)
			if all[e.Phase] == nil {
				all[e.Phase] = map[string]report.Result{}
			}
			all[e.Phase][e.Host] = e.Result
		}
	}
	if len(begun) > 0 {
		f.t.Errorf("nobody has heard of the end of %v", begun)
	}
	return all
}

// wentOn wants that the hosts have gone through all phases up to one, and the one host up to the phase in which it
// failed, with this result.
func (f *fleet) wentOn(hosts []string, to report.Phase, failed string, in report.Phase, with report.Result) {
	f.t.Helper()
	passed := f.passed()
	for at, phase := range deployment {
		want := map[string]report.Result{}
		for _, host := range hosts {
			fails := host == failed && phase == in
			if fails {
				want[host] = with
			} else if at <= slices.Index(deployment, to) && (host != failed || at < slices.Index(deployment, in)) {
				want[host] = report.Done
			}
		}
		if got := fmt.Sprint(passed[phase]); got != fmt.Sprint(want) {
			f.t.Errorf("%s: %s, want %v", phase, got, want)
		}
	}
}

// changed wants that a host was switched to a new generation, or that nothing at all was changed there.
func (f *fleet) changed(host string, want bool) {
	f.t.Helper()
	number, runs := f.generation(host)
	if want != (number == "2") || !runs {
		f.t.Errorf("%s has generation %s and runs it: %v; is it to be changed: %v", host, number, runs, want)
	}
	if calls := f.calls(host); want != strings.Contains(calls, "switch-to-configuration switch\n") {
		f.t.Errorf("%s was called for:\n%s", host, calls)
	}
}

// builds is how often something was built here.
func (f *fleet) builds() int {
	f.t.Helper()
	return strings.Count(f.calls(here), "nix-store --realise")
}

// output is what the programs of a host have printed, line by line.
func (f *fleet) output(host string) []string {
	f.t.Helper()
	var lines []string
	for _, e := range f.events {
		if e.Kind != report.Output || e.Host != host {
			continue
		}
		if !strings.HasSuffix(e.Text, "\n") {
			f.t.Errorf("%s: a piece of a line: %q", host, e.Text)
		}
		lines = append(lines, strings.Split(strings.TrimSuffix(e.Text, "\n"), "\n")...)
	}
	return lines
}

// Eight hosts go through every phase together, and what the programs print belongs to the host that they work for.
func TestDeployEight(t *testing.T) {
	f := newFleet(t, eight...)
	if err := f.deploy(t.Context(), append(eight, "switch")...); err != nil {
		t.Fatal(err)
	}
	f.wentOn(eight, report.PhaseActivate, "", "", report.Done)
	for _, host := range eight {
		f.changed(host, true)
		var words []string
		for _, line := range f.output(host) {
			first, rest, _ := strings.Cut(line, " ")
			words = append(words, first)
			if strings.Contains(rest, "/nix/store") && !strings.Contains(rest, "nixos-system-"+host+"-") {
				t.Errorf("a line of another host is said to be of %s: %s", host, line)
			}
		}
		want := []string{"building", "copying", "updating", "activating", "setting"}
		if !slices.Equal(words, want) {
			t.Errorf("%s: %q, want %q", host, words, want)
		}
	}
	if got := f.builds(); got != len(eight) {
		t.Errorf("%d systems were built", got)
	}
	if text := f.written(f.session.Stdio.Out) + f.written(f.session.Stdio.Err); text != "" {
		t.Errorf("past the events was printed:\n%s", text)
	}
}

// Where one of eight fails a check nothing is built at all, but the others are checked to the end; where a build or a
// copy fails nothing is activated; a failed activation is that of one host alone.
func TestDeployOneOfEightFails(t *testing.T) {
	const one = "h3"
	statuses := map[report.Result]int{
		report.Refused: request.ExitCheck, report.Offline: request.ExitCheck, report.Failed: request.ExitFailed, report.Units: request.ExitUnits,
	}
	for _, c := range []struct {
		name   string
		in     report.Phase
		result report.Result
		found  string // about the host
		output string // of its programs
		wrong  func(*fleet)
	}{
		{"its ssh config is broken", report.PhaseLocate, report.Refused, "ssh-config", "",
			func(f *fleet) { f.breakConfig(one) }},
		{"it is off", report.PhaseConnect, report.Offline, "host-unreachable", "",
			func(f *fleet) { f.turn(one, "down=off") }},
		{"it has another key", report.PhaseConnect, report.Refused, "host-key-changed", "",
			func(f *fleet) { f.turn(one, "down=key-changed") }},
		{"its login is not root", report.PhaseDecide, report.Refused, "no-root", "",
			func(f *fleet) { f.loginAs(one, "ann") }},
		{"its configuration is broken", report.PhaseEvaluate, report.Failed, "", "error: no such option",
			func(f *fleet) { f.configure(one, "evaluation=no such option", "facts=none") }},
		{"it is another host", report.PhaseCheck, report.Refused, "host-name", "",
			func(f *fleet) { f.turn(one, "hostname=other") }},
		{"its builder fails", report.PhaseBuild, report.Failed, "build-fail", "nix log /nix/store/",
			func(f *fleet) { f.configure(one, "build=fail") }},
		{"its link is lost while copying", report.PhaseCopy, report.Failed, "", "error: cannot open connection to remote store",
			func(f *fleet) { f.turn(one, "cut=copy") }},
		{"a unit fails", report.PhaseActivate, report.Units, "units", "warning: the following units failed: a.service",
			func(f *fleet) { f.turn(one, "units=a.service") }},
	} {
		t.Run(c.name, func(t *testing.T) {
			to := max(slices.Index(deployment, report.PhaseCheck), slices.Index(deployment, c.in))
			built := deployment[to] != report.PhaseCheck
			hosts := eight
			if built || c.found == "host-key-changed" {
				hosts = eight[:4:4] // which takes less time
			}
			f := newFleet(t, hosts...)
			c.wrong(f)
			err := f.deploy(t.Context(), append(hosts, "switch", "--on-failure", "stop")...)
			f.wentOn(hosts, deployment[to], one, c.in, c.result)
			if got := f.builds(); (got == len(hosts)) != built || !built && got != 0 {
				t.Errorf("%d systems were built", got)
			}
			for _, host := range hosts {
				f.changed(host, c.in == report.PhaseActivate)
			}
			var several *phase.HostsError
			if !errors.As(err, &several) {
				t.Fatal(err)
			}
			for _, e := range several.Ended {
				if (e.Host == one) == errors.Is(e.Err, phase.ErrNotBegun) {
					t.Errorf("%s: %v", e.Host, e.Err)
				}
			}
			want := statuses[c.result]
			if c.in == report.PhaseActivate { // the others are done
				want = request.ExitPartly
			}
			if got := phase.Status(err); got != want {
				t.Errorf("%v: status %d, want %d", err, got, want)
			}
			if got := strings.Join(f.found(one), " "); got != c.found {
				t.Errorf("found %q, want %q", got, c.found)
			}
			if got := strings.Join(f.output(one), "\n"); !strings.Contains(got, c.output) {
				t.Errorf("printed %q, want %q", got, c.output)
			}
		})
	}
}

// Of several hosts that fail each one's own error is kept, in the order of the hosts, and the status is what they
// have in common.
func TestDeploySeveralFail(t *testing.T) {
	f := newFleet(t, eight...)
	f.breakConfig("h2")
	f.turn("h4", "down=off")
	f.turn("h5", "hostname=other")
	err := f.deploy(t.Context(), append(eight, "switch")...)
	var several *phase.HostsError
	if !errors.As(err, &several) {
		t.Fatal(err)
	}
	var got []string
	for _, host := range several.Ended {
		got = append(got, fmt.Sprintf("%s %s %T", host.Host, host.Phase, host.Err))
	}
	want := []string{"h2 locate *report.CheckError", "h4 connect *report.CheckError", "h5 check *report.CheckError"}
	if !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
	if got := phase.Status(err); got != request.ExitCheck {
		t.Errorf("%v: status %d", err, got)
	}
	for _, host := range eight {
		f.changed(host, false)
	}
	if got := f.builds(); got != 0 {
		t.Errorf("%d systems were built", got)
	}
}

// A build that fails on one host and a configuration that cannot be evaluated are no failed checks.
func TestDeployFailuresOfTwoKinds(t *testing.T) {
	f := newFleet(t, "h1", "h2", "h3")
	f.configure("h1", "evaluation=no such option", "facts=none")
	f.turn("h3", "hostname=other")
	err := f.deploy(t.Context(), "switch", "h1", "h2", "h3")
	first, found := ended(err, "h1")
	var exit *nixexec.ExitError
	if !found || first.Phase != report.PhaseEvaluate || !errors.As(first.Err, &exit) {
		t.Errorf("%+v", first)
	}
	var broken *source.EvaluationError
	if errors.As(first.Err, &broken) {
		t.Errorf("%v: nix has said that already", broken)
	}
	if got := phase.Status(err); got != request.ExitFailed {
		t.Errorf("%v: status %d", err, got)
	}
}

// A configuration that tells its facts and cannot be evaluated behind them has passed its checks: others are built by
// then, and nothing is activated.
func TestDeployBrokenBehindItsFacts(t *testing.T) {
	hosts := []string{"h1", "h2", "h3"}
	f := newFleet(t, hosts...)
	f.configure("h2", "evaluation=no such option")
	err := f.deploy(t.Context(), append(hosts, "switch")...)
	f.wentOn(hosts, report.PhaseBuild, "h2", report.PhaseBuild, report.Failed)
	if got := phase.Status(err); got != request.ExitFailed {
		t.Errorf("%v: status %d", err, got)
	}
	if got := f.builds(); got != 2 {
		t.Errorf("%d systems were built", got)
	}
	for _, host := range hosts {
		f.changed(host, false)
	}
}
