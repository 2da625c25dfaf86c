package check

import (
	"strings"
	"testing"

	"nixhop/rebuild/report"
	"nixhop/rebuild/source"
	"nixhop/sshcfg"
)

// printed is a finding as it is printed.
func printed(f report.Finding, call report.Call) string {
	return report.Block(f.Head(), f.Why, call.Lines(f.Remedy), 0)
}

func TestConnection(t *testing.T) {
	web := Login{Alias: "root@web", PublicKey: "ssh-ed25519 AAAA me", Endpoint: sshcfg.Endpoint{Alias: "root@web", User: "root", HostName: "192.168.4.1"}}
	sudo := web
	sudo.SudoUser = "alice"
	keyed := func(kind sshcfg.FailureKind, keyType string) sshcfg.Failure {
		return sshcfg.Failure{Kind: kind, KeyName: "192.168.4.1", Key: sshcfg.HostKey{Type: keyType, Fingerprint: "SHA256:abc"}, File: "/h/known hosts", Line: 7,
			Remove: []string{"ssh-keygen", "-f", "/h/known hosts", "-R", "[web]:2222"}}
	}
	for _, test := range []struct {
		name  string
		login Login
		f     sshcfg.Failure
		want  string
	}{
		{"a key of another type", web, keyed(sshcfg.HostKeyUnknown, "ssh-rsa"), `
nixhop: error: root@web: its host key is not known yet: ssh-rsa SHA256:abc [host-key-unknown]
  compare the fingerprint with the one that the host itself shows: ssh-keygen -lf /etc/ssh/ssh_host_rsa_key.pub
    ssh root@web true   # asks, and remembers the key
    # or
    nixhop boot root@web --accept-new   # remembers it unseen: only in a network that you trust
    # or
    programs.ssh.knownHosts."192.168.4.1".publicKey = "ssh-rsa ...";   # in the configuration of this machine
`},
		{"an older ssh tells less of the key", web, sshcfg.Failure{Kind: sshcfg.HostKeyUnknown, Key: sshcfg.HostKey{Type: "ECDSA"}}, `
nixhop: error: root@web: its host key is not known yet: ECDSA [host-key-unknown]
  compare the fingerprint with the one that the host itself shows: ssh-keygen -lf /etc/ssh/ssh_host_ecdsa_key.pub
    ssh root@web true   # asks, and remembers the key
    # or
    nixhop boot root@web --accept-new   # remembers it unseen: only in a network that you trust
`},
		{"words that a shell would split", web, keyed(sshcfg.HostKeyChanged, "ssh-ed25519"), `
nixhop: error: root@web: its host key has changed: it shows ssh-ed25519 SHA256:abc [host-key-changed]
  it was installed anew, or this is another machine; the old key stands in /h/known hosts:7
    ssh-keygen -f '/h/known hosts' -R '[web]:2222'   # only if you know why
`},
		{"changed for every user", web, sshcfg.Failure{
			Kind: sshcfg.HostKeyChanged, KeyName: "web", Key: sshcfg.HostKey{Type: "ssh-ed25519", Fingerprint: "SHA256:abc"}, File: "/etc/ssh/ssh_known_hosts", Line: 2,
			Remove: []string{"ssh-keygen", "-f", "/etc/ssh/ssh_known_hosts", "-R", "web"},
		}, `
nixhop: error: root@web: its host key has changed: it shows ssh-ed25519 SHA256:abc [host-key-changed]
  it was installed anew, or this is another machine; the old key stands in /etc/ssh/ssh_known_hosts:2
    sudo ssh-keygen -f /etc/ssh/ssh_known_hosts -R web   # only if you know why
    programs.ssh.knownHosts."web".publicKey = "ssh-ed25519 ...";   # where the configuration of this machine has it
`},
		{"revoked", web, keyed(sshcfg.HostKeyRevoked, "ssh-ed25519"), `
nixhop: error: root@web: its host key is marked as revoked: ssh-ed25519 SHA256:abc [host-key-changed]
  /h/known hosts:7 says so; another key must be given to the host
    ssh root@web true   # shows what ssh says
`},
		{"no method is said", web, sshcfg.Failure{Kind: sshcfg.Denied}, `
nixhop: error: root@web: login as "root" is denied [login-denied]
  no key was offered; there is no ssh agent
    users.users.root.openssh.authorizedKeys.keys = [ "ssh-ed25519 AAAA me" ];   # in the host's configuration
`},
		{"the agent's key wants a touch", web, sshcfg.Failure{
			Kind: sshcfg.Denied, Methods: []string{"publickey"}, Agent: sshcfg.Agent{Answered: true, Keys: 1},
			Offered:  []sshcfg.OfferedKey{{Path: "me@yubikey", Agent: true, Accepted: true}},
			Problems: []string{"sign_and_send_pubkey: signing failed: agent refused operation"},
		}, `
nixhop: error: root@web: login as "root" is denied: the host takes the key me@yubikey, but ssh cannot use it here [login-denied]
  keys offered: me@yubikey (accepted); the ssh agent has 1; sign_and_send_pubkey: signing failed: agent refused operation
    ssh-add -l   # does the agent want a touch, or a confirmation?
`},
		{"under sudo, with the agent", sudo, sshcfg.Failure{
			Kind: sshcfg.Denied, User: "root", Methods: []string{"publickey", "password"}, Agent: sshcfg.Agent{Answered: true, Keys: 1},
			Offered: []sshcfg.OfferedKey{{Path: "/root/.ssh/id_rsa"}},
		}, `
nixhop: error: root@web: login as "root" is denied (it takes: publickey, password) [login-denied]
  keys offered: /root/.ssh/id_rsa; the ssh agent has 1; these are the ssh config, keys and agent of root, for sudo was used by "alice"
    nixhop boot root@web   # without sudo: root is gained on the host
    ssh-copy-id root@web   # if you have a password there
    users.users.root.openssh.authorizedKeys.keys = [ "ssh-ed25519 AAAA me" ];   # in the host's configuration
`},
		{"the name itself has no address", web, sshcfg.Failure{Kind: sshcfg.Unresolved, Host: "web"}, `
nixhop: error: root@web: its name "web" has no address [host-unreachable]
  is the network, or a VPN, down, or the name misspelt?
    getent hosts web
`},
		{"several jump hosts", web, sshcfg.Failure{Kind: sshcfg.JumpFailed, Jump: "gate,root@inner:2222", Text: "ssh: connect to host inner port 2222: No route to host"}, `
nixhop: error: root@web: the way over "gate,root@inner:2222" failed: ssh: connect to host inner port 2222: No route to host [host-unreachable]
  the host itself was never reached
    ssh ssh://root@inner:2222 true
`},
		{"fail2ban", web, sshcfg.Failure{Kind: sshcfg.Kex, Host: "192.168.4.1", Port: 22, Text: "kex_exchange_identification: Connection closed by remote host"}, `
nixhop: error: root@web: 192.168.4.1 port 22 ended the talk before the login: kex_exchange_identification: Connection closed by remote host [host-unreachable]
  it is no sshd, it is overloaded (MaxStartups), or it shuts this machine out for a while after refused logins (PerSourcePenalties, fail2ban)
    ssh -v root@web
`},
	} {
		call := report.Call{Action: "boot", Word: "root@web", Host: "root@web"}
		if got := printed(Connection(test.login, test.f), call); got != strings.TrimPrefix(test.want, "\n") {
			t.Errorf("%s:\ngot\n%swant%s", test.name, got, test.want)
		}
	}
}

