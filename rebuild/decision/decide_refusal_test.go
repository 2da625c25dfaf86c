package decision

import (
	"strings"
	"testing"

	"nixhop/nixexec"
	"nixhop/rebuild/facts"
	"nixhop/rebuild/request"
	"nixhop/rebuild/source"
	"nixhop/sshcfg"
)

// Field: `switch … --build-host builder --upgrade` (and -p with it) ended with "needs nixos-rebuild" with one
// installed. What own steps refuse is left to it, whatever else speaks for own steps; without one that is what is said.
func TestWhatOwnStepsRefuseIsLeftToNixosRebuild(t *testing.T) {
	newest := Installed{Dialect: Dialect{Path: "/newest"}}
	ng := Installed{Dialect: Dialect{Path: "/ng", Known: []string{"--ask-sudo-password", "--flake", "--no-reexec", "--sudo", "--target-host", "--upgrade"}}}
	// The bash one of NixOS 21.05 had neither --file nor --specialisation.
	old := Installed{Dialect: Dialect{Path: "/old", Known: []string{"--fast", "--flake", "--max-jobs", "--profile-name", "--target-host", "--upgrade", "--use-remote-sudo"}}}
	none := Installed{Err: &nixexec.NotFoundError{Program: "nixos-rebuild"}}
	ann := &facts.Host{Login: facts.Login{UID: "1000"}, Elevate: facts.Elevation{Sudo: "sudo", SudoFree: facts.No}}
	doas := &facts.Host{Login: facts.Login{UID: "1000"}, Elevate: facts.Elevation{Doas: "doas", DoasFree: facts.Yes}}
	for _, c := range []struct {
		line      string
		installed Installed
		on        *facts.Host
		want      string // the path of the engine, or the error
	}{
		{"switch web --build-host builder", newest, nil, "own steps"},
		{"switch web --build-host builder --diff", newest, nil, "own steps"},
		{"switch web --build-host builder --upgrade", newest, nil, "/newest"},
		{"switch web -p x --upgrade-all", newest, nil, "/newest"},
		{"switch web -p x --image-variant raw", newest, nil, "/newest"},
		{"test web --rollback --upgrade", newest, nil, "/newest"},
		{"switch web -c s --build-host target --upgrade", newest, nil, "/newest"},
		{"switch web -p x -- --new", newest, nil, "/newest"},
		{"switch web --elevate run0 --upgrade", ng, nil, "/ng"},
		{"switch web --diff", newest, ann, "/newest"},
		{"switch web --upgrade --ask-sudo-password", newest, ann, "/newest"},
		{"switch web --upgrade", ng, doas, "/ng"},
		{"switch web -j 3", old, nil, "/old"},
		{"switch web -I x", old, nil, "/old"},
		{"switch web -f x.nix", old, nil, "own steps"},
		{"switch web -A attr", old, nil, "own steps"},
		{"switch web -c s", old, nil, "own steps"},
		{"switch web -k", old, nil, "own steps"},
		{"build --rollback --target-host web", none, nil, "build --rollback needs nixos-rebuild"},
		{"switch web --upgrade", none, nil, "--upgrade needs nixos-rebuild"},
		{"switch web --upgrade --engine native", newest, nil, "--upgrade needs nixos-rebuild"},
		{"build web --diff --engine native", newest, nil, "build --diff needs nixos-rebuild"},
		{"switch web --ask", newest, nil, "own steps"},
		{"switch web --ask --engine nixos-rebuild", newest, nil, "no nixos-rebuild has a flag for --ask"},
		{"switch web --cross=x86_64-linux --upgrade", newest, nil, "no nixos-rebuild has a flag for --cross, and nixhop takes the steps itself\n--upgrade needs nixos-rebuild"},
		{"switch web --system x86_64-linux --impure -- --new", newest, nil, "no nixos-rebuild has a flag for --system, and nixhop takes the steps itself\nwhat follows -- is for nixos-rebuild: --new"},
	} {
		r := parse(t, c.line)
		target := &source.Target{Selector: r.Hosts[0], Host: sshcfg.Host{Name: "web"}}
		place, err := PlaceBuild(r, target, "laptop")
		if err != nil {
			t.Fatal(err)
		}
		d, found, err := Decide(Known{
			Request: r, Target: target, Place: place, Source: sourceOf(r), Installed: c.installed, On: c.on, Machine: machineFor("web"), Somebody: true,
		})
		got := "own steps"
		switch {
		case err != nil:
			got = err.Error()
		case d.Engine != nil:
			got = d.Engine.Path
		}
		if !strings.HasPrefix(got, c.want) {
			t.Errorf("%s: %s, not %s", c.line, got, c.want)
		}
		if d.Password && d.Engine != nil {
			t.Errorf("%s: a password is asked for, and nobody takes it", c.line)
		}
		if request.Stops(found, r) != (c.line == "switch web --elevate run0 --upgrade") {
			t.Errorf("%s: %+v", c.line, found)
		}
	}
}

// sourceOf is where a test's configuration is.
func sourceOf(r request.Request) source.Source {
	return source.FindSource(r, "/here", func(path string) bool { return path == "/here/flake.nix" }, func(path string) string { return path })
}
