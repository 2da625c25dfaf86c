// Package profiles gives a host the profiles that its node has beside the system: of root's other ones, of its users.
// They are built and copied as the system is, before anything is activated, and set and activated behind the system.
//
// Which profiles a node has does not live here, nor anything of the system's.
package profiles

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"path"
	"regexp"
	"slices"
	"strings"

	"nixhop/nixexec"
	"nixhop/rebuild/decision"
	"nixhop/rebuild/inventory"
	"nixhop/rebuild/plan"
	"nixhop/rebuild/remote"
	"nixhop/rebuild/report"
	"nixhop/rebuild/request"
)

//go:embed profile.sh
var script string

// Ready are the profiles of one host, as they lie there, ready to be set. A nil one is none.
type Ready struct {
	performer remote.Performer
	profiles  []profile
}

// profile is a profile with what it is set to.
type profile struct {
	inventory.Profile
	system string // the store path
}

// Prepare builds the profiles that a request deploys to the host of a performer, and brings them there. Errors: one
// cannot be made, or is not for that; nothing is activated then.
func Prepare(ctx context.Context, p remote.Performer, n *inventory.Node) (*Ready, error) {
	if n == nil || len(n.Profiles) == 0 || !p.Job.Request.SetsProfiles() {
		return nil, nil
	}
	var names []string
	for _, one := range n.Profiles {
		names = append(names, one.Name)
		if err := wrong(p.Job, one); err != nil {
			return nil, err
		}
	}
	derivations, err := n.Form.Derivations(ctx, p.Job.Source.Where(), p.Job.Request, n.Name, names)
	if err != nil {
		return nil, err
	}
	if err := p.Keep(ctx, "copy"); err != nil {
		return nil, err
	}
	r := &Ready{performer: p}
	for _, one := range n.Profiles {
		p.Job.Name = strings.TrimPrefix(r.performer.Job.Name+"-"+one.Name, "-") // beside the link of the system
		results := plan.Results{"derivation": derivations[one.Name]}
		if _, err := p.TakeAll(ctx, slices.Concat(plan.Build(p.Job), plan.Copy(p.Job)), results); err != nil {
			return nil, fmt.Errorf("profile %q: %w; nothing was activated", one.Name, err)
		}
		r.profiles = append(r.profiles, profile{one, results["toplevel"]})
	}
	return r, nil
}

