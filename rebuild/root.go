package rebuild

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"nixhop/nixexec"
)

// passwordTries is how often a password may be mistyped, as for sudo itself.
const passwordTries = 3

// withPassword runs what follows as root with the password on the first line of standard input. The shell between skips lines up to
// scriptMark: a sudo that wanted no password after all has left that line, which must not be run as a command.
var withPassword = []string{"sudo", "-k", "-S", "-p", "", "/bin/sh", "-c",
	`while IFS= read -r line && [ "$line" != ` + scriptMark + ` ]; do :; done; exec "$@"`, "sh"}

// scriptMark stands between the password and the script on standard input.
const scriptMark = "nixhop-script-follows"

// settleElevation settles how root is gained on the target: it is there already, comes without a password, or by one that is to be asked for.
// nixos-rebuild cannot be given a password that was tried before the build (nixpkgs#342657): nixhop takes the steps itself then.
func (d *deployment) settleElevation() {
	c := d.on
	if c == nil || d.job.Target == nil || !d.needsRoot() || c.facts.Root() {
		return
	}
	e, ways := c.facts.Elevate, d.ways()
	c.machine.Elevate = elevation(e, ways)
	way, free := e.way(ways)
	if free && d.job.Dialect != nil && !d.keepsNixosRebuild() && !d.job.Dialect.elevates(way) {
		d.nativeFor = fmt.Sprintf("root on %s comes by %s, which %q does not know", c.machine.Host, way, d.job.Dialect.Path)
		d.job.Dialect = nil
	}
	forced := way == BySudo && d.request.Has("--ask-elevate-password")
	wanted := way == BySudo && e.SudoFree == No && e.SudoRules == ""
	if !forced && !wanted || !d.session.Interactive || d.checking || d.request.Engine == EngineNixosRebuild {
		return
	}
	d.wantsPassword = true
	if d.job.Dialect != nil {
		d.job.Dialect = nil
		d.session.Log.Info("taking the steps by nix and ssh: nixos-rebuild cannot be given a password that was tried")
	}
}

// keepsNixosRebuild reports whether nixhop cannot take the steps itself.
func (d *deployment) keepsNixosRebuild() bool {
	return d.request.Engine == EngineNixosRebuild || nativeRefusal(d.request) != nil
}

// ways are the ways to root that may be taken: those of the request, and of these, where nixos-rebuild must do the work, those that
// it knows.
func (d *deployment) ways() []Way {
	ways := d.request.ways()
	if d.request.method() != "" || d.job.Dialect == nil || !d.keepsNixosRebuild() {
		return ways
	}
	return slices.DeleteFunc(slices.Clone(ways), func(w Way) bool { return !d.job.Dialect.elevates(w) })
}

// askPassword asks until the host takes the password.
func (d *deployment) askPassword(ctx context.Context) error {
	c := d.on
	host := c.machine.Host.String()
	for range passwordTries {
		password, err := nixexec.AskSecret(ctx, fmt.Sprintf("[sudo] password for %s on %s: ", c.facts.Login.User, host))
		if err != nil {
			return err
		}
		if strings.ContainsAny(password, "\n\r\x00") {
			continue
		}
		err = d.tryPassword(ctx, password)
		var refused *nixexec.ExitError
		switch {
		case err == nil:
			d.password = password
			c.machine.Elevate = withPassword
			d.job.Password = true
			return nil
		case !errors.As(err, &refused) || ctx.Err() != nil:
			return err
		}
		d.session.Log.Warn("sudo on " + host + " says: " + printable(lastLine(refused.Stderr)))
	}
	d.found = append(d.found, Finding{
		Name: "sudo-password", Severity: Error, Host: host,
		What:   fmt.Sprintf("sudo did not take any of %d passwords for %q", passwordTries, c.facts.Login.User),
		Why:    "the activation needs root there; without it the whole build would be in vain",
		Remedy: freeSudo(TargetWant{PublicKey: publicKey(c.machine.Endpoint)}),
	})
	return d.session.report(d.found, Request{})
}

// tryPassword has sudo check the password and do nothing; nothing that sudo remembers counts (-k).
func (d *deployment) tryPassword(ctx context.Context, password string) error {
	command := d.on.master.Command("sudo", "-k", "-S", "-p", "", "true")
	command.Stdin = password + "\n"
	_, err := nixexec.Output(ctx, command)
	return err
}
