//go:build lab

package main

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// guidesFlake is the example of colmena in "NixOS & Flakes Book" (best-practices/remote-deployment), word for word but
// for its comments and two values: where nixpkgs is, and the address.
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

// labColmena: the guide's own hive is deployed as it stands, by the address in it; the system is the one of the hive,
// and a second deployment changes nothing.
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

// deploysFlake is one of deploy-rs, with the stand-in for that.
const deploysFlake = `{
  inputs.nixpkgs.url = "NIXPKGS";
  outputs = { self, nixpkgs }: let deploy-rs = import (nixpkgs + "/lab/deploy-rs.nix") { system = "x86_64-linux"; }; in {
    nixosConfigurations.web = import (nixpkgs + "/nixos/lib/eval-config.nix") {
      system = "x86_64-linux";
      modules = [ { networking.hostName = "n1"; lab.message = "web by deploy-rs"; } ];
    };
    deploy.sshUser = "root";
    deploy.nodes.web = {
      hostname = "192.168.5.42";
      profiles.system = { user = "root"; path = deploy-rs.nixos self.nixosConfigurations.web; };
      profilesOrder = [ "tool" "system" ];
      profiles.home = { user = "admin"; path = deploy-rs.profile "home" "activate" "HOME"; };
      profiles.tool = { user = "root"; path = deploy-rs.profile "tool" "deploy-rs-activate" "TOOL"; };
    };
  };
}
`

