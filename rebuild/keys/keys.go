// Package keys sends the keys of a node to its host: what an inventory says is to be there and is no part of a system,
// for the Nix store can be read by everybody. A key's content goes from where it comes from to the standard input of a
// shell on the host, and nowhere else: it is in no argument or environment of a program, in no file here, and in
// nothing that is said.
//
// Which keys a node has does not live here, nor when a deployment sends them.
package keys

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"path"
	"regexp"
	"strings"

	"nixhop/nixexec"
	"nixhop/rebuild/inventory"
	"nixhop/rebuild/plan"
	"nixhop/rebuild/remote"
	"nixhop/rebuild/report"
	"nixhop/rebuild/request"
)

// Ready are the keys of one host with what they hold, ready to be sent. A nil one is none.
type Ready struct {
	performer remote.Performer
	kind      inventory.Kind // where they stand
	keys      []key
	sent      []string // names of those that were written
	same      int      // how many were there already
	active    bool     // the activation is behind it
}

// key is a key with what it holds.
type key struct {
	inventory.Key
	content nixexec.Secret
	state   state // of what is sent before an activation, as the host has told it
	fresh   bool  // it was sent, and its action was not run yet
}

// noShell is why no keys are sent where sudo allows commands alone.
const noShell = "sudo lets this login run single commands only there, and no shell of root's"

// Prepare makes the keys that a request sends to the host of a performer, and asks the host whether those can be
// written that it gets before an activation. Errors: a key is not made, or cannot be written; nothing is changed then.
func Prepare(ctx context.Context, p remote.Performer, n *inventory.Node) (*Ready, error) {
	if n == nil || len(n.Keys) == 0 || !p.Job.Request.SendsKeys() {
		return nil, nil
	}
	k := &Ready{performer: p, kind: n.Form.Kind}
	if p.Job.Commands != nil {
		return nil, k.fails(n.Keys[0], noShell,
			"log in as root: "+p.Job.Request.On("root@"+p.Link.Machine.Host.Name).Offer(report.Again()))
	}
	for _, one := range n.Keys {
		if what, hint := wrong(one); what != "" {
			return nil, k.fails(one, what, hint)
		}
	}
	var err error
	if k.keys, err = k.make(ctx, n); err != nil {
		return nil, err
	}
	return k, k.look(ctx, false)
}

// Before sends what a host gets before its activation.
func (k *Ready) Before(ctx context.Context) error {
	err := k.send(ctx, false)
	if err != nil && k.performer.Job.Request.Action != request.UploadKeys {
		k.performer.Say.Info(k.done())
		err = fmt.Errorf("%w; nothing was activated", err)
	}
	return err
}

// After sends what a host gets behind its activation, of which err is what came. Units that failed may be waiting for
// just this; of an activation that came to nothing nothing follows, which is said.
func (k *Ready) After(ctx context.Context, err error) error {
	if k == nil {
		return err
	}
	var outcome *remote.OutcomeError
	units := errors.As(err, &outcome) && outcome.Result == report.Units
	if err != nil && !units {
		if names := k.names(true); len(names) > 0 {
			k.performer.Say.Warn("not sent, for they come behind an activation: " + report.Listed(names))
		}
		return err
	}
	k.active = true
	failed := k.look(ctx, true)
	if failed == nil {
		failed = k.send(ctx, true)
	}
	k.performer.Say.Info(k.done())
	if failed != nil {
		failed = fmt.Errorf("the system is in its place, and not all of its keys are\n%w", failed)
	}
	return cmp.Or(failed, err)
}

// Again sends what is not there any more, where the host was booted since the keys were sent: many lie where a boot
// leaves nothing.
func (k *Ready) Again(ctx context.Context, booted bool, err error) error {
	if k == nil || !booted || err != nil {
		return err
	}
	k.sent, k.same = nil, 0
	for _, after := range []bool{false, true} {
		if err = k.look(ctx, after); err == nil {
			err = k.send(ctx, after)
		}
		if err != nil {
			return fmt.Errorf("the host has rebooted, and not all of its keys are there\n%w", err)
		}
	}
	k.performer.Say.Info(k.done())
	return nil
}

