package source

import (
	"cmp"
	"fmt"
	"slices"

	"nixhop/nixexec"
	"nixhop/rebuild/inventory"
	"nixhop/rebuild/report"
	"nixhop/rebuild/request"
	"nixhop/sshcfg"
)

// Target is one host of the run, before anything was asked of it.
type Target struct {
	Selector request.Selector
	Host     sshcfg.Host  // what ssh, nix and nixos-rebuild are given, untouched
	Hints    sshcfg.Hints // from the ssh config's comments
	Listed   bool         // the ssh config names or matches it

	Node  *inventory.Node // whose configuration it gets; nil: one of the flake's nixosConfigurations, or what a file holds
	Lines []string        // of ssh configuration, that the node adds to what the ssh config says of its alias
}

// From is the source of the target's configuration; nil is this machine.
func (t *Target) From(s Source) Source {
	if t != nil && t.Node != nil {
		s.Form = t.Node.Form
	}
	return s
}

// Of is the node whose configuration the target gets; nil: none of an inventory.
func (t *Target) Of() *inventory.Node {
	if t == nil {
		return nil
	}
	return t.Node
}

// Substitutes reports whether the target's node wants the hosts to fetch from binary caches; nil is this machine.
func (t *Target) Substitutes() bool { return t.Of() != nil && t.Of().Substitute }

// HealthChecks are those of nodes, by the hosts as typed; a nil target is this machine.
func HealthChecks(targets []*Target) map[string][]inventory.HealthCheck {
	checks := map[string][]inventory.HealthCheck{}
	for _, t := range targets {
		if n := t.Of(); n != nil && len(n.Health) > 0 {
			checks[t.Word()] = n.Health
		}
	}
	return checks
}

// Lines are what nodes add to the ssh config, by the names of their hosts; a nil target is this machine.
func Lines(targets []*Target) map[string][]string {
	lines := map[string][]string{}
	for _, t := range targets {
		if t != nil && len(t.Lines) > 0 {
			lines[t.Host.Name] = t.Lines
		}
	}
	return lines
}

// Called is the target in a sentence: by the name of its node, where it is reached by the node's own address.
func (t *Target) Called() string {
	if t.Node != nil && t.Host.Name == t.Node.Host {
		return t.Node.Name
	}
	return t.Host.Name
}

// Inventory lists the aliases of the ssh config. What could not be read is said where it matters for what was asked:
// ssh itself decides what an alias means.
func Inventory(r request.Request) (inv sshcfg.Inventory, unread []string) {
	inv = sshcfg.List(sshcfg.Files(r.SSHConfig))
	names := r.PlainNames()
	for _, w := range inv.Warnings {
		lost := slices.Contains(inv.Lost, w)
		if r.Action == "hosts" || !w.Hint && !lost && w.Concerns(names) {
			unread = append(unread, w.String())
		}
	}
	return inv, unread
}

// Word is the target as typed; of this machine (nil) it is "here", as Name is.
func (t *Target) Word() string {
	if t == nil {
		return report.Here
	}
	return t.Selector.Word
}

// Name is the target's alias.
func (t *Target) Name() string {
	if t == nil {
		return report.Here
	}
	return t.Host.Name
}

// SSH is the target as ssh takes it; empty for this machine (nil).
func (t *Target) SSH() string {
	if t == nil {
		return ""
	}
	return t.Host.String()
}

// Fixed reports whether the configuration's name is known without the flake's list.
func (t Target) Fixed(s Source) bool { return t.Wants(s) != "" }

// Wants is the configuration's name where it is known without the flake's list: what stands on the command line wins
// over a hint.
func (t Target) Wants(s Source) string {
	if t.Node != nil {
		return t.Node.Name
	}
	return cmp.Or(t.Selector.Configuration, s.Name, t.Hints.Configuration)
}

// Own is a request for many hosts as one for this host alone; nil is this machine.
func (t *Target) Own(r request.Request) request.Request {
	if t != nil {
		r = r.For(t.Selector)
		r.Hinted = t.Hints.Allow
	}
	return r
}

// WantsNames reports whether the configuration is to be one of the flake's, which it then has to name.
func (t *Target) WantsNames(s Source, r request.Request) bool {
	return t != nil && t.Node == nil && s.IsFlake() && r.Evaluates() && !(r.NoCheck && t.Fixed(s))
}

// Complaints are about hints of the target that say nothing; nil is this machine.
func (t *Target) Complaints() []string {
	var said []string
	if t == nil {
		return nil
	}
	for _, name := range t.Hints.Allow {
		if !slices.Contains(report.Skippable(), name) {
			said = append(said, fmt.Sprintf("the hint allow=%s of %q names no finding that can be let through",
				nixexec.Printable(name), t.Host.Name))
		}
	}
	return said
}
