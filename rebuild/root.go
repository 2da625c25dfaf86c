package rebuild

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"nixhop/nixexec"
	"nixhop/rebuild/check"
	"nixhop/rebuild/facts"
	"nixhop/rebuild/plan"
	"nixhop/rebuild/report"
	"nixhop/rebuild/request"
)

// passwordTries is how often a password may be mistyped, as for sudo itself.
const passwordTries = 3

// settleElevation settles how root is gained on the target: it is there already, comes without a password, or by one that is to be asked for.
// nixos-rebuild cannot be given a password that was tried before the build (nixpkgs#342657): nixhop takes the steps itself then.
func (d *deployment) settleElevation() {
	c := d.on
	if c == nil || d.job.Target == nil || !d.needsRoot() || c.facts.Root() {
		return
	}
	e, ways := c.facts.Elevate, d.ways()
	c.machine.Elevate = plan.Elevation(e, ways)
	way, free := e.Way(ways)
	if free && d.job.Dialect != nil && !d.keepsNixosRebuild() && !d.job.Dialect.Elevates(way) {
		d.nativeFor = fmt.Sprintf("root on %s comes by %s, which %q does not know", c.machine.Host, way, d.job.Dialect.Path)
		d.job.Dialect = nil
	}
	forced := way == facts.BySudo && d.request.Has("--ask-elevate-password")
	wanted := way == facts.BySudo && e.SudoFree == facts.No && e.SudoRules == ""
	if !forced && !wanted || !d.session.Interactive || d.checking || d.request.Engine == request.EngineNixosRebuild {
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
	return d.request.Engine == request.EngineNixosRebuild || plan.NativeRefusal(d.request) != nil
}

// ways are the ways to root that may be taken: those of the request, and of these, where nixos-rebuild must do the work, those that
// it knows.
func (d *deployment) ways() []facts.Way {
	ways := d.request.Ways()
	if d.request.Method() != "" || d.job.Dialect == nil || !d.keepsNixosRebuild() {
		return ways
	}
	return slices.DeleteFunc(slices.Clone(ways), func(w facts.Way) bool { return !d.job.Dialect.Elevates(w) })
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
		if !password.OneLine() {
			continue
		}
		err = d.tryPassword(ctx, password)
		var refused *nixexec.ExitError
		switch {
		case err == nil:
			d.password = password
			c.machine.Elevate = plan.WithPassword
			d.job.Password = true
			return nil
		case !errors.As(err, &refused) || ctx.Err() != nil:
			return err
		}
		d.session.Log.Warn("sudo on " + host + " says: " + nixexec.Printable(nixexec.LastLine(refused.Stderr)))
	}
	d.found = append(d.found, report.Finding{
		Name: "sudo-password", Severity: report.Error, Host: host,
		What:   fmt.Sprintf("sudo did not take any of %d passwords for %q", passwordTries, c.facts.Login.User),
		Why:    "the activation needs root there; without it the whole build would be in vain",
		Remedy: check.FreeSudo(check.TargetWant{PublicKey: check.PublicKey(c.machine.Endpoint)}),
	})
	return d.session.reportTo(d.found, request.Request{}, d.request.Call())
}

// tryPassword has sudo check the password and do nothing; nothing that sudo remembers counts (-k).
func (d *deployment) tryPassword(ctx context.Context, password nixexec.Secret) error {
	command := d.on.master.Command("sudo", "-k", "-S", "-p", "", "true")
	command.Secret = password
	_, err := nixexec.Output(ctx, command)
	return err
}
