package selection

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"nixhop/nixexec"
	"nixhop/rebuild/prompt"
	"nixhop/rebuild/report"
	"nixhop/rebuild/request"
	"nixhop/rebuild/source"
)

// changing are the actions that change the hosts that they are for.
var changing = []string{"switch", "boot", "test", "ssh", request.UploadKeys}

// ToConfirm reports whether somebody has to say that these hosts are meant: a glob, a tag or --all has chosen more than
// one, and the action changes them.
func (c Choice) ToConfirm(r request.Request) bool {
	return c.Matched > 1 && !r.Yes && !r.Plan && slices.Contains(changing, r.Action) && len(c.Targets) > 0
}

// Question asks whether the hosts are meant: all of their names, and what goes there where that is another one.
func (c Choice) Question(action string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s is for these hosts:\n", action)
	for _, line := range report.Wrap(strings.Join(c.named(), " "), 76) {
		b.WriteString("  " + line + "\n")
	}
	fmt.Fprintf(&b, "%s %s? type yes, in full: ", action, counted(len(c.Targets)))
	return b.String()
}

// Unconfirmed is the error where nobody is there to be asked that.
func (c Choice) Unconfirmed(action string) error {
	return wrong("these are meant: "+report.Listed(c.named())+"\nto go on all the same: --yes",
		"%s of %s that are not named one by one, and nobody can be asked here", action, counted(len(c.Targets)))
}

// errNotMeant ends a run whose hosts were not meant.
var errNotMeant = errors.New("not confirmed: nothing was done")

// Confirm has somebody say that the chosen hosts are meant, where nobody has named each of them. Where nobody is there
// to be asked that is wrong usage.
func (c Choice) Confirm(ctx context.Context, who prompt.Asker, r request.Request) error {
	if !c.ToConfirm(r) {
		return nil
	}
	if _, nobody := who.(prompt.Nobody); nobody {
		return c.Unconfirmed(r.Action)
	}
	yes, err := who.Yes(ctx, c.Question(r.Action))
	if err == nil && !yes {
		err = errNotMeant
	}
	return err
}

// Notes are what there is to say of a choice: what a glob matches and was left out, and a partition that holds no
// host.
func (c Choice) Notes(p request.Partition) []string {
	notes := slices.Clone(c.Ignored)
	if len(c.Left) > 0 {
		notes = append(notes, "left out, for the flake has no configuration for them: "+report.Listed(c.Left))
	}
	if c.None() {
		none := fmt.Sprintf("share %d of %d of %s holds none: nothing to do", p.Index, p.Count, counted(c.Chosen))
		notes = append(notes, none)
	}
	return notes
}

// None reports whether no host is left for this share of a partition.
func (c Choice) None() bool { return !c.Here && len(c.Targets) == 0 }

// named are the hosts, with the configuration where that has another name.
func (c Choice) named() []string {
	var names []string
	for _, t := range c.Targets {
		name := t.Host.String()
		if wants := t.Wants(source.Source{}); wants != "" && wants != t.Host.Name {
			name += "=" + wants
		}
		names = append(names, nixexec.Printable(name))
	}
	return names
}

func counted(hosts int) string { return report.CountOf(hosts, "host") }
