package sshcfg

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
)

func TestParseEndpoint(t *testing.T) {
	const text = `host prod
user deploy
hostname 10.0.0.5
port 2222
identitiesonly yes
stricthostkeychecking accept-new
identityfile ~/.ssh/id_ed25519
identityfile /keys/my key
identityfile none
identityagent SSH_AUTH_SOCK
addkeystoagent 300
hostkeyalias prod.example
controlpath none
proxyjump ann@bastion:22,second
proxycommand none
userknownhostsfile /home/ann/.ssh/known_hosts /home/ann/my known/hosts ~/third
globalknownhostsfile none
tag front
`
	want := Endpoint{
		User: "deploy", HostName: "10.0.0.5", Port: 2222, ProxyJump: "ann@bastion:22,second",
		IdentityFiles: []string{"/home/ann/.ssh/id_ed25519", "/keys/my key"}, IdentitiesOnly: true, IdentityAgent: "SSH_AUTH_SOCK", AddKeysToAgent: "300",
		UserKnownHosts:   []string{"/home/ann/.ssh/known_hosts", "/home/ann/my known/hosts", "~/third"},
		GlobalKnownHosts: []string{"none"}, HostKeyAlias: "prod.example", StrictHostKeyChecking: "accept-new", Tag: "front",
	}
	got, err := parseEndpoint(text, "/home/ann")
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("\ngot  %+v, %v\nwant %+v", got, err, want)
	}
	for _, broken := range []string{"", "hostname a\n", "port 22\n", "hostname a\nport x\n"} {
		if _, err := parseEndpoint(broken, ""); err == nil {
			t.Errorf("%q: no error", broken)
		}
	}
}

func TestAddress(t *testing.T) {
	tests := []struct {
		endpoint Endpoint
		want     string
	}{
		{Endpoint{User: "root", HostName: "10.0.0.5", Port: 22}, "root@10.0.0.5"},
		{Endpoint{User: "root", HostName: "10.0.0.5", Port: 2222}, "root@10.0.0.5:2222"},
		{Endpoint{HostName: "::1", Port: 22}, "::1"},
		{Endpoint{User: "root", HostName: "fe80::1%eth0", Port: 2222}, "root@[fe80::1%eth0]:2222"},
	}
	for _, test := range tests {
		if got := test.endpoint.Address(); got != test.want {
			t.Errorf("Address() = %q, want %q", got, test.want)
		}
	}
}

func TestResolve(t *testing.T) {
	config := write(t, filepath.Join(t.TempDir(), "my config"), "Host prod\n  HostName %h.example\n  Port 2222\n  ProxyJump ann@bastion\n  IdentityFile ~/.ssh/k\nHost *.example\n  User never\n")
	got, err := Resolve(context.Background(), "root@prod", config, []string{"-o", "StrictHostKeyChecking=yes"})
	if err != nil {
		t.Fatal(err)
	}
	if got.Alias != "root@prod" || got.Address() != "root@prod.example:2222" || got.ProxyJump != "ann@bastion" || got.StrictHostKeyChecking != "true" {
		t.Errorf("%+v", got)
	}
	if want := []string{filepath.Join(databaseHome(), ".ssh", "k")}; !slices.Equal(got.IdentityFiles, want) {
		t.Errorf("identity files %q, want %q", got.IdentityFiles, want)
	}
	for _, host := range []string{"", "-oProxyCommand=x", "a b", "a\n", "a;b"} {
		if _, err := Resolve(context.Background(), host, config, nil); err == nil {
			t.Errorf("%q: no error", host)
		}
	}
}

func TestResolveBadConfig(t *testing.T) {
	dir := t.TempDir()
	shared := write(t, filepath.Join(dir, "shared"), "Host a\n")
	if err := os.Chmod(shared, 0o666); err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name, text string
		options    []string
		want       ConfigError
	}{
		{"option", "Host a\n\n  Foo x\n  Port y\n", nil, ConfigError{"CONFIG", 3, "Bad configuration option: foo"}},
		{"value", "Port y\n", nil, ConfigError{"CONFIG", 1, "Bad port 'y'."}},
		{"byte order mark", "\ufeffHost a\n", nil, ConfigError{"CONFIG", 1, `Bad configuration option: \357\273\277host`}},
		{"permissions", "Include " + shared + "\n", nil, ConfigError{shared, 0, "Bad owner or permissions"}},
		{"ours", "", []string{"-o", "Foo=x"}, ConfigError{"command-line", 0, "Bad configuration option: foo"}},
	}
	for _, test := range tests {
		config := write(t, filepath.Join(dir, "config"), test.text)
		_, err := Resolve(context.Background(), "a", config, test.options)
		var got *ConfigError
		test.want.File = strings.Replace(test.want.File, "CONFIG", config, 1)
		if !errors.As(err, &got) || *got != test.want {
			t.Errorf("%s: %v, want %v", test.name, err, &test.want)
		}
	}
	_, err := Resolve(context.Background(), "a", filepath.Join(dir, "missing"), nil)
	if err == nil || !strings.Contains(err.Error(), "No such file or directory") {
		t.Errorf("missing config: %v", err)
	}
}
