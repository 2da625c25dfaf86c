package remote

import (
	"context"
	"errors"
	"fmt"

	"nixhop/nixexec"
)

// passwordTries is how often a password may be mistyped, as for sudo itself.
const passwordTries = 3

// ErrPassword says that sudo did not take any of the passwords.
var ErrPassword = errors.New("sudo took none of the passwords")

// AskPassword asks for the login's password of sudo on the host until sudo takes it; what sudo says of a wrong one goes
// to warn. Where it takes none of three the error is ErrPassword. Nothing of the question is the host's own words: the
// user is the one that ssh logs in as.
func (l *Link) AskPassword(ctx context.Context, ask Asker, warn func(string)) (nixexec.Secret, error) {
	host, user := l.Machine.Host.String(), l.Machine.Endpoint.User
	for range passwordTries {
		password, err := ask.Secret(ctx, fmt.Sprintf("[sudo] password for %s on %s: ", user, host))
		if err != nil {
			return nixexec.Secret{}, err
		}
		if !password.OneLine() {
			continue
		}
		err = l.TryPassword(ctx, password)
		var refused *nixexec.ExitError
		switch {
		case err == nil:
			return password, nil
		case !errors.As(err, &refused) || ctx.Err() != nil:
			return nixexec.Secret{}, err
		}
		warn("sudo on " + host + " says: " + nixexec.Printable(nixexec.LastLine(refused.Stderr)))
	}
	return nixexec.Secret{}, ErrPassword
}

// TryPassword has sudo check a password and do nothing; nothing that sudo remembers counts (-k). The error is an
// *nixexec.ExitError where sudo does not take it.
func (l *Link) TryPassword(ctx context.Context, password nixexec.Secret) error {
	command := l.Command("sudo", "-k", "-S", "-p", "", "true")
	command.Secret = password
	_, err := nixexec.Output(ctx, command)
	return err
}
