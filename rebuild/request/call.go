package request

import (
	"slices"

	"nixhop/rebuild/report"
	"nixhop/sshcfg"
)

// notRepeated are the flags that say nothing about what is deployed, or how.
var notRepeated = [...]string{"--json", "--plan", "--check", "--verbose", "--help", "--explain", "--notify", "--nom"}

// Call is how this run was called, for the commands that are offered; others are hosts that take part beside the
// target.
func (r Request) Call(others ...sshcfg.Host) report.Call {
	call := report.Call{Action: r.Action, SSHConfig: r.SSHConfig, TargetHost: r.TargetHostFlag, Flags: r.repeatedFlags(notRepeated[:]), Extra: r.Extra}
	if len(r.Hosts) > 1 || len(r.Hosts) == 1 && r.Hosts[0].Kind != OneHost {
		for _, sel := range r.Hosts {
			call.Several = append(call.Several, sel.Word)
		}
	}
	if len(r.Hosts) == 1 {
		if h, err := sshcfg.ParseHost(r.Hosts[0].Host); err == nil {
			call.Host, call.Word = h.String(), r.Hosts[0].Word
			others = append(others, h)
		}
	}
	for _, h := range others {
		if h.Port != 0 {
			call.Ports = append(call.Ports, report.Port{Host: h.String(), Port: h.Port})
		}
	}
	return call
}

// repeatedFlags are the flags without which something else would be deployed, or otherwise: all but some.
func (r Request) repeatedFlags(but []string) []report.Flag {
	var flags []report.Flag
	add := func(name string, words ...string) { flags = append(flags, report.Flag{Name: name, Words: words}) }
	switch {
	case r.FlakeGiven && r.Flake != "":
		add("--flake", "--flake", r.Flake)
	case r.FlakeGiven:
		add("--flake", "--flake")
	case r.NoFlake:
		add("--no-flake", "--no-flake")
	}
	if r.File != "" {
		add("--file", "--file", r.File)
	}
	if r.Attr != "" {
		add("--attr", "--attr", r.Attr)
	}
	if r.BuildHostGiven {
		add("--build-host", "--build-host", r.BuildHost)
	}
	for _, f := range slices.Concat(r.Flags, r.Own) {
		if !slices.Contains(but, f.Name) && f.Name != "--all" { // which stands among the hosts
			add(f.Name, f.Words()...)
		}
	}
	return flags
}
