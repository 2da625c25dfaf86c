package rebuild

import (
	"context"
	"errors"

	"nixhop/nixexec"
	"nixhop/rebuild/facts"
	"nixhop/rebuild/plan"
	"nixhop/rebuild/request"
	"nixhop/rebuild/source"
	"nixhop/sshcfg"
)

// listGenerations shows the generations of a host, by its own nixos-rebuild: no other refuses a host for this action. Root is not needed.
func (s *Session) listGenerations(ctx, background context.Context, r request.Request, inv sshcfg.Inventory, t *source.Target) error {
	if t == nil {
		return &request.UsageError{Message: "list-generations needs a host here", Hint: "nixhop list-generations HOST"}
	}
	net, err := s.newNetwork(r, inv, []sshcfg.Host{t.Host})
	if err != nil {
		return err
	}
	defer net.close()
	m, err := net.machine(background, r, t.Host, false)
	if err != nil {
		return err
	}
	command := nixexec.SessionCommand(m.Master, generationsWords(r)...)
	if r.Plan {
		s.print(plan.Plan{Masters: []nixexec.MasterOptions{m.Master}, Steps: []plan.Step{{Command: command}}}.Script())
		return nil
	}
	if err := net.makeDir(); err != nil {
		return err
	}
	c, found, err := net.connect(background, m, facts.Query{Profile: r.Value("--profile-name")})
	if err != nil {
		return err
	}
	if len(found) > 0 {
		return net.refuse(c, found)
	}
	if err := context.Cause(background); err != nil {
		return err
	}
	err = nixexec.Run(ctx, command, s.Stdio)
	var exit *nixexec.ExitError
	if errors.As(err, &exit) && exit.Code == 127 {
		return &StatusError{Code: request.ExitNotInstalled, Err: errors.New("there is no nixos-rebuild on " + nixexec.Quoted(t.Host.Name) +
			"\nssh " + nixexec.Quote(t.Host.String()) + " " + nixexec.Quote("ls -l "+facts.ProfilePath(r.Value("--profile-name"))+"-*-link"))}
	}
	return err
}

func generationsWords(r request.Request) []string {
	words := []string{"nixos-rebuild", "list-generations"}
	for _, f := range r.Flags {
		words = append(words, f.Spaced()...)
	}
	return append(words, r.Extra...)
}
