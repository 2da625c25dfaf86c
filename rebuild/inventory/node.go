package inventory

import (
	"path/filepath"
	"slices"
	"strings"
	"time"

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
	unknown       []string // what else it says that nixhop does not act on
	Keys          []Key
	Refused       string // why nixhop does not deploy it, as it is written there
	BuildOnly     bool   // it is built and goes nowhere

	SSH        []string // lines of ssh configuration
	Substitute bool     // it fetches from binary caches what those have
	Guard      Guard
	Profiles   []Profile // that it has beside its system, in the order in which they are deployed
	Health     []HealthCheck
}

// Guard is what a node says of a guard of its activations.
type Guard struct {
	Off   bool
	Wait  time.Duration // for the proof; 0: it does not say
	Limit time.Duration // of the activation; 0: it does not say
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
	MakeDirs    bool   // its directory is made where there is none
	File        string // here, that holds it; empty: it comes from elsewhere
	Command     []string
	Action      []string // words that are run on the node when the key was sent, as ssh hands them to a shell there; empty: none
}

// Profile is a profile of a user that a node is given beside its system.
type Profile struct {
	Name    string
	User    string // whose it is; empty: nobody says
	Path    string // on the node; empty: where Nix has profiles of that name
	Restore bool   // the one before is activated again where it cannot be activated
}

// acted are the options of a node that nixhop acts on.
var acted = map[Kind][]string{
	Colmena: {"targetHost", "targetUser", "targetPort", "tags", "buildOnTarget", "keys", "sshOptions"},
	Morph:   {"targetHost", "targetUser", "targetPort", "tags", "buildOnly", "secrets", "healthChecks", "substituteOnDestination"},
	NixOps:  {"targetHost", "targetUser", "targetPort", "targetEnv", "keys", "sshOptions", "hasFastConnection"},
}

// Ignored are the options of the node that are set and that nixhop does not act on, as they are written.
func (n Node) Ignored() []string {
	var names []string
	for _, option := range n.Set {
		switch {
		case n.Form.Kind == Deploy:
			names = append(names, option)
		case !slices.Contains(acted[n.Form.Kind], option):
			names = append(names, "deployment."+option)
		}
	}
	return append(names, n.unknown...)
}

// Others are the names of the profiles beside the system, in a sentence.
func (n Node) Others() string {
	var names []string
	for _, p := range n.Profiles {
		names = append(names, nixexec.Printable(p.Name))
	}
	return strings.Join(names, ", ")
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
	SSHOptions    []string
	Substitutes   bool
	Unguarded     bool
	Wait, Limit   *int // in seconds
	Profiles      []struct {
		Name       string
		User, Path *string
		Restore    bool
	}
	Health *struct {
		Cmd  []toldCommand
		HTTP []toldRequest
	}
	Keys []struct {
		ID, Name, Path, User, Group, Permissions string
		After, MkDirs                            bool
		File                                     *string
		Command, Action                          []string
	}
}

// node is what was told of one of a form. What is printed of it later holds no control characters.
func (t told) node(f Form) Node {
	n := Node{Name: t.Name, Form: f, Host: text(t.Host), User: text(t.User), BuildOnTarget: t.BuildOnTarget, Tags: t.Tags,
		Refused: nixexec.Printable(text(t.Refused)), BuildOnly: t.BuildOnly, Substitute: t.Substitutes,
		Guard: Guard{Off: t.Unguarded, Wait: seconds(t.Wait), Limit: seconds(t.Limit)}}
	if t.Port != nil {
		n.Port = *t.Port
	}
	n.reach(t.SSHOptions)
	if t.Health != nil {
		for _, c := range t.Health.Cmd {
			if len(c.Cmd) > 0 { // else it asks nothing
				n.Health = append(n.Health, c.check())
			}
		}
		for _, c := range t.Health.HTTP {
			n.Health = append(n.Health, c.check())
		}
	}
	for _, p := range t.Profiles {
		n.Profiles = append(n.Profiles, Profile{Name: p.Name, User: text(p.User), Path: text(p.Path), Restore: p.Restore})
	}
	for _, option := range t.Set {
		n.Set = append(n.Set, nixexec.Printable(option))
	}
	for _, k := range t.Keys {
		n.Keys = append(n.Keys, Key{
			ID: k.ID, Name: k.Name, Path: k.Path, User: k.User, Group: k.Group,
			Permissions: k.Permissions, After: k.After, File: text(k.File), Command: k.Command, Action: k.Action, MakeDirs: k.MkDirs,
		})
	}
	return n
}

// seconds are a time; nil: nobody says one.
func seconds(n *int) time.Duration {
	if n == nil || *n <= 0 {
		return 0
	}
	return time.Duration(*n) * time.Second
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