// Upload sends all keys of a node.
func Upload(ctx context.Context, p remote.Performer, n *inventory.Node) error {
	k, err := Prepare(ctx, p, n)
	switch {
	case err != nil:
		return err
	case k == nil:
		p.Say.Info("it has no keys")
		return nil
	}
	if err = k.look(ctx, true); err == nil {
		err = k.Before(ctx)
	}
	if err == nil {
		err = k.send(ctx, true)
	}
	if err == nil || len(k.sent) > 0 {
		p.Say.Info(k.done())
	}
	return err
}

// done says what was sent.
func (k *Ready) done() string {
	var parts []string
	if len(k.sent) > 0 {
		parts = append(parts, report.CountOf(len(k.sent), "key")+" sent: "+report.Listed(k.sent))
	}
	if k.same > 0 {
		parts = append(parts, report.CountOf(k.same, "key")+" there already")
	}
	return strings.Join(parts, "; ")
}

// names are those of the keys that are sent behind an activation, or before it.
func (k *Ready) names(after bool) []string {
	var names []string
	for _, one := range k.keys {
		if one.After == after {
			names = append(names, nixexec.Printable(one.ID))
		}
	}
	return names
}

// The forms of what a key says of its file: an account as the tools that make them take its name, or its number, and a
// mode in octal.
var (
	account     = regexp.MustCompile(`^[A-Za-z0-9_][A-Za-z0-9_.-]*\$?$`)
	permissions = regexp.MustCompile(`^0*[0-7]{1,4}$`)
)

// wrong is what is wrong with what an inventory says of a key, before it is made; empty: nothing. hint says how it
// would be right.
func wrong(one inventory.Key) (what, hint string) {
	unclean := !path.IsAbs(one.Path) || path.Clean(one.Path) != one.Path || nixexec.Printable(one.Path) != one.Path
	switch {
	case unclean:
		return fmt.Sprintf("%q is no plain path of a file", one.Path), ""
	case !account.MatchString(one.User):
		return fmt.Sprintf("%q is no name of a user", one.User), ""
	case !account.MatchString(one.Group):
		return fmt.Sprintf("%q is no name of a group", one.Group), ""
	case !permissions.MatchString(one.Permissions):
		return fmt.Sprintf("%q are no permissions in octal", one.Permissions), `as in: permissions = "0640"`
	case one.File != "" && len(one.Command) > 0:
		return "its content is to come from a file and from a command", "one of them is enough"
	}
	return "", ""
}

// fails is the error of a key that cannot be sent; nothing is changed yet.
func (k *Ready) fails(one inventory.Key, why, hint string) error {
	nothing := "; nothing was activated"
	switch {
	case k.active:
		nothing = ""
	case k.performer.Job.Request.Action == request.UploadKeys:
		nothing = "; nothing was sent"
	}
	err := fmt.Errorf("key %q: %s%s", one.ID, why, nothing)
	if hint != "" {
		err = fmt.Errorf("%w\n%s", err, hint)
	}
	return err
}

// Described are the keys that a request sends with a deployment, for its plan: with their size where that can be told,
// and never with what they hold. No command is run for it.
func Described(ctx context.Context, j plan.Job, n *inventory.Node) []string {
	if n == nil || len(n.Keys) == 0 || !j.Request.SendsKeys() {
		return nil
	}
	k := &Ready{performer: remote.Performer{Job: j}}
	texts, _ := k.texts(ctx, n) // the deployment itself says why there are none
	var lines []string
	for _, one := range n.Keys {
		when := "before"
		if one.After {
			when = "behind"
		}
		then := ""
		if len(one.Action) > 0 {
			then = "; then: " + strings.Join(one.Action, " ")
		}
		lines = append(lines, nixexec.Printable(fmt.Sprintf("key %s, sent %s the activation to %s, %s:%s %s: %s%s",
			one.ID, when, one.Path, one.User, one.Group, one.Permissions, origin(one, texts[one.ID]), then)))
	}
	return append(lines, "these commands send no keys; what does: "+j.Request.As(request.UploadKeys).Offer(report.Again()))
}