// deploys deploys the system that is in the profile of a node of deploy-rs: the very one of its nixosConfiguration.
func (l *lab) deploys(t *testing.T, dir string, env []string) {
	text := strings.NewReplacer("NIXPKGS", "path:"+filepath.Join(filepath.Dir(dir), "nixpkgs"), "192.168.5.42", l.address(t, "n1")).Replace(deploysFlake)
	if err := os.WriteFile(filepath.Join(dir, "flake.nix"), []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	r := l.nixhop(t, dir, env, "switch", "web")
	succeeds(t, r)
	system := strings.TrimSpace(r.stdout)
	l.runs(t, "n1", system)
	if got := l.ssh(t, "n1", "cat /etc/nixhop-message"); strings.TrimSpace(got) != "web by deploy-rs" || !strings.Contains(r.stderr, "configuration web, by deploy") {
		t.Error(got, r.stderr)
	}
	// The profiles of two users, the second of whom logs in nowhere, come behind it in their order, and once.
	l.ssh(t, "n1", "rm -f /tmp/profiles")
	if said := "profile home of admin is /nix/store/"; !strings.Contains(r.stderr, said) {
		t.Errorf("%q is not said:\n%s", said, r.stderr)
	}
	for _, force := range []string{"--force", ""} {
		succeeds(t, l.nixhop(t, dir, env, strings.Fields("switch web "+force)...))
	}
	const places = "/nix/var/nix/profiles/per-user"
	got := l.ssh(t, "n1", "cat /tmp/profiles; readlink -f "+places+"/root/tool "+places+"/admin/home")
	want := regexp.MustCompile(`^TOOL root /root ` + places + `/root/tool\nHOME admin /home/admin ` + places + `/admin/home\n/nix/store/\S+-tool\n/nix/store/\S+-home$`)
	if !want.MatchString(strings.TrimSpace(got)) {
		t.Errorf("%q", got)
	}
	r = l.nixhop(t, dir, env, "build", "web", "--inventory", "flake")
	succeeds(t, r)
	if got := strings.TrimSpace(r.stdout); got != system {
		t.Errorf("the flake has %q, and %q was deployed", got, system)
	}
}

// labNetworks: a network of NixOps and one of morph are deployed as they stand, the second with its secret; and a node
// of deploy-rs.
func labNetworks(t *testing.T, l *lab) {
	dir := l.guided(t, "n1")
	nixpkgs := filepath.Join(filepath.Dir(dir), "nixpkgs")
	env := l.configured(t, "Host "+l.address(t, "n1"), l.login(t))
	for kind, network := range map[string]string{
		"nixops": `{ nixpkgs = ` + nixpkgs + `; defaults = { name, ... }: { lab.message = "${name} by nixops"; };
			n1 = { nixpkgs.system = "x86_64-linux"; deployment.targetHost = "` + l.address(t, "n1") + `"; }; }`,
		"morph": `{ network.pkgs = import ` + nixpkgs + ` { system = "x86_64-linux"; };
			n1 = { name, ... }: { lab.message = "${name} by morph"; deployment.targetHost = "` + l.address(t, "n1") + `"; deployment.targetUser = "root";
				deployment.secrets.word = { source = "word"; destination = "/etc/words/word"; owner.user = "admin"; action = [ "echo" "acted" ">>/run/acted" ]; };
				deployment.healthChecks.cmd = [ { description = "acted"; cmd = [ "test" "-s" "/run/acted" ]; } ]; }; }`,
	} {
		for name, text := range map[string]string{kind + ".nix": network, "word": "s3cret"} {
			if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		r := l.nixhop(t, dir, env, "switch", "n1", "-f", kind+".nix", "--inventory", kind)
		succeeds(t, r)
		l.runs(t, "n1", strings.TrimSpace(r.stdout))
		if got := l.ssh(t, "n1", "cat /etc/nixhop-message"); strings.TrimSpace(got) != "n1 by "+kind {
			t.Error(got)
		}
	}
	if got := l.ssh(t, "n1", "stat -c '%U %a' /etc/words/word; cat /etc/words/word /run/acted"); strings.TrimSpace(got) != "admin 400\ns3cretacted" {
		t.Errorf("%q", got)
	}
	l.deploys(t, dir, env)
}

// labKeys: keys of a hive are written with their owner and mode, by a login that sudo wants a password of, too; nothing
// of them is seen among the processes of the host, in its store or its journal, or here; an upload that is interrupted
// leaves no half key.
func labKeys(t *testing.T, l *lab) {
	const content = "k3y of the lab"
	dir := l.guided(t, "n1")
	file := filepath.Join(t.TempDir(), "big")
	for path, text := range map[string]string{
		filepath.Join(dir, "configuration.nix"): `{ name, nixpkgs, ... }: {
			networking.hostName = "n1";
			deployment.keys = {
				token = { keyCommand = [ "printf" "%s %s" "k3y" "of the lab" ]; user = "admin"; group = "admin"; permissions = "0440"; };
				late = { text = "later"; destDir = "/etc/keys"; uploadAt = "post-activation"; };
				big = { keyFile = "` + file + `"; };
			};
		}`,
		file: strings.Repeat("0123456789abcdef", 40000),
	} {
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	l.must(t, git(dir, "add", "-A"))
	env := l.configured(t, "Host "+l.address(t, "n1"), l.login(t))
	r := l.nixhop(t, dir, env, "switch", "my-nixos")
	if r.code != 3 || !strings.Contains(r.stderr, `there is no directory "/run/keys" on the host [key-place]`) {
		t.Errorf("status %d:\n%s", r.code, r.stderr)
	}
	l.ssh(t, "n1", "install -d -m 0750 /run/keys && install -d /etc/keys")
	// All that runs there meanwhile, with its environment.
	watch := "touch /run/watching; (while [ -e /run/watching ]; do cat /proc/[0-9]*/cmdline /proc/[0-9]*/environ 2>/dev/null; done | tr '\\0' '\\n' >/run/watched) >/dev/null 2>&1 &"
	l.ssh(t, "n1", watch)
	r = l.nixhop(t, dir, env, "switch", "my-nixos", "-v")
	l.ssh(t, "n1", "rm /run/watching")
	succeeds(t, r)
	if !strings.Contains(r.stderr, "3 keys sent: ") {
		t.Error(r.stderr)
	}
	found := l.ssh(t, "n1", "cat /run/keys/token; echo; stat -c '%U:%G %a' /run/keys/token /run/keys/big; cat /etc/keys/late; echo; sha256sum </run/keys/big; ls -A /run/keys")
	sum := sha256.Sum256([]byte(strings.Repeat("0123456789abcdef", 40000)))
	if want := content + "\nadmin:admin 440\nroot:root 600\nlater\n" + hex.EncodeToString(sum[:]) + "  -\nbig\ntoken"; strings.TrimSpace(found) != want {
		t.Errorf("%q, want %q", found, want)
	}
	if watched := l.ssh(t, "n1", "grep -acxE '/bin/sh|-s' /run/watched"); strings.TrimSpace(watched) == "0" {
		t.Error("nobody has watched the shells that write the keys")
	}
	if text := l.ssh(t, "n1", "grep -aE '"+content+"|0123456789abcdef0123|"+base64.StdEncoding.EncodeToString([]byte(content))+"' /run/watched; "+
		"grep -arlE '"+content+"' /nix/store /var/log /tmp /root 2>/dev/null; :"); text != "" {
		t.Errorf("seen: %.300q", text)
	}
	r = l.nixhop(t, dir, env, "upload-keys", "my-nixos")
	succeeds(t, r)
	if !strings.Contains(r.stderr, "3 keys there already") {
		t.Error(r.stderr)
	}
	l.halfKey(t, dir, env, file)
}

// halfKey has the connection of an upload cut while a key is on its way.
func (l *lab) halfKey(t *testing.T, dir string, env []string, file string) {
	before := l.ssh(t, "n1", "sha256sum /run/keys/big")
	if err := os.WriteFile(file, []byte(strings.Repeat("fedcba9876543210", 60000)), 0o644); err != nil {
		t.Fatal(err)
	}
	// The shell that reads the key is ended as soon as it is there.
	l.ssh(t, "n1", "(until pkill -KILL -f '^/bin/sh -s$'; do :; done) >/dev/null 2>&1 &")
	r := l.nixhop(t, dir, env, "upload-keys", "my-nixos")
	if r.code == 0 {
		t.Error("nobody has noticed:", r.stderr)
	}
	if after := l.ssh(t, "n1", "sha256sum /run/keys/big; ls -A /run/keys"); strings.TrimSpace(after) != strings.TrimSpace(before)+"\nbig\ntoken" {
		t.Errorf("%q, want %q", after, before)
	}
	succeeds(t, l.nixhop(t, dir, env, "upload-keys", "my-nixos"))
}
