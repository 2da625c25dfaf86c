package check

import (
	"nixhop/rebuild/decision"
	"nixhop/rebuild/facts"
	"nixhop/rebuild/request"
	"nixhop/sshcfg"
)

// Of is what the checks of a deployment rest on: what is known of it, what was decided, and what this machine has told.
// publicKey finds the user's own key for a machine.
func Of(k decision.Known, d decision.Decision, here facts.Here, publicKey func(sshcfg.Endpoint) string) Deployment {
	native, permitted := d.Engine == nil, d.Commands != nil
	asked := !native && k.Request.Has("--ask-elevate-password")
	if k.Checking {
		asked = k.Request.Engine != request.EngineNixosRebuild
	}
	c := Deployment{
		Request: k.Request, On: k.On, At: k.At, Here: here, Flake: k.Source.IsFlake(), Checking: k.Checking, Alias: k.Target.SSH(),
		Root: Root{
			Needed: decision.NeedsRoot(k.Request.Action) && !d.Password, Ways: d.Ways(), Missing: d.Missing,
			ByCommands: permitted && native, Rules: permitted && !native, Asked: asked && k.Somebody,
		},
	}
	if k.Target != nil {
		c.Node = k.Target.Node
	}
	if k.Machine != nil {
		c.HostName = k.Machine.Endpoint.HostName
		c.Machine, c.PublicKey = k.Machine.Host.String(), publicKey(k.Machine.Endpoint)
	}
	if k.Builder != nil {
		c.Builder = k.Builder.Host.String()
	}
	return c
}
