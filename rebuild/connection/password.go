package connection

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"nixhop/nixexec"
	"nixhop/nixexec/ssh"
	"nixhop/rebuild/check"
	"nixhop/rebuild/decision"
	"nixhop/rebuild/facts"
	"nixhop/rebuild/prompt"
	"nixhop/rebuild/report"
)

// ErrPassword says that sudo did not take any of the passwords, and ErrNoPassword that there was none.
var (
	ErrPassword   = errors.New("sudo took none of the passwords")
	ErrNoPassword = errors.New("there was no password")
)

// SudoError is what sudo says where it does not do what it is asked for, and another password would not help.
type SudoError struct{ Says string }

// Error is what sudo says.
func (e *SudoError) Error() string { return facts.SudoReason(e.Says) }

// AskPassword asks for the login's password of sudo on the host until sudo takes it; what sudo says of a wrong one goes
// to warn. Where it takes none of three, or the one line that there is, the error is ErrPassword, and where it fails
// otherwise a *SudoError. Nothing of the question is the host's own words: the user is the one that ssh logs in as.
func (l *Link) AskPassword(ctx context.Context, ask prompt.Asker, elevate []string, warn func(string)) (nixexec.Secret, error) {
	host, user := l.Machine.Host.String(), l.Machine.Endpoint.User
	for range prompt.Tries(ask) {
		password, err := ask.Secret(ctx, fmt.Sprintf("[sudo] password for %s on %s: ", user, host))
		if errors.Is(err, io.EOF) {
			return nixexec.Secret{}, ErrNoPassword
		}
		if err != nil {
			return nixexec.Secret{}, err
		}
		if !password.OneLine() {
			continue
		}
		err = l.TryPassword(ctx, elevate, password)
		var refused *nixexec.ExitError
		switch {
		case err == nil:
			return password, nil
		case !errors.As(err, &refused) || refused.Code == ssh.Failed || ctx.Err() != nil:
			return nixexec.Secret{}, err
		case !facts.SudoWrong(refused.Stderr):
			return nixexec.Secret{}, &SudoError{refused.Stderr}
		}
		warn("sudo on " + host + " says: " + nixexec.Printable(nixexec.LastLine(refused.Stderr)))
	}
	return nixexec.Secret{}, ErrPassword
}

// TryPassword has sudo start, by what stands in front of it, what it will start for the activation, which has nothing
// to do yet; nothing that sudo remembers counts (-k). The error is an *nixexec.ExitError where sudo does not do it.
func (l *Link) TryPassword(ctx context.Context, elevate []string, password nixexec.Secret) error {
	command := l.Command(append(slices.Concat([]string{"env", "LC_ALL=C"}, elevate), "/bin/sh", "-s")...)
	command.Secret = password // and nothing behind it: sudo would take that for the next try
	ctx, cancel := context.WithTimeout(ctx, AnswerTimeMax)
	defer cancel()
	_, err := nixexec.Output(ctx, command)
	return err
}

// Password is AskPassword for a user of the host. Why sudo takes none is a finding, and no error.
func (l *Link) Password(ctx context.Context, ask prompt.Asker, elevate []string, user string, warn func(string)) (nixexec.Secret, []report.Finding, error) {
	ask = prompt.ForHost(ask)
	password, err := l.AskPassword(ctx, ask, elevate, warn)
	host, key := l.Machine.Host.String(), facts.PublicKey(l.Machine.Endpoint)
	var refused *SudoError
	switch {
	case errors.Is(err, ErrPassword):
		return password, []report.Finding{check.WrongPassword(host, user, key, prompt.Tries(ask))}, nil
	case errors.Is(err, ErrNoPassword):
		return password, []report.Finding{check.NoPassword(host, user, key)}, nil
	case errors.As(err, &refused):
		return password, []report.Finding{check.SudoFails(host, user, refused.Says, key)}, nil
	}
	return password, nil, err
}

// NotPermitted has sudo itself say whether it lets a user of the host run each of the commands that its list of rules
// has seemed to cover (nil: none): of a program it knows more than the name.
func (l *Link) NotPermitted(ctx context.Context, d decision.Decision, on *facts.Host) (found []report.Finding, err error) {
	if d.Commands == nil {
		return nil, nil
	}
	for _, argv := range d.Commands.On(on.System.Current) {
		says, may, err := l.MayRun(ctx, d.SudoOpts, argv)
		if err != nil {
			return found, err
		}
		if !may {
			key := facts.PublicKey(l.Machine.Endpoint)
			found = append(found, check.NotPermitted(l.Machine.Host.String(), on.Login.User, strings.Join(argv, " "), says, key))
		}
	}
	return found, nil
}

// MayRun asks sudo on the host whether a rule covers a command, and runs nothing; refused is what it says where none
// does. options are the user's own for sudo.
func (l *Link) MayRun(ctx context.Context, options, argv []string) (refused string, may bool, err error) {
	words := slices.Concat([]string{"env", "LC_ALL=C", "sudo", "-k", "-n"}, options, []string{"-l"}, argv)
	_, err = nixexec.Output(ctx, l.Command(words...))
	var exit *nixexec.ExitError
	if errors.As(err, &exit) && exit.Code != ssh.Failed && ctx.Err() == nil {
		return exit.Stderr, false, nil
	}
	return "", err == nil, err
}
