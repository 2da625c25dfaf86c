// Package rebuild conducts a run: it takes hosts through the stages of a deployment, side by side, and lets none of
// them into a later part of it before all are through the earlier one. What is decided on the way is decided in the
// rooms below, and what is done is done by them: here stands only who comes when. Nothing here prints: everything said
// is an event.
package rebuild

import (
	"fmt"
	"os"
	"slices"

	"nixhop/nixexec"
	"nixhop/rebuild/check"
	"nixhop/rebuild/facts"
	"nixhop/rebuild/remote"
	"nixhop/rebuild/report"
	"nixhop/rebuild/request"
	"nixhop/rebuild/source"
	"nixhop/sshcfg"
)

// Session is what main knows about the world around a run, handed down once.
type Session struct {
	Stdio nixexec.Stdio       // the real files, for the one foreground child of a run
	Say   report.Sink         // takes everything else that is said
	Ask   remote.Asker        // who is asked
	Pass  remote.Asker        // who is asked for a password: on the terminal, wherever standard error goes
	Env   func(string) string // os.Getenv, or a table in tests
	Dir   string              // working directory, absolute
	Self  os.FileInfo         // the running executable, so that nixhop never calls itself as nixos-rebuild
}

// somebody reports whether there is somebody to be asked.
func (s *Session) somebody() bool {
	_, nobody := s.Ask.(remote.Nobody)
	return !nobody
}

// hasPassword reports whether there is somebody who can be asked for a password, or a line that holds it.
func (s *Session) hasPassword() bool {
	_, nobody := s.Pass.(remote.Nobody)
	return !nobody
}

// inventory lists the aliases; what could not be read is only a warning, ssh itself decides what an alias means. It is
// said where it matters for what was asked.
func (s *Session) inventory(r request.Request) sshcfg.Inventory {
	inv := sshcfg.List(sshcfg.Files(r.SSHConfig))
	names := r.PlainNames()
	for _, w := range inv.Warnings {
		lost := slices.Contains(inv.Lost, w)
		if r.Action == "hosts" || !w.Hint && !lost && w.Concerns(names) {
			s.Say.Warn(w.String())
		}
	}
	return inv
}

// readable ends a run for hosts whose hints may stand in what ssh reads and nixhop cannot: they decide what is deployed.
func (s *Session) readable(inv sshcfg.Inventory) error {
	var found []report.Finding
	for _, w := range inv.Lost {
		f := check.UnreadConfig(report.Here, w)
		s.Say(report.Event{Kind: report.Found, Finding: &f})
		found = append(found, f)
	}
	if len(found) > 0 {
		return &report.CheckError{Findings: found}
	}
	return nil
}

// source is where the configurations of a request are. One that was found, but not named, must not be somebody else's, who
// may have put it above the working directory (CVE-2022-24765 of git).
func (s *Session) source(r request.Request) (source.Source, error) {
	src := source.FindSource(r, s.Dir, nixexec.Exists, nixexec.Realpath)
	if err := src.Unowned(s.Env); err != nil {
		return src, err
	}
	return src, src.Misread(r, s.Dir, nixexec.Exists, nixexec.Realpath)
}

// sayFound says which flake was found above the working directory.
func (s *Session) sayFound(src source.Source) {
	if src.Found != "" && src.Found != s.Dir {
		s.Say.Info(fmt.Sprintf("the flake is that of %q, above this directory", src.Found))
	}
}

// warnSudo says whose ssh config, keys and agent are in use where nixhop was run through sudo: root's. It is the
// reason behind many a refused login (field: sudo nixos-rebuild --target-host).
func (s *Session) warnSudo(r request.Request) {
	name := facts.SudoUser(s.Env)
	if name == "" || (len(r.Hosts) == 0 && request.LocalBuildHost(r.BuildHost)) {
		return
	}
	s.Say.Warn(fmt.Sprintf("run through sudo: root's ssh config, keys and agent are in use, not those of %q; without sudo, root is gained on the host", name))
}
