package keys

import (
	"cmp"
	"context"
	"crypto/rand"
	_ "embed"
	"errors"
	"fmt"
	"iter"
	"path"
	"slices"
	"strings"

	"nixhop/nixexec"
	"nixhop/nixexec/ssh"
	"nixhop/rebuild/decision"
	"nixhop/rebuild/inventory"
	"nixhop/rebuild/report"
)

//go:embed keys.sh
var script string

// state is what a host tells of the place of a key.
type state string

// The states, as keys.sh tells them.
const (
	same        state = "same"
	differs     state = "differs"
	sent        state = "sent"
	noDirectory state = "no-directory"
	aDirectory  state = "a-directory"
	noUser      state = "no-user"
	noGroup     state = "no-group"
)

// look asks the host whether the keys of a part of the run are there already, and whether they can be written. The hash
// by which it knows them is salted anew each time, and compared there.
func (k *Ready) look(ctx context.Context, after bool) error {
	salt := rand.Text()
	states, err := k.ask(ctx, salt, after, func(one *key) nixexec.Secret { return one.looked(salt) })
	if err != nil {
		return err
	}
	for one, told := range states {
		if one.state = told; one.fits() {
			continue
		}
		return k.unfit(one)
	}
	return nil
}

// fits reports whether a key can be written where it is to be, or is there already.
func (one *key) fits() bool {
	return one.state == same || one.state == differs || one.state == noDirectory && one.MakeDirs
}

// unfit is the error for a key that the host has no right place for.
func (k *Ready) unfit(one *key) error {
	what, remedy := k.lack(one)
	var hint []string
	switch one.state {
	case noDirectory:
		hint = k.performer.Call.Lines(remedy)
	case noUser:
		hint = []string{"its owner must be there"}
	case noGroup:
		hint = []string{"its group must be there"}
	}
	if later := k.later(one); later != "" {
		hint = append(hint, later)
	}
	return k.fails(one.Key, what, strings.Join(hint, "\n"))
}

// lack is what a host lacks for a key, by what it has told, and what would make it.
func (k *Ready) lack(one *key) (what string, remedy []report.Remedy) {
	directory := path.Dir(one.Path)
	switch one.state {
	case noDirectory:
		words := append([]string{"ssh", k.performer.Link.Machine.Host.String(), "--"}, k.performer.Job.Elevate...)
		remedy = []report.Remedy{report.Nixhop(append(words, "mkdir", "-p", "-m", "0750", directory)...)}
		return fmt.Sprintf("there is no directory %q on the host", directory), remedy
	case aDirectory:
		return fmt.Sprintf("%q is a directory on the host", one.Path), nil
	case noUser:
		return fmt.Sprintf("the host has no user %q", one.User), nil
	case noGroup:
		return fmt.Sprintf("the host has no group %q", one.Group), nil
	default:
		return fmt.Sprintf("the host told %q of it", one.state), nil
	}
}

// later says how a key may come behind what makes its place; NixOps sends all of them before.
func (k *Ready) later(one *key) string {
	if one.After || k.kind == inventory.NixOps || !slices.Contains([]state{noDirectory, noUser, noGroup}, one.state) {
		return ""
	}
	return "where the system itself makes it: uploadAt = \"post-activation\""
}

// send writes the keys of a part of the run that are not there already, and runs their actions.
func (k *Ready) send(ctx context.Context, after bool) error {
	if k == nil {
		return nil
	}
	salt := rand.Text()
	states, err := k.ask(ctx, salt, after, func(one *key) nixexec.Secret {
		if one.state == same {
			k.same++
			return nixexec.Secret{}
		}
		return one.written(salt)
	})
	for one, told := range states {
		if told == sent {
			one.state, one.fresh = same, true
			k.sent = append(k.sent, nixexec.Printable(one.ID))
		}
	}
	if err != nil {
		return err
	}
	return k.act(ctx)
}

