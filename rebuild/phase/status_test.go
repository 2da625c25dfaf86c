package phase

import (
	"context"
	"errors"
	"fmt"
	"syscall"
	"testing"

	"nixhop/nixexec"
	"nixhop/rebuild/plan"
	"nixhop/rebuild/remote"
	"nixhop/rebuild/report"
	"nixhop/rebuild/request"
)

// failed is a program that ended with a status.
func failed(program string, code int) error { return &nixexec.ExitError{Program: program, Code: code} }

// byKey is a run that Ctrl-C has ended, and how the program that ran then ended.
func byKey(err error) error { return &nixexec.InterruptedError{Signal: syscall.SIGINT, Err: err} }

// in is the failure of a step.
func in(step string, err error) error {
	return &remote.StepError{Step: plan.Step{Name: step, Where: "web"}, Err: err}
}

// came is what came of an activation.
func came(result report.Result, child int) error {
	return &remote.OutcomeError{Result: result, Child: child, Err: errors.New("on web: something")}
}

// hosts is what ended several hosts.
func hosts(all ...error) error {
	var ended []report.Ended
	for i, err := range all {
		ended = append(ended, report.Ended{Host: fmt.Sprintf("h%d", i), Err: err})
	}
	return &HostsError{Ended: ended}
}

// partly is what ended some hosts when others were done.
func partly(done int, all ...error) error {
	err := hosts(all...).(*HostsError)
	err.Done = done
	return err
}

var (
	refused = &report.CheckError{Findings: []report.Finding{{Severity: report.Error}}}
	usage   = &request.UsageError{Message: "wrong"}
	missing = &nixexec.NotFoundError{Program: "nix"}
	killed  = &nixexec.ExitError{Program: "nix", Code: -1, Signal: syscall.SIGKILL}
)

// Every way in which a run may end has its exit status, and its result.
func TestStatus(t *testing.T) {
	for _, c := range []struct {
		name   string
		err    error
		status int
		result report.Result
		silent bool // it needs no words
	}{
		{"done", nil, 0, report.Done, true},
		{"an error of another kind", errors.New("broken"), 1, report.Failed, false},
		{"wrong usage", usage, 2, report.Failed, false},
		{"wrong usage, found late", fmt.Errorf("deciding: %w", usage), 2, report.Failed, false},
		{"a failed check", refused, 3, report.Refused, false},
		{"a program that is missing", missing, 127, report.Failed, false},
		{"a time limit", context.DeadlineExceeded, 1, report.Failed, false},
		{"an end that nobody wanted", context.Canceled, 1, report.Failed, false},

		{"a program of its own accord", failed("nix", 101), 101, report.Failed, true},
		{"a program that was killed", killed, 128 + 9, report.Failed, true},
		{"nixos-rebuild", in("nixos-rebuild", failed("nixos-rebuild", 7)), 7, report.Failed, true},
		{"nixos-rebuild, killed", in("nixos-rebuild", killed), 128 + 9, report.Failed, true},
		{"a build", in("build", failed("nix-store", 100)), 1, report.Failed, true},
		{"a build whose program was killed", in("build", killed), 128 + 9, report.Failed, true},
		{"a build without its program", in("build", missing), 127, report.Failed, false},
		{"a build without a result", in("build", errors.New("no store path")), 1, report.Failed, false},
		{"an activation over a lost link", in("activate", failed("ssh", 255)), 1, report.Failed, true},

		{"failed units", came(report.Units, 0), 4, report.Units, false},
		{"failed units, under a nixos-rebuild", came(report.Units, 1), 4, report.Units, false},
		{"failed units, and it has another status", came(report.Units, 7), 7, report.Units, false},
		{"half an activation", came(report.HalfDone, 0), 1, report.HalfDone, false},
		{"half an activation, under a nixos-rebuild", came(report.HalfDone, 11), 11, report.HalfDone, false},
		{"a host that was lost", came(report.Unknown, 255), 255, report.Unknown, false},
		{"a status that a nixos-rebuild hides", remote.Hidden(failed("nixos-rebuild", 1), 4), 4, report.Failed, false},
		{"a nixos-rebuild that hides none", remote.Hidden(in("nixos-rebuild", failed("nixos-rebuild", 7)), 4),
			7, report.Failed, true},
		{"a nixos-rebuild that hides a 1", remote.Hidden(failed("nixos-rebuild", 1), 1), 1, report.Failed, true},

		{"Ctrl-C", byKey(nil), 130, report.Interrupted, false},
		{"Ctrl-C while a step ran", in("build", byKey(failed("nix-store", 100))), 130, report.Interrupted, false},
		{"Ctrl-C while nixos-rebuild ran", in("nixos-rebuild", byKey(failed("nixos-rebuild", 1))),
			130, report.Interrupted, false},
		{"a signal", &nixexec.InterruptedError{Signal: syscall.SIGTERM}, 143, report.Interrupted, false},
		{"Ctrl-C, and an activation goes on", &remote.OutcomeError{Result: report.Unknown, Err: in("activate", byKey(nil))},
			130, report.Unknown, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := Status(c.err); got != c.status {
				t.Errorf("%v: status %d, want %d", c.err, got, c.status)
			}
			if got := ResultOf(c.err); got != c.result {
				t.Errorf("%v: result %d, want %d", c.err, got, c.result)
			}
			if got := Silent(c.err); got != c.silent {
				t.Errorf("%v: silent %v, want %v", c.err, got, c.silent)
			}
		})
	}
}

