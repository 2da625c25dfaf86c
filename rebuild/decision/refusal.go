package decision

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"nixhop/nixexec"
	"nixhop/rebuild/facts"
	"nixhop/rebuild/report"
	"nixhop/rebuild/request"
	"nixhop/rebuild/source"
)

// refusal says what nixhop's own steps cannot do with this source.
func (k Known) refusal() error {
	if err := Refusal(k.Request); err != nil || !k.Source.IsFlake() {
		return err
	}
	for _, name := range []string{"--arg", "--argstr"} {
		if k.Request.Has(name) {
			return &request.UsageError{Message: name + " has no effect on a flake", Hint: "it is for --file and --attr"}
		}
	}
	return nil
}

// Refusal says what nixhop's own steps cannot do, or what nixos-rebuild refuses as well.
func Refusal(r request.Request) error {
	if !slices.Contains(request.NativeActions, r.Action) {
		return &request.UsageError{Message: "--engine native cannot do " + nixexec.Quoted(r.Action), Hint: "leave --engine out: nixos-rebuild does it"}
	}
	for _, f := range r.Flags {
		if !f.Native() {
			return &request.UsageError{
				Message: fmt.Sprintf("%s needs nixos-rebuild", f.Name),
				Hint:    "leave it out, or name one: --nixos-rebuild PATH",
			}
		}
	}
	if r.Action == "build" && r.Has("--rollback") {
		return &request.UsageError{Message: "build --rollback needs nixos-rebuild", Hint: "name one: --nixos-rebuild PATH"}
	}
	if r.JSON {
		return &request.UsageError{Message: "--json needs nixos-rebuild, which ignores it", Hint: "leave it out"}
	}
	if r.Method() == string(facts.ByRun0) && r.Has("--ask-elevate-password") {
		return &request.UsageError{Message: "a password for run0 needs a nixos-rebuild that knows --elevate", Hint: "leave it out, or name one: --nixos-rebuild PATH"}
	}
	if len(r.Extra) > 0 {
		return &request.UsageError{Message: fmt.Sprintf("what follows -- is for nixos-rebuild: %s", strings.Join(r.Extra, " ")),
			Hint: "leave it out, or name one: --nixos-rebuild PATH"}
	}
	return nil
}

// Several says why an action is none for several hosts; nil where it is one, or where there are not several. They are
// always deployed by nixhop's own steps.
func Several(r request.Request, s source.Source, targets []*source.Target) error {
	if len(targets) < 2 {
		return nil
	}
	var names []string
	alike := 0
	for _, t := range targets {
		names = append(names, t.Selector.Word)
		if t.Selector.Configuration == "" {
			alike++
		}
	}
	action, _ := request.FindAction(r.Action)
	hint := r.On(names[0]).Offer(report.Again())
	refused := func(what string) error {
		return &request.UsageError{Message: fmt.Sprintf("%s one host, not %d: %s", what, len(names), report.Listed(names)), Hint: hint}
	}
	switch {
	case r.Action == "list-generations":
		return nil
	case action.Hosts == request.HostsSelect:
		return refused(r.Action + " takes")
	case r.Engine == request.EngineNixosRebuild:
		hint = "leave --engine out: several hosts are deployed by nix and ssh"
		return refused("--engine nixos-rebuild deploys")
	case r.Has("--store-path"):
		return refused("--store-path is a system for")
	case alike > 1 && s.Name != "":
		hint = "several hosts have a configuration each: --flake " + nixexec.ShellWord(s.Flake)
		return refused(fmt.Sprintf("--flake %s is the configuration of", nixexec.ShellWord(s.Ref(s.Name))))
	case alike > 1 && !s.IsFlake() && r.Evaluates():
		hint = "several hosts have a configuration each in a flake: --flake FLAKE"
		return refused("a file is the configuration of")
	}
	var beyond *request.UsageError
	if err := Refusal(r); r.Action != "check" && errors.As(err, &beyond) {
		return &request.UsageError{Message: beyond.Message + ", and several hosts are deployed without it", Hint: "leave it out, or take one host at a time: " + hint}
	}
	return nil
}
