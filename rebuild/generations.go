package rebuild

import (
	"context"
	"errors"

	"nixhop/nixexec"
	"nixhop/rebuild/facts"
	"nixhop/rebuild/plan"
	"nixhop/rebuild/report"
	"nixhop/rebuild/request"
)

// listGenerations shows the generations of a host, by its own nixos-rebuild: no other refuses a host for this action. Root is not needed.
func (r *Run) listGenerations(ctx context.Context, p Placed) error {
	if p.Target == nil {
		return &request.UsageError{Message: "list-generations needs a host here", Hint: "nixhop list-generations HOST"}
	}
	m, err := r.machine(ctx, p, p.Target.Host)
	if err != nil {
		return err
	}
	command := nixexec.SessionCommand(m.Master, generationsWords(p.Request)...)
	if p.Request.Plan {
		r.print(plan.Plan{
			Dir: r.net.Dir(), Masters: []nixexec.MasterOptions{m.Master},
			Steps: []plan.Step{{Name: "list-generations", Where: m.Host.Name, Command: command}},
		}.Script())
		return nil
	}
	if err := r.net.MakeDir(); err != nil {
		return err
	}
	l := Located{Placed: p, Machine: m}
	r.lookHere(ctx, []Located{l})
	link, err := r.reach(ctx, l, m)
	if err == nil {
		_, err = r.probed(ctx, l, link)
	}
	if err != nil {
		return err
	}
	err = nixexec.Run(ctx, command, r.Stdio)
	var exit *nixexec.ExitError
	if errors.As(err, &exit) && exit.Code == request.ExitNotInstalled {
		look := report.SSH(m.Host.String(), "ls -l "+facts.ProfilePath(p.Request.Value("--profile-name"))+"-*-link")
		return &notThere{"there is no nixos-rebuild on " + nixexec.Quoted(m.Host.Name) + "\n" +
			p.Request.Call().Lines([]report.Remedy{look})[0]}
	}
	return err
}

// notThere says that the host has no nixos-rebuild.
type notThere struct{ message string }

// Error is the message.
func (e *notThere) Error() string { return e.message }

// Unwrap is what it means here.
func (e *notThere) Unwrap() error { return &nixexec.NotFoundError{Program: "nixos-rebuild"} }

func generationsWords(r request.Request) []string {
	words := []string{"nixos-rebuild", "list-generations"}
	for _, f := range r.Flags {
		words = append(words, f.Spaced()...)
	}
	return append(words, r.Extra...)
}
