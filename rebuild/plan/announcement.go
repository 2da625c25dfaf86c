package plan

import (
	"fmt"

	"nixhop/nixexec"
	"nixhop/rebuild/facts"
	"nixhop/rebuild/source"
)

// Announcement is what is about to happen, in words.
type Announcement struct {
	Job      Job
	Target   *source.Target
	Choice   source.Configuration
	Facts    source.Facts
	Nix      facts.Nix    // of the build host
	Emulated facts.Answer // it was seen to run programs of another system
}

// String is the announcement in one line.
func (a Announcement) String() string {
	j := a.Job
	what := j.Request.Action + " " + a.Target.Called()
	if j.Target != nil {
		what += " (" + j.Target.Endpoint.Address() + ")"
	}
	switch {
	case j.Request.Has("--rollback"):
		return what + ": to the generation before"
	case j.Request.Has("--generation"):
		return what + ": generation " + j.Request.Value("--generation")
	case j.Request.Has("--store-path"):
		return what + ": " + j.Request.Value("--store-path")
	}
	if a.Choice.Name != "" {
		what += fmt.Sprintf(": configuration %s, by %s", nixexec.Printable(a.Choice.Name), a.Choice.From)
	}
	return what + a.where() + a.manner()
}

// where says where the system is built, and how it comes to its target.
func (a Announcement) where() string {
	j := a.Job
	switch {
	case j.Build == nil:
		return ", built here"
	case j.Dialect != nil || j.Target == nil || j.SameHost():
		return ", built on " + j.Build.Host.Name
	case j.Between != nil:
		return ", built and copied by " + j.Build.Host.Name
	}
	return ", built on " + j.Build.Host.Name + ", copied through here"
}

// manner says how the system is built, where that is not the ordinary way, or was asked for.
func (a Announcement) manner() string {
	j, system := a.Job, a.Facts.BuildSystem
	if j.Cross != "" && j.Cross != a.Facts.System {
		return ", cross-compiled from " + j.Cross + " for " + a.Facts.System
	}
	asked := j.Cross != "" || j.System != "" || j.Request.Has("--emulate")
	switch m := facts.FindManner(a.Nix, system); {
	case m == "" && a.Emulated == facts.Yes, m == facts.Emulated:
		return ", emulated for " + system
	case m == facts.ByRemoteBuilder:
		return ", by a remote builder for " + system
	case m == facts.Natively && asked:
		return ", natively"
	}
	return ""
}
