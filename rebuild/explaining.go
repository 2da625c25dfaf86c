package rebuild

import (
	"bytes"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"nixhop/nixexec"
	"nixhop/rebuild/explain"
	"nixhop/rebuild/facts"
	"nixhop/rebuild/plan"
	"nixhop/rebuild/report"
	"nixhop/rebuild/request"
)

// heardLimit is how much is kept of what a step prints, in bytes.
const heardLimit = 1 << 20

// hearing reads the output of a run's steps along, so that a failure can be explained from it.
type hearing struct {
	force bool          // also where it goes to no terminal
	step  plan.Step     // the last one
	ring  *nixexec.Ring // its output
	told  bool          // what came of an activation was told in an explanation
}

// follow runs a step's command, by run, and keeps the end of what it prints.
func (h *hearing) follow(step plan.Step, s nixexec.Stdio, run func(nixexec.Stdio) error) error {
	h.step, h.ring = step, nixexec.NewRing(heardLimit)
	return nixexec.ReadAlong(s, h.ring.Stream(), h.force, run)
}

// explain says what the output of the step that failed with err means here, the most specific explanation first. It has nothing to
// say of a run that the user stopped, and of a command that did not run.
func (h *hearing) explain(err error, s explain.Situation) []explain.Explanation {
	var exit *nixexec.ExitError
	if h.ring == nil || nixexec.Interrupted(err) || !errors.As(err, &exit) {
		return nil
	}
	output := h.ring.Bytes()
	s.Phase = explain.PhaseOf(h.step, output)
	return explain.Explain(output, s)
}

// midLine reports whether the child has left the cursor behind a text: a progress bar does.
func (h *hearing) midLine() bool {
	output := h.ring.Bytes()
	return explain.Plain(output[bytes.LastIndexAny(output, "\r\n")+1:]) != ""
}

// activating reports whether an activation had begun, as far as it was heard.
func (h *hearing) activating() bool {
	return h.ring != nil && explain.PhaseOf(h.step, h.ring.Bytes()) == report.PhaseActivate
}

// explain prints what the failure of a run means here, behind the child's own words, and returns its error with the exit status
// that a nixos-rebuild hides in its text under a 1: it is that of the command that failed (nixpkgs, nixos-rebuild-ng).
func (d *deployment) explain(h *hearing, results map[string]string, err error) error {
	said := h.explain(err, d.situation())
	if len(said) == 0 {
		return err
	}
	if d.session.Stdio.Err != nil {
		if h.midLine() {
			fmt.Fprintln(d.session.Stdio.Err)
		}
		for i, e := range d.worthSaying(said, results) {
			f := d.explained(e)
			if i > 0 {
				f.Severity = report.Note
			}
			printFinding(d.session.Stdio.Err, f, d.request.Call())
		}
	}
	h.told = h.activating()
	var exit *nixexec.ExitError
	status := said[0].Status
	if d.job.Dialect == nil || status <= request.ExitFailed || !errors.As(err, &exit) || exit.Code != request.ExitFailed {
		return err
	}
	return &StatusError{Code: status, Err: fmt.Errorf("%w, for a command that ended with %d: so does nixhop", spoken(err), status)}
}

// worthSaying leaves the most specific explanation, and one that answers a hint of the child's. What conclude says of an activation
// that nixhop has made itself is left to it.
func (d *deployment) worthSaying(said []explain.Explanation, results map[string]string) []explain.Explanation {
	concluded := []string{explain.ExitRow, "switch-err"}
	outcome, activated := results["outcome"]
	if plan.ParseOutcome(outcome).Status < 0 {
		concluded = []string{"ssh-lost"}
	}
	var kept []explain.Explanation
	for i, e := range said {
		if activated && slices.Contains(concluded, e.ID) {
			continue
		}
		if i == 0 || e.ID == "ng-hint" {
			kept = append(kept, e)
		}
	}
	return kept
}

// explained is an explanation as a finding.
func (d *deployment) explained(e explain.Explanation) report.Finding {
	f := report.Finding{Name: e.ID, Severity: report.Error, Host: "here", What: e.Meaning, Remedy: e.Remedy}
	if d.target != nil {
		f.Host = d.target.Host.Name
	}
	return f
}

// situation is what this run knows about itself.
func (d *deployment) situation() explain.Situation {
	s := explain.Situation{
		Configuration: d.job.Configuration,
		Flake:         d.source.Flake,
		Action:        d.request.Action,
		SudoUser:      d.session.Env("SUDO_USER"),
		Local:         d.local,
	}
	if s.SudoUser == "root" {
		s.SudoUser = ""
	}
	if d.target != nil {
		s.Alias = d.target.Host.String()
	}
	if m := d.job.Target; m != nil {
		s.User, s.HostName, s.Port, s.Jump = m.Endpoint.User, m.Endpoint.HostName, m.Endpoint.Port, m.Endpoint.ProxyJump
	}
	switch {
	case d.place.Target:
		s.BuildHost = "target"
	case d.job.Build != nil:
		s.BuildHost = d.job.Build.Host.String()
	}
	if d.on != nil {
		s.SudoWorks = d.on.facts.Elevate.SudoFree == facts.Yes
	}
	return s
}

// local reports whether a path, relative to the top of the git tree that the flake stands in, exists here.
func (d *deployment) local(path string) bool {
	flake := strings.TrimPrefix(strings.TrimPrefix(d.source.Flake, "git+file://"), "path:")
	flake, _, _ = strings.Cut(flake, "?")
	if flake == "" || !filepath.IsLocal(path) || flake[0] != '.' && flake[0] != '/' {
		return false
	}
	if !filepath.IsAbs(flake) {
		flake = filepath.Join(d.session.Dir, flake)
	}
	for dir := flake; ; dir = filepath.Dir(dir) {
		if nixexec.Exists(filepath.Join(dir, ".git")) {
			return nixexec.Exists(filepath.Join(dir, path))
		}
		if dir == filepath.Dir(dir) {
			return false
		}
	}
}