func TestNoConfiguration(t *testing.T) {
	asked := []source.Configuration{{Name: "web", From: "alias"}, {Name: "nixos", From: "host name"}}
	for _, test := range []struct {
		names []string
		want  string
	}{
		{[]string{"db", "wep"}, `
nixhop: error: admin@web: flake "." has no configuration "web" (from the alias) nor "nixos" (from the host name) [no-configuration]
  did you mean wep? it has: db, wep
    nixhop switch admin@web=CONFIGURATION
    # or
    # nixhop: configuration=CONFIGURATION   (a line in the ssh config, under Host web)
`},
		{[]string{}, `
nixhop: error: admin@web: flake "." has no configuration "web" (from the alias) nor "nixos" (from the host name) [no-configuration]
  it has none at all
    nix flake show .
`},
	} {
		call := report.Call{Action: "switch", Word: "admin@web", Host: "admin@web"}
		found := NoConfiguration("admin@web", &source.NoConfigurationError{Flake: ".", Asked: asked, Names: test.names})
		if len(found) != 1 {
			t.Fatalf("%v: %v", test.names, found)
		}
		if got := printed(found[0], call); got != strings.TrimPrefix(test.want, "\n") {
			t.Errorf("got\n%swant%s", got, test.want)
		}
	}
}

// The command that brings a key to the host names the one that ssh has offered, where ssh-copy-id would look for
// another.
func TestOwnKey(t *testing.T) {
	for want, offered := range map[string][]sshcfg.OfferedKey{
		"":                 nil,
		"/home/me/.ssh/wk": {{Path: "me@yubikey", Agent: true}, {Path: "/home/me/.ssh/wk"}, {Path: "/home/me/.ssh/id_rsa"}},
	} {
		if got := ownKey(sshcfg.Failure{Offered: offered}); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
	if got := ownKey(sshcfg.Failure{Offered: []sshcfg.OfferedKey{{Path: "/home/me/.ssh/id_rsa"}, {Path: "/home/me/.ssh/wk"}}}); got != "" {
		t.Errorf("%q", got)
	}
}
