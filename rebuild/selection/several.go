package selection

import (
	"errors"
	"fmt"
	"slices"

	"nixhop/nixexec"
	"nixhop/rebuild/decision"
	"nixhop/rebuild/report"
	"nixhop/rebuild/request"
	"nixhop/rebuild/source"
)

// named is the choice of the words as they stand, for what can be said without a look at what they mean.
func named(r request.Request) Choice {
	var c Choice
	for i, sel := range r.Hosts {
		if !slices.Contains(r.Hosts[:i], sel) {
			c.Targets = append(c.Targets, source.Target{Selector: sel})
		}
	}
	return c
}

// several says why an action is none for several hosts; nil where it is one, or where there are not several. They are
// always deployed by nixhop's own steps.
func (c Choice) several(r request.Request, s source.Source) error {
	if len(c.Targets) < 2 {
		return nil
	}
	var names []string
	alike := 0
	for _, t := range c.Targets {
		names = append(names, t.Selector.Word)
		if t.Selector.Configuration == "" {
			alike++
		}
	}
	action, _ := request.FindAction(r.Action)
	hint := r.On(names[0]).Offer(report.Again())
	refused := func(what string) error {
		return wrong(hint, "%s one host, not %d: %s", what, len(names), report.Listed(names))
	}
	switch {
	case r.Action == "list-generations", r.Action == "status", action.Command && len(r.Extra) > 0:
		return nil
	case action.Command:
		hint = r.Offer(report.Again("--", "COMMAND"))
		return refused("without a command " + r.Action + " is a login on")
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
	case alike > 1 && !s.Names() && r.Evaluates():
		hint = "several hosts have a configuration each in a flake: --flake FLAKE"
		return refused("without a flake there is the configuration of")
	}
	var beyond *request.UsageError
	if err := decision.Refusal(r); r.Action != "check" && errors.As(err, &beyond) {
		return wrong("leave it out, or take one host at a time: "+hint, "%s, and several hosts are deployed without it", beyond.Message)
	}
	return nil
}