// The forms of a profile's name, which becomes that of a file, and of a user.
var (
	plainName = regexp.MustCompile(`^[A-Za-z0-9_][A-Za-z0-9_.+-]*$`)
	account   = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_.-]*\$?$`)
)

// wrong is the error of a profile that cannot be deployed as it is described.
func wrong(j plan.Job, one inventory.Profile) error {
	fails := func(why, hint string) error {
		return fmt.Errorf("profile %q: %s; nothing was activated\n%s", one.Name, why, hint)
	}
	switch {
	case !plainName.MatchString(one.Name):
		return fails("that is no name of a profile", "letters, digits and ._+- make one")
	case one.User == "":
		return fails("neither user nor sshUser says whose it is", `as in: profiles.`+one.Name+`.user = "ann"`)
	case !account.MatchString(one.User):
		return fails(fmt.Sprintf("%q is no name of a user", one.User), `as in: profiles.`+one.Name+`.user = "ann"`)
	case one.Path != "" && (!path.IsAbs(one.Path) || path.Clean(one.Path) != one.Path || nixexec.Printable(one.Path) != one.Path):
		return fails(fmt.Sprintf("%q is no plain path", one.Path), `as in: profilePath = "/nix/var/nix/profiles/per-user/ann/home"`)
	case j.Commands != nil:
		return fails("sudo lets this login run single commands only there, and no shell of root's",
			"log in as root: "+j.Request.On("root@"+j.Target.Host.Name).Offer(report.Again()))
	}
	return nil
}

// After sets and activates the profiles behind the activation of the system, of which err is what came. Where that did
// not go well they are left alone, which is said.
func (r *Ready) After(ctx context.Context, err error) error {
	if r == nil {
		return err
	}
	if err != nil {
		r.performer.Say.Warn("not set, for they come behind the system: profiles " + report.Listed(r.names(r.profiles)))
		return err
	}
	for i, one := range r.profiles {
		if err := r.set(ctx, one); err != nil {
			if rest := r.names(r.profiles[i+1:]); len(rest) > 0 {
				r.performer.Say.Warn("not set: profiles " + report.Listed(rest))
			}
			return fmt.Errorf("the system is in its place, and its profile %q is not: %w", one.Name, err)
		}
	}
	return nil
}

// set sets and activates one profile.
func (r *Ready) set(ctx context.Context, one profile) error {
	p := r.performer
	name := p.Link.Machine.Host.Name
	err := p.Link.Keep(ctx, p.Somebody, func() { p.Say.Warn("the connection to " + name + " was lost; connecting again for its profiles") })
	if err != nil {
		return err
	}
	command := p.Link.Command(append(slices.Clone(p.Job.Elevate), "/bin/sh", "-s")...)
	command.Stdin = scriptFor(one, p.Job.Request)
	if p.Job.Password {
		command.Secret, command.Stdin = p.Password, decision.ScriptMark+"\n"+command.Stdin
	}
	told := ""
	err = nixexec.Lines(ctx, command, func(line []byte) {
		if state, is := strings.CutPrefix(strings.TrimSpace(string(line)), "profile="); is {
			told = state
		}
	}, func(line []byte) { p.Say.Output(string(line)) })
	var exit *nixexec.ExitError
	switch {
	case nixexec.Interrupted(err) || context.Cause(ctx) != nil:
		return err
	case errors.As(err, &exit) && told == "restored":
		return fmt.Errorf("its activation ended with %d; the one before is active again", exit.Code)
	case errors.As(err, &exit):
		why := fmt.Sprintf("what sets and activates it ended with %d", exit.Code)
		if said := nixexec.LastLine(strings.TrimSpace(exit.Stderr)); said != "" {
			why += fmt.Sprintf(": %q", said)
		}
		return errors.New(why)
	case err != nil:
		return err
	case told == "same":
		p.Say.Info(fmt.Sprintf("profile %s of %s is %s already", one.Name, one.User, one.system))
	case told == "set":
		p.Say.Info(fmt.Sprintf("profile %s of %s is %s", one.Name, one.User, one.system))
	default:
		return fmt.Errorf("the host told %q of it", nixexec.Printable(told))
	}
	return nil
}

// scriptFor is what the host's shell is given for a profile.
func scriptFor(one profile, r request.Request) string {
	word := func(holds bool) string {
		if holds {
			return "1"
		}
		return ""
	}
	boot := "0"
	if r.Action == "boot" {
		boot = "1"
	}
	return nixexec.Assignments(
		[2]string{"user", one.User}, [2]string{"name", one.Name}, [2]string{"place", one.Path}, [2]string{"path", one.system},
		[2]string{"boot", boot}, [2]string{"restore", word(one.Restore)}, [2]string{"force", word(r.Has("--force"))}, nixexec.HostPrograms(),
	) + script
}

func (r *Ready) names(all []profile) []string {
	var names []string
	for _, one := range all {
		names = append(names, one.Name)
	}
	return names
}

// Described are the profiles that a request deploys, for its plan, which has no commands for them.
func Described(j plan.Job, n *inventory.Node) []string {
	if n == nil || len(n.Profiles) == 0 || !j.Request.SetsProfiles() {
		return nil
	}
	var lines []string
	for _, one := range n.Profiles {
		lines = append(lines, nixexec.Printable(fmt.Sprintf("profile %s of %s, built before the activation and set behind it: not by these commands", one.Name, one.User)))
	}
	return lines
}
