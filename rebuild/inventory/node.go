package inventory

import (
	"path/filepath"
	"slices"

	"nixhop/nixexec"
)

// Node is a machine of an inventory, as that describes it. What it does not say is empty.
type Node struct {
	Name          string
	Form          Form   // where it stands
	Host          string // what ssh is to reach: an address, a name or an alias; empty: it is reached from nowhere
	User          string // the login
	Port          int
	Tags          []string
	BuildOnTarget bool
	Set           []string // names of the options that its modules set
	Keys          []Key
	Refused       string // why nixhop does not deploy it, as it is written there
	BuildOnly     bool   // it is built and goes nowhere
}

// Key is a secret that a node is given beside its system. What it holds is no part of this: it is asked for when it is
// sent, and kept nowhere.
type Key struct {
	ID          string // its name in the inventory
	Name        string // of its file
	Path        string // on the node
	User, Group string // the owner
	Permissions string // in octal: "0600"
	After       bool   // it is sent behind the activation, not before it
	File        string // here, that holds it; empty: it comes from elsewhere
	Command     []string
}

// acted are the options of a node that nixhop acts on.
var acted = map[Kind][]string{
	Colmena: {"targetHost", "targetUser", "targetPort", "tags", "buildOnTarget", "keys"},
	Morph:   {"targetHost", "targetUser", "targetPort", "tags", "buildOnly", "secrets"},
	NixOps:  {"targetHost", "targetUser", "targetPort", "targetEnv", "keys"},
}

// Ignored are the options of the node that are set and that nixhop does not act on, as they are written.
func (n Node) Ignored() []string {
	var names []string
	for _, option := range n.Set {
		if !slices.Contains(acted[n.Form.Kind], option) {
			names = append(names, "deployment."+option)
		}
	}
	return names
}

// told is a node as the expressions of the forms describe it.
type told struct {
	Name          string
	Host, User    *string
	Port          *int
	Tags          []string
	BuildOnTarget bool
	Set           []string
	Refused       *string
	BuildOnly     bool
	Keys          []struct {
		ID, Name, Path, User, Group, Permissions string
		After                                    bool
		File                                     *string
		Command                                  []string
	}
}

// node is what was told of one of a form. What is printed of it later holds no control characters.
func (t told) node(f Form) Node {
	n := Node{Name: t.Name, Form: f, Host: text(t.Host), User: text(t.User), BuildOnTarget: t.BuildOnTarget, Tags: t.Tags,
		Refused: nixexec.Printable(text(t.Refused)), BuildOnly: t.BuildOnly}
	if t.Port != nil {
		n.Port = *t.Port
	}
	for _, option := range t.Set {
		n.Set = append(n.Set, nixexec.Printable(option))
	}
	for _, k := range t.Keys {
		n.Keys = append(n.Keys, Key{
			ID: k.ID, Name: k.Name, Path: k.Path, User: k.User, Group: k.Group,
			Permissions: k.Permissions, After: k.After, File: text(k.File), Command: k.Command,
		})
	}
	return n
}

func text(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}

// in is the node of an inventory at a place: a file of a key that is named without its directory lies beside that.
func (n Node) in(w Where) Node {
	for i, k := range n.Keys {
		if k.File != "" && w.File != "" && !filepath.IsAbs(k.File) {
			n.Keys[i].File = filepath.Join(filepath.Dir(w.File), k.File)
		}
	}
	return n
}
