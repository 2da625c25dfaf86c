// Package export writes what one side knows of hosts in the words of the other: the ssh config as a module of NixOS or
// home-manager, and the hosts of a flake or an inventory as Host blocks of the ssh config. It asks ssh whether it means
// the same there, and deploys nothing; what a config says is never worked out from its lines here, which are only put
// in another order.
package export

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"
	"syscall"

	"nixhop/nixexec"
	"nixhop/rebuild/check"
	"nixhop/rebuild/report"
	"nixhop/rebuild/request"
	"nixhop/rebuild/selection"
	"nixhop/sshcfg"
)

// Run prints the user's ssh config, or that of --ssh-config, as a module of NixOS, with the keys of its hosts, or of
// home-manager. What cannot be said there is a warning each. With --from-flake it goes the other way (fromFlake).
func Run(ctx context.Context, r request.Request, w selection.World) error {
	ctx, stop := nixexec.WithSignals(ctx, syscall.SIGINT, syscall.SIGQUIT)
	defer stop()
	if err := misplaced(r); err != nil {
		return err
	}
	if r.Has("--from-flake") {
		return fromFlake(ctx, r, w)
	}
	return module(ctx, r, w.Say)
}

// misplaced is the error for flags of the other way.
func misplaced(r request.Request) error {
	if r.Has("--from-flake") {
		if r.Has("--home-manager") {
			return &request.UsageError{Message: "--home-manager cannot be used with --from-flake", Hint: "what that prints is ssh configuration"}
		}
		return nil
	}
	for _, f := range slices.Concat(r.Own, r.Flags) {
		if !slices.Contains([]string{"--home-manager", "--ssh-config", "--verbose", "--quiet"}, f.Name) {
			return &request.UsageError{Message: f.Spelling + " cannot be used without --from-flake", Hint: "as in: nixhop export --from-flake " + nixexec.ShellWords(f.Spaced())}
		}
	}
	if r.FlakeGiven || r.NoFlake || r.File != "" {
		return &request.UsageError{Message: "a flake or a file cannot be used without --from-flake", Hint: "as in: nixhop export --from-flake --flake FLAKE"}
	}
	return nil
}

// module prints the ssh config as a module.
func module(ctx context.Context, r request.Request, say report.Sink) error {
	files := sshcfg.Files(r.SSHConfig)
	if len(files) == 0 {
		return &request.UsageError{Message: "--ssh-config none leaves nothing to export", Hint: "as in: nixhop export --ssh-config FILE"}
	}
	flat, err := Flatten(files[0])
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("%q is not there: there is nothing to export\nfrom another file: nixhop export --ssh-config FILE", files[0])
	}
	if err != nil {
		return fmt.Errorf("reading the ssh config: %w", err)
	}
	inv := sshcfg.List(files[:1])
	made := flat.Text()
	if r.Has("--home-manager") {
		made = homeText(flat)
	}
	differs, err := compare(ctx, files[0], made)
	if err != nil {
		return refuse(say, err)
	}
	say.Warnings(flat.Lost...)
	say.Warnings(differs...)
	say.Warnings(elsewhere(inv, files[1:]))
	if r.Has("--home-manager") {
		say.Print(HomeManager(flat))
		return nil
	}
	hosts, err := resolve(ctx, inv.Names(), r.SSHConfig)
	if err != nil {
		return refuse(say, err)
	}
	keys, lost, err := keysOf(ctx, hosts)
	if err != nil {
		return err
	}
	say.Warnings(lost...)
	say.Warnings(unheard(hosts, keys))
	say.Print(NixOS(flat, keys))
	return nil
}

// hostError is the error of asking ssh what a host means.
type hostError struct {
	host string
	err  error
}

func (e *hostError) Error() string { return e.err.Error() }

func (e *hostError) Unwrap() error { return e.err }

// refuse is the end of a run whose ssh config ssh does not take.
func refuse(say report.Sink, err error) error {
	var of *hostError
	if errors.As(err, &of) {
		if refused, is := check.Refused(of.host, err); is {
			return say.Refuse([]report.Finding{refused})
		}
	}
	return err
}

// elsewhere says which hosts stand in files that are not exported; empty: none. What lies in the Nix store is made by
// Nix already.
func elsewhere(inv sshcfg.Inventory, files []string) string {
	for _, file := range files {
		if strings.HasPrefix(nixexec.Realpath(file), "/nix/store/") {
			continue
		}
		others := slices.DeleteFunc(sshcfg.List([]string{file}).Names(), func(name string) bool { return inv.Matches(name) })
		if len(others) > 0 {
			return fmt.Sprintf("%s names %s, and is left out; by itself: nixhop export --ssh-config %s",
				file, report.Listed(others), nixexec.ShellWord(file))
		}
	}
	return ""
}

// resolve asks ssh what the hosts mean, and the hosts on the way to them, each once. One on the way that ssh makes
// nothing of, as a jump that leads back to itself, has no key.
func resolve(ctx context.Context, names []string, config string) (hosts []sshcfg.Endpoint, err error) {
	asked := map[string]bool{}
	aliases := len(names)
	for len(names) > 0 {
		name := names[0]
		names = names[1:]
		aliases--
		if asked[name] {
			continue
		}
		asked[name] = true
		host, err := sshcfg.ParseHost(name)
		if err != nil {
			continue // a jump through what is no host has no key
		}
		var options []string
		if host.Port != 0 {
			options = []string{"-p", fmt.Sprint(host.Port)}
		}
		e, err := sshcfg.Resolve(ctx, host.String(), config, options)
		if _, refused := check.Refused(name, err); refused && aliases < 0 {
			continue
		}
		if err != nil {
			return nil, &hostError{name, err}
		}
		hosts = append(hosts, e)
		if e.ProxyJump != "" {
			names = append(names, strings.Split(e.ProxyJump, ",")...)
		}
	}
	return hosts, nil
}

// systemKnownHosts is where NixOS writes programs.ssh.knownHosts.
const systemKnownHosts = "/etc/ssh/ssh_known_hosts"

// unheard says for which hosts ssh does not read the keys that NixOS writes; empty: for none.
func unheard(hosts []sshcfg.Endpoint, keys []Key) string {
	var names []string
	for _, e := range hosts {
		reads := slices.ContainsFunc(e.GlobalKnownHosts, func(file string) bool { return filepath.Clean(file) == systemKnownHosts })
		has := slices.ContainsFunc(keys, func(k Key) bool { return slices.Contains(k.Names, keyName(e)) })
		if !reads && has {
			names = append(names, e.Alias)
		}
	}
	if len(names) == 0 {
		return ""
	}
	return fmt.Sprintf("for %s ssh reads no %s, where programs.ssh.knownHosts stands", report.Listed(names), systemKnownHosts)
}
