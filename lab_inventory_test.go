//go:build lab

package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// guidesFlake is the example of colmena in "NixOS & Flakes Book" (best-practices/remote-deployment), word for word but for
// its comments and two values: where nixpkgs is, and the address.
const guidesFlake = `{
  inputs = {
    nixpkgs.url = "NIXPKGS";
  };
  outputs = { self, nixpkgs }: {
    colmena = {
      meta = {
        nixpkgs = import nixpkgs { system = "x86_64-linux"; };

        specialArgs = {
          inherit nixpkgs;
        };
      };

      # Host name = "my-nixos"
      "my-nixos" = { name, nodes, ... }: {
        # Parameters related to remote deployment
        deployment.targetHost = "192.168.5.42"; # Remote host's IP address
        deployment.targetUser = "root";  # Remote host's username

        imports = [
          ./configuration.nix
        ];
      };
    };
  };
}
`

// guided makes a repository of the guide's flake for a host of the lab, with the stand-in for nixpkgs, and returns its
// directory.
func (l *lab) guided(t *testing.T, host string) string {
	t.Helper()
	top := t.TempDir()
	nixpkgs, dir := filepath.Join(top, "nixpkgs"), filepath.Join(top, "systems")
	for _, err := range []error{
		os.CopyFS(nixpkgs, os.DirFS("testdata/lab/flake/nixpkgs")),
		os.CopyFS(filepath.Join(nixpkgs, "lab"), os.DirFS("testdata/lab/flake")),
		os.WriteFile(filepath.Join(nixpkgs, "flake.nix"), []byte("{ outputs = _: { }; }\n"), 0o644),
		os.Mkdir(dir, 0o755),
		os.WriteFile(filepath.Join(dir, "configuration.nix"), []byte(`{ name, nixpkgs, ... }: {
			networking.hostName = "`+host+`";
			lab.message = "hello from ${name}, by ${baseNameOf (toString nixpkgs.outPath)}";
		}`), 0o644),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	text := strings.NewReplacer("NIXPKGS", "path:"+nixpkgs, "192.168.5.42", l.address(t, host)).Replace(guidesFlake)
	if err := os.WriteFile(filepath.Join(dir, "flake.nix"), []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	for _, words := range [][]string{{"init", "-q"}, {"add", "-A"}, {"-c", "user.name=lab", "-c", "user.email=lab@localhost", "commit", "-qm", "systems"}} {
		l.must(t, git(dir, words...))
	}
	return dir
}

// labColmena: the guide's own hive is deployed as it stands, by the address in it; the system is the one of the hive, and
// a second deployment changes nothing.
func labColmena(t *testing.T, l *lab) {
	dir := l.guided(t, "n1")
	env := l.configured(t, "Host "+l.address(t, "n1"), l.login(t))
	r := l.nixhop(t, dir, env, "switch", "my-nixos")
	succeeds(t, r)
	if want := "switch my-nixos (root@" + l.address(t, "n1") + "): configuration my-nixos, by colmena, built here"; !strings.Contains(r.stderr, want) {
		t.Errorf("%q is not said:\n%s", want, r.stderr)
	}
	system := strings.TrimSpace(r.stdout)
	l.runs(t, "n1", system)
	if got := l.ssh(t, "n1", "cat /etc/nixhop-message"); !strings.HasPrefix(got, "hello from my-nixos, by ") {
		t.Error(got)
	}
	succeeds(t, l.nixhop(t, dir, env, "check", "my-nixos"))
	succeeds(t, l.nixhop(t, dir, env, "switch", "n1=my-nixos")) // by an alias
	l.runs(t, "n1", system)
	succeeds(t, l.nixhop(t, dir, env, "switch", "my-nixos", "--build-host", "target"))
	l.runs(t, "n1", system)
	l.noMasterLeft(t)
}
