package source

import (
	_ "embed"
	"errors"
	"slices"
	"strings"

	"nixhop/nixexec"
	"nixhop/rebuild/request"
)

//go:embed facts.nix
var factsNix string

//go:embed evaluate.nix
var evaluateNix string

// Wanted is an evaluation that is asked for.
type Wanted struct {
	Source        Source
	Configuration string          // of the flake; empty where the source is none
	Request       request.Request // has the flags that nix is given
	Cross         string          // the platform that the system is built on, where that is forced; empty: what the configuration says
	System        string          // builtins.currentSystem; empty: this machine's
	Look          bool            // nothing comes of it, so that the lock file is not written
}

// Derivation is the argv that evaluates to the derivation of the system, which it prints; the facts are told on the
// way, for ParseFacts.
func (w Wanted) Derivation() []string {
	argv := w.argv("--raw", w.toDerivation())
	if w.Look && w.Source.IsFlake() {
		argv = append(argv, NoLockFile)
	}
	return argv
}

// toDerivation is the function of a configuration that gives the derivation of its system.
func (w Wanted) toDerivation() string {
	arguments := "facts = (" + factsNix + ");"
	if w.Cross != "" {
		arguments += " buildPlatform = " + nixexec.NixString(w.Cross) + ";"
	}
	return "(" + evaluateNix + ") { " + arguments + " }"
}

// Cached is the argv that asks Nix for the derivation alone, in the way that its cache of evaluations answers and that
// fills it (measured with 2.8, 2.26 and 2.34: a plain `nix eval` does neither).
func (w Wanted) Cached() []string {
	toplevel, _ := nixexec.FlakeAttribute(w.Source.Flake, "nixosConfigurations", w.Configuration, "config", "system", "build", "toplevel")
	argv := append(nixexec.NixCommand("path-info", "--derivation", toplevel), w.Request.NixWords(request.ForFlakeEval)...)
	if w.Look && !slices.Contains(argv, NoLockFile) {
		argv = append(argv, NoLockFile)
	}
	return argv
}

// Facts is the argv that asks the configuration for its facts alone, for ReadFacts. Nothing but the facts is wanted:
// whoever builds the system writes the lock file.
func (w Wanted) Facts() []string {
	argv := w.argv("--json", factsNix)
	if w.Source.IsFlake() {
		argv = append(argv, NoLockFile)
	}
	return argv
}

// NoLockFile keeps nix from writing the lock file: two that do it at a time would get into each other's way.
const NoLockFile = "--no-write-lock-file"

// installable is what of the flake is evaluated, and the function that is applied to it: the configuration, or, where
// it has a name that no attribute path can hold, all of them.
func (w Wanted) installable(function string) (attribute, apply string) {
	all := w.Source.Flake + "#nixosConfigurations"
	if !nixexec.HasFragment(w.Configuration) {
		return all, "configurations: (" + function + ") configurations." + nixexec.NixString(w.Configuration)
	}
	return all + `."` + nixexec.Fragment(w.Configuration) + `"`, function
}

// argv evaluates a function of the configuration. A flake is evaluated in purity, unless --impure was given; without
// one there is none. Where the configuration is changed the lock file stays as it is, and so does the working tree
// around it.
func (w Wanted) argv(format, function string) []string {
	argv := nixexec.NixCommand("eval", format)
	if form := w.Source.Form; !form.IsNone() {
		argv = form.Argv(w.Source.Where(), format, form.Configuration(w.Configuration, function), w.Request)
	} else if w.Source.IsFlake() {
		attribute, apply := w.installable(function)
		argv = append(argv, attribute, "--apply", apply)
		argv = append(argv, w.Request.NixWords(request.ForFlakeEval)...)
	} else {
		argv = append(argv, "--impure", "--expr", "("+function+") ("+w.classic()+")")
		argv = append(argv, w.Request.NixWords(request.ForFlakeEval)...) // this is nix eval, too, whatever it evaluates
	}
	if w.System != "" {
		argv = append(argv, "--option", "system", w.System)
	}
	return argv
}

// classic is the configuration without a flake, as nixos-rebuild takes it: what a file or <nixpkgs/nixos> holds, and
// in it an attribute. nix-instantiate itself cannot be used: there is no way to go on from the configuration that it
// finds.
func (w Wanted) classic() string {
	var path, arguments strings.Builder
	for _, name := range attributePath(w.Source.Attr) {
		path.WriteString(" " + nixexec.NixString(name))
	}
	for _, f := range w.Request.Flags {
		switch f.Name {
		case "--arg":
			arguments.WriteString(nixexec.NixString(f.Values[0]) + " = (" + f.Values[1] + "\n); ")
		case "--argstr":
			arguments.WriteString(nixexec.NixString(f.Values[0]) + " = " + nixexec.NixString(f.Values[1]) + "; ")
		}
	}
	return "(" + classicNix + ") { source = " + sourceExpression(w.Source.File) + "; path = [" + path.String() + " ]; arguments = { " +
		arguments.String() + "}; }"
}

// Failure is what ended an evaluation, as a finding of the configuration where nix said it.
func (w Wanted) Failure(err error) error {
	var exit *nixexec.ExitError
	if !errors.As(err, &exit) || nixexec.Interrupted(err) {
		return err
	}
	return w.failure(exit.Stderr)
}

// failure is the error for facts that could not be had, by what nix said. Which file a nixos-rebuild takes that is
// told nothing of a source is its own business: it may well find one, and there is no error then.
func (w Wanted) failure(stderr string) error {
	switch {
	case !w.Source.Form.IsNone():
		return &EvaluationError{Flake: w.Source.Flake, File: w.Source.File, Node: w.Configuration, Form: w.Source.Form, Stderr: stderr}
	case w.Source.IsFlake():
		return &EvaluationError{Flake: w.Source.Ref(w.Configuration), Stderr: stderr}
	case w.Source.File != "":
		return &EvaluationError{File: w.Source.File, Stderr: stderr}
	default:
		return nil
	}
}