// opening is the script in front of the lines for keys.
func opening(salt string) string {
	return nixexec.Assignments([2]string{"salt", salt}, nixexec.HostPrograms()) + script
}

// looked is the line by which a host is asked for a key, and written the one by which it gets it.
func (one *key) looked(salt string) nixexec.Secret {
	return nixexec.NewSecret("look "+one.words()).Then(one.content.Digest(salt), nixexec.NewSecret("\n"))
}

func (one *key) written(salt string) nixexec.Secret {
	begin := "send "
	if one.MakeDirs {
		begin = "(umask 022 && mkdir -p -- " + nixexec.Quote(path.Dir(one.Path)) + ") && send "
	}
	line := nixexec.NewSecret(begin + one.words())
	return line.Then(one.content.Digest(salt), nixexec.NewSecret(" '"), one.content.Base64(), nixexec.NewSecret("' || exit\n"))
}

// words are what both are told of the place of a key.
func (one *key) words() string {
	mode := cmp.Or(strings.TrimLeft(one.Permissions, "0"), "0")
	var words strings.Builder
	for _, word := range []string{path.Dir(one.Path), one.Path, one.User, one.Group, mode} {
		words.WriteString(nixexec.Quote(word) + " ")
	}
	return words.String()
}

// connected sees to it that the connection leads to the machine that was checked.
func (k *Ready) connected(ctx context.Context) error {
	p, name := k.performer, k.performer.Link.Machine.Host.Name
	err := p.Link.Keep(ctx, p.Somebody, func() { p.Say.Warn("the connection to " + name + " was lost; connecting again for its keys") })
	if err == nil || nixexec.Interrupted(err) || context.Cause(ctx) != nil {
		return err
	}
	return fmt.Errorf("its keys cannot be sent: %s: %w", name, err)
}

// ask has the script on the host take a line for each key of a part of the run, and returns what it tells of each, in
// their order. A key without a line is not told of.
func (k *Ready) ask(ctx context.Context, salt string, after bool, line func(*key) nixexec.Secret) (iter.Seq2[*key, state], error) {
	var lines nixexec.Secret
	var asked []*key
	for i := range k.keys {
		one := &k.keys[i]
		if one.After != after {
			continue
		}
		if text := line(one); !text.Empty() {
			lines, asked = lines.Then(text), append(asked, one)
		}
	}
	none := func(func(*key, state) bool) {}
	if len(asked) == 0 {
		return none, nil
	}
	p := k.performer
	if err := k.connected(ctx); err != nil {
		return none, err
	}
	command := p.Link.Command(append(append([]string{}, p.Job.Elevate...), "/bin/sh", "-s")...)
	command.Stdin, command.Hidden = opening(salt), lines
	if p.Job.Password {
		command.Secret, command.Stdin = p.Password, decision.ScriptMark+"\n"+command.Stdin
	}
	out, err := nixexec.Output(ctx, command)
	states := told(string(out))
	var exit *nixexec.ExitError
	switch {
	case nixexec.Interrupted(err) || context.Cause(ctx) != nil:
	case errors.As(err, &exit) && exit.Code != ssh.Failed && len(states) < len(asked):
		err = fmt.Errorf("key %q was not written: the host says %q", asked[len(states)].ID, nixexec.LastLine(strings.TrimSpace(exit.Stderr)))
	case err != nil:
		err = fmt.Errorf("sending keys: %w", err)
	case len(states) != len(asked):
		err = fmt.Errorf("sending keys: the host told of %d of %d", len(states), len(asked))
	}
	return func(yield func(*key, state) bool) {
		for i, one := range states {
			if i == len(asked) || !yield(asked[i], one) {
				return
			}
		}
	}, err
}

// told are the states in what a host prints.
func told(text string) []state {
	var states []state
	for line := range strings.Lines(text) {
		if value, is := strings.CutPrefix(strings.TrimSpace(line), "key="); is {
			states = append(states, state(nixexec.Printable(value)))
		}
	}
	return states
}
