package export

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"nixhop/nixexec"
	"nixhop/rebuild/included"
	"nixhop/rebuild/inventory"
	"nixhop/rebuild/report"
	"nixhop/rebuild/request"
	"nixhop/rebuild/selection"
	"nixhop/rebuild/source"
	"nixhop/sshcfg"
)

// flakeFile is the name of the file that --write writes.
const flakeFile = "flake"

// flakeMark begins what is written.
const flakeMark = included.Mark + " export --from-flake, which writes it anew: what is changed here is lost.\n"

// fromFlake prints a Host block for each configuration and each node of the source, or writes them into the file that
// is nixhop's own. Where one has no address, that is said, and it has no block.
func fromFlake(ctx context.Context, r request.Request, w selection.World) error {
	given, err := addresses(r)
	if err != nil {
		return err
	}
	inv, unread := source.Inventory(r)
	w.Say.Warnings(unread...)
	src, err := source.Find(r, w.Dir, w.Env)
	if err != nil {
		return err
	}
	w.Say.Info(src.Above(w.Dir))
	configurations, nodes, err := selection.Machines(ctx, r, src, inv, w)
	if err != nil {
		return err
	}
	if len(configurations)+len(nodes) == 0 {
		return &request.UsageError{Message: src.String() + " has no configuration and no node", Hint: "from another one: nixhop export --from-flake --flake FLAKE"}
	}
	known := slices.Clone(configurations)
	for _, n := range nodes {
		known = append(known, n.Name)
	}
	for name := range given {
		if !slices.Contains(known, name) {
			return &request.UsageError{Message: fmt.Sprintf("--address names %q, and %s has no such configuration", name, src), Hint: "it has " + report.Listed(known)}
		}
	}
	ask := func(s source.Source, name string) (source.Addresses, error) {
		if len(known) > 1 {
			w.Say.Info("asking the configuration " + name + " for its addresses")
		}
		return source.AskAddresses(ctx, source.Wanted{Source: s, Configuration: name, Request: r, Look: true})
	}
	hosts, without, err := reached(src, configurations, nodes, given, taken(inv), ask)
	if err != nil {
		return err
	}
	hosts, refused, err := included.Taken(ctx, hosts)
	if err != nil {
		return err
	}
	w.Say.Warnings(append(without, refused...)...)
	text := flakeMark + included.Text(hosts)
	if !r.Has("--write") {
		w.Say.Print(text)
		return nil
	}
	return writeFlake(ctx, r, w, text, len(hosts))
}

// addresses are those of --address, by their names.
func addresses(r request.Request) (map[string]sshcfg.Host, error) {
	given := map[string]sshcfg.Host{}
	for _, f := range r.Own {
		if f.Name != "--address" {
			continue
		}
		name, word, _ := strings.Cut(f.Values[0], "=")
		host, err := sshcfg.ParseHost(word)
		if name == "" || err != nil {
			return nil, &request.UsageError{Message: fmt.Sprintf("--address %q is not NAME=ADDRESS", f.Values[0]), Hint: "as in: --address web=192.0.2.1, or web=root@[2001:db8::1]:2222"}
		}
		given[name] = host
	}
	return given, nil
}

// taken are where the ssh config names aliases of its own: what was made here before does not count.
func taken(inv sshcfg.Inventory) map[string]string {
	where := map[string]string{}
	ours := map[string]bool{}
	for _, a := range inv.Aliases {
		if _, known := ours[a.File]; !known {
			ours[a.File] = included.Begins(a.File, flakeMark)
		}
		if !ours[a.File] {
			where[a.Name] = fmt.Sprintf("%s:%d", a.File, a.Line)
		}
	}
	return where
}

// reached are the hosts that have an address, and why each of the others has none. ask asks a configuration; each is
// asked only where nothing else says where its host is.
func reached(
	src source.Source, configurations []string, nodes []inventory.Node, given map[string]sshcfg.Host, taken map[string]string,
	ask func(source.Source, string) (source.Addresses, error),
) (hosts []included.Block, without []string, err error) {
	for _, name := range configurations {
		nodes = append(nodes, inventory.Node{Name: name})
	}
	slices.SortStableFunc(nodes, func(a, b inventory.Node) int { return strings.Compare(a.Name, b.Name) })
	for _, n := range nodes {
		leave := func(format string, values ...any) {
			without = append(without, nixexec.Printable(n.Name)+" is left out: "+fmt.Sprintf(format, values...))
		}
		if why := unwanted(n, taken[n.Name]); why != "" {
			leave("%s", why)
			continue
		}
		to, said := given[n.Name]
		if !said && n.Host != "" {
			if to, err = sshcfg.ParseHost(n.Host); err != nil {
				leave("its deployment.targetHost is no host: %q", n.Host)
				continue
			}
			said = true
		}
		if !said {
			from := source.Target{Node: &n}
			if n.Form.IsNone() {
				from.Node = nil
			}
			a, err := ask(from.From(src), n.Name)
			if err != nil {
				return nil, nil, err
			}
			word, why := one(a)
			if why != "" {
				leave("%s; give it one: --address %s=ADDRESS", why, n.Name)
				continue
			}
			if to, err = sshcfg.ParseHost(word); err != nil {
				leave("its address is not valid: %q", word)
				continue
			}
		}
		if to.User == "" {
			to.User = n.User
		}
		if to.Port == 0 {
			to.Port = n.Port
		}
		hosts = append(hosts, included.Block{Name: n.Name, To: to, Lines: n.SSH})
	}
	return hosts, without, nil
}

// unwanted says why there is no block for a node, which another file (empty: none) names already; empty: there may be one.
func unwanted(n inventory.Node, file string) string {
	alias, err := sshcfg.ParseHost(n.Name)
	switch {
	case file != "":
		return file + " names it already"
	case err != nil || alias.Name != n.Name:
		return "no alias can be called that"
	case n.Refused != "":
		return "it has " + n.Refused
	case n.BuildOnly:
		return "it is built and goes nowhere (deployment.buildOnly)"
	}
	return ""
}

// one is the address of a host that its configuration leaves no doubt about, or why there is none: the only one of
// IPv4, else the only one of IPv6, else its name with its domain.
func one(a source.Addresses) (address, why string) {
	for _, all := range [][]string{a.IPv4, a.IPv6} {
		if len(all) == 1 {
			return all[0], ""
		}
		if len(all) > 1 && a.Name == "" {
			return "", "it has several addresses (" + strings.Join(all, ", ") + ")"
		}
		if len(all) > 1 {
			break
		}
	}
	if a.Name == "" {
		return "", "its configuration has no address in networking.interfaces, and no networking.domain"
	}
	return a.Name, ""
}

// writeFlake writes the blocks of so many hosts into their file, and has the user's config include it after a yes.
func writeFlake(ctx context.Context, r request.Request, w selection.World, text string, hosts int) error {
	file, err := included.Find(r.SSHConfig, flakeFile)
	if err != nil {
		return err
	}
	changed, err := file.Write(text)
	if err != nil {
		return err
	}
	told := file.Path + " is as it was"
	if changed {
		told = fmt.Sprintf("wrote %s, with %d hosts", file.Path, hosts)
		if hosts == 1 {
			told = "wrote " + file.Path + ", with 1 host"
		}
	}
	w.Say.Info(told)
	if hosts == 0 {
		return nil
	}
	_, err = file.Offer(ctx, w.Say, w.Ask)
	return err
}