// Several hosts have the status that they share, else 1; where the run was stopped that is it.
func TestStatusOfHosts(t *testing.T) {
	build := in("build", failed("nix-store", 100))
	for _, c := range []struct {
		name string
		err  error
		want int
	}{
		{"all refused", hosts(refused, refused, refused), 3},
		{"all but one refused", hosts(refused, build, refused), 1},
		{"the last one is different", hosts(refused, refused, build), 1},
		{"three kinds, of which two are alike", hosts(refused, came(report.Units, 0), refused), 1},
		{"units everywhere", hosts(came(report.Units, 0), came(report.Units, 0)), 4},
		{"builds", hosts(build, build), 1},
		{"stopped", hosts(byKey(nil), byKey(nil)), 130},
		{"stopped, and one was refused before", hosts(refused, in("build", byKey(failed("nix-store", 1))), refused), 130},
		{"inside another error", fmt.Errorf("deploying: %w", hosts(refused, refused)), 3},
		{"one, and others are done", partly(2, refused), 6},
		{"units, and others are done", partly(1, came(report.Units, 0), came(report.Units, 0)), 6},
		{"of two kinds, and one is done", partly(1, refused, build), 6},
		{"stopped when some were done", partly(2, byKey(nil), build), 130},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := Status(c.err); got != c.want {
				t.Errorf("%v: status %d, want %d", c.err, got, c.want)
			}
			if Silent(c.err) {
				t.Errorf("%v: nothing is said of it", c.err)
			}
		})
	}
	err := hosts(refused, build)
	if got := err.Error(); got != "2 hosts went no further" {
		t.Errorf("%q", got)
	}
	var step *remote.StepError
	if !errors.As(err, &step) || step.Error() != `build on "web": "nix-store" exited with status 100` {
		t.Errorf("%v", step)
	}
}

// A finding that stops a host is no failure of one that was stopped: what the phases make of a host of several is its
// own.
func TestResultOfHosts(t *testing.T) {
	for err, want := range map[error]report.Result{
		in("copy", failed("nix", 1)): report.Failed, refused: report.Refused, byKey(nil): report.Interrupted,
	} {
		if got := ResultOf(fmt.Errorf("h1: %w", err)); got != want {
			t.Errorf("%v: %d, want %d", err, got, want)
		}
	}
}

// What is no host's fault ends a check of many as it ends one of a single host; all else is found about its host.
func TestFindings(t *testing.T) {
	stop, usage := byKey(nil), &request.UsageError{Message: "no"}
	missing := &nixexec.NotFoundError{Program: "nix"}
	for _, c := range []struct {
		what string
		err  error
		want string // the finding; empty: the error itself is returned
	}{
		{"a check", &report.CheckError{Findings: []report.Finding{{Name: "no-root"}}}, "no-root"},
		{"anything else", errors.New("it hangs"), "probe-failed"},
		{"the user", stop, ""},
		{"the command line", usage, ""},
		{"no nix", fmt.Errorf("asking: %w", missing), ""},
	} {
		found, err := Findings([]report.Ended{{Host: "web", Phase: report.PhaseConnect, Err: c.err}})
		switch {
		case c.want == "" && !errors.Is(err, c.err):
			t.Errorf("%s: %v, %v", c.what, found, err)
		case c.want != "" && (err != nil || len(found["web"]) != 1 || found["web"][0].Name != c.want):
			t.Errorf("%s: %v, %v; want %s", c.what, found, err, c.want)
		}
	}
}

// A host that is alone ends a run with its own error; of several it is said how many are done.
func TestEnding(t *testing.T) {
	one, other := errors.New("one"), errors.New("other")
	if err := ending(nil, 0, true); err != nil {
		t.Error(err)
	}
	if err := ending(nil, 3, false); err != nil {
		t.Error(err)
	}
	if err := ending([]report.Ended{{Err: one}}, 0, true); err != one {
		t.Error(err)
	}
	if err := ending([]report.Ended{{Err: one}}, 0, false); !errors.Is(err, one) || err.Error() != "1 host went no further" {
		t.Error(err)
	}
	if err := ending([]report.Ended{{Err: one}, {Err: other}}, 3, false); !errors.Is(err, other) || err.Error() != "2 hosts went no further, 3 done" {
		t.Error(err)
	}
}
