package inventory

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"

	"nixhop/nixexec"
	"nixhop/rebuild/request"
)

// Where is what holds an inventory: a flake, or a file.
type Where struct {
	Flake string // its reference; empty: it is a file
	File  string // as typed
	Value string // a Nix expression for what the file holds
}

// String is it in a sentence.
func (w Where) String() string {
	if w.Flake != "" {
		return fmt.Sprintf("flake %q", w.Flake)
	}
	return fmt.Sprintf("file %q", w.File)
}

// Found is an inventory that is there.
type Found struct {
	Form  Form
	Names []string // of its nodes, sorted as Nix does
	Set   []string // options of the whole inventory that are set, and that nixhop does not act on
}

// Error is what nix said of an inventory that cannot be read.
type Error struct {
	Form   Form
	Where  Where
	Stderr string
}

// Error says which one, and then what nix said.
func (e *Error) Error() string {
	said := strings.TrimPrefix(strings.TrimSpace(e.Stderr), "error: ")
	text := fmt.Sprintf("%s of %s cannot be evaluated; nothing was built\n%s", e.Form.Called(), e.Where, said)
	if e.Where.Flake != "" {
		text += "\nto do without it: --inventory " + string(Flake)
	}
	return text
}

// noLockFile keeps nix from writing the lock file: several of these may run at a time.
const noLockFile = "--no-write-lock-file"

// Argv evaluates a function of what the inventory is: in purity, where it is a flake's.
func (f Form) Argv(w Where, format, function string, r request.Request) []string {
	argv := nixexec.NixCommand("eval", format)
	if w.Flake != "" {
		argv = append(argv, w.Flake+"#"+f.Output, "--apply", function)
	} else {
		argv = append(argv, "--impure", "--expr", "("+function+") ("+w.Value+")")
	}
	return append(argv, r.NixWords(request.ForFlakeEval)...)
}

// ask evaluates the body of a function to JSON; there is false where the flake has no such output.
func (f Form) ask(ctx context.Context, w Where, r request.Request, body string, into any) (there bool, err error) {
	argv := f.Argv(w, "--json", f.inside(body), r)
	if w.Flake != "" {
		argv = append(argv, noLockFile)
	}
	out, err := nixexec.Output(ctx, nixexec.Command{Argv: argv})
	var exit *nixexec.ExitError
	switch {
	case ctx.Err() != nil:
		return false, context.Cause(ctx)
	case errors.As(err, &exit) && exit.NoAttribute():
		return false, nil
	case errors.As(err, &exit) && exit.Signal == 0:
		return false, &Error{Form: f, Where: w, Stderr: exit.Stderr}
	case err != nil:
		return false, err
	}
	if err := json.Unmarshal(out, into); err != nil {
		return false, fmt.Errorf("reading %s of %s: %w", f.Called(), w, err)
	}
	return true, nil
}

// Find asks which of the forms are there, and for the names of their nodes; no node is evaluated for it. Errors: an
// *Error.
func Find(ctx context.Context, w Where, r request.Request, forms []Form) ([]Found, error) {
	found := make([]Found, len(forms))
	there := make([]bool, len(forms))
	errs := make([]error, len(forms))
	var wait sync.WaitGroup
	for i, f := range forms {
		wait.Go(func() {
			there[i], errs[i] = f.ask(ctx, w, r, "{ inherit (inventory) names set; }", &found[i])
			found[i].Form = f
		})
	}
	wait.Wait()
	var all []Found
	for i := range forms {
		second := len(all) > 0 && all[len(all)-1].Form.Kind == forms[i].Kind
		switch {
		case errs[i] != nil && !second:
			return nil, errs[i]
		case there[i] && !second:
			all = append(all, found[i])
		}
	}
	return all, nil
}

// Nodes describes nodes of an inventory, in the order of their names. Errors: an *Error.
func (f Form) Nodes(ctx context.Context, w Where, r request.Request, names []string) ([]Node, error) {
	var list strings.Builder
	for _, name := range names {
		list.WriteString(" " + nixexec.NixString(name))
	}
	var all []told
	if _, err := f.ask(ctx, w, r, "map inventory.describe ["+list.String()+" ]", &all); err != nil {
		return nil, err
	}
	nodes := make([]Node, len(all))
	for i, t := range all {
		nodes[i] = t.node(f).in(w)
	}
	return nodes, nil
}

// Texts are the contents of keys of a node that stand in the inventory itself, by their IDs; there is none of a key
// whose content comes from elsewhere. Errors: an *Error.
func (f Form) Texts(ctx context.Context, w Where, r request.Request, node string, ids []string) (map[string]nixexec.Secret, error) {
	var list strings.Builder
	for _, id := range ids {
		list.WriteString(" " + nixexec.NixString(id))
	}
	var all map[string]*string
	if _, err := f.ask(ctx, w, r, "inventory.texts "+nixexec.NixString(node)+" ["+list.String()+" ]", &all); err != nil {
		return nil, err
	}
	texts := map[string]nixexec.Secret{}
	for id, text := range all {
		if text != nil {
			texts[id] = nixexec.NewSecret(*text)
		}
	}
	return texts, nil
}

// Derivations are what profiles of a node are built by, by their names. Errors: an *Error.
func (f Form) Derivations(ctx context.Context, w Where, r request.Request, node string, profiles []string) (map[string]string, error) {
	var list strings.Builder
	for _, name := range profiles {
		list.WriteString(" " + nixexec.NixString(name))
	}
	var all map[string]string
	_, err := f.ask(ctx, w, r, "inventory.derivations "+nixexec.NixString(node)+" ["+list.String()+" ]", &all)
	return all, err
}
