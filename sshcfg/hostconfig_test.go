package sshcfg

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
)

// Under our config every host means what it means under the user's, but for the ports that were asked for.
func TestWriteConfigKeepsTheUsers(t *testing.T) {
	home := t.TempDir()
	t.Setenv("HOME", home)
	write(t, filepath.Join(home, ".ssh", "conf.d", "more"), "Host inner\n  User m2\n  ProxyJump web\n")
	user := "Host web\n  User m1\n  Port 2201\nInclude conf.d/*\nHost web\n  Include conf.d/*\nMatch originalhost web,db\n  IdentityFile ~/.ssh/k\n" +
		"Match host *.final\n  HostKeyAlias kept\nHost *\n  ServerAliveInterval 7\nMatch final all\n  UserKnownHostsFile /known\n"
	for _, dir := range []string{"plain", "with space", `odd "%h" [a] ${X} \ *`} {
		t.Run(dir, func(t *testing.T) {
			file := write(t, filepath.Join(home, dir, "config"), user)
			if dir == "plain" { // ssh -F takes what others can write to, Include does not
				if err := os.Chmod(file, 0o666); err != nil {
					t.Fatal(err)
				}
			}
			ours := filepath.Join(plainDir(t), "ssh_config")
			ports := map[string]int{"web": 2299, "fe80::1%eth0": 2298, "new.final": 2297}
			if err := WriteConfig(ours, settings(ports), []string{file, os.DevNull}); err != nil {
				t.Fatal(err)
			}
			for _, host := range []string{"web", "ann@web", "inner", "db", "fe80::1%eth0", "new.final", "other"} {
				want, err := Resolve(context.Background(), host, file, nil)
				if err != nil {
					t.Fatal(err)
				}
				if port, ok := ports[strings.TrimPrefix(host, "ann@")]; ok {
					want.Port = port
				}
				got, err := Resolve(context.Background(), host, ours, nil)
				if err != nil || !reflect.DeepEqual(got, want) {
					t.Errorf("%s:\ngot  %+v, %v\nwant %+v", host, got, err, want)
				}
			}
		})
	}
}

// The defaults under our config are those of ssh without -F.
func TestWriteConfigDefaults(t *testing.T) {
	ours := filepath.Join(t.TempDir(), "ssh_config")
	if err := WriteConfig(ours, nil, Files("")); err != nil {
		t.Fatal(err)
	}
	want, err := Resolve(context.Background(), "some-host", "", nil)
	if err != nil {
		t.Fatal(err)
	}
	got, err := Resolve(context.Background(), "some-host", ours, nil)
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("\ngot  %+v, %v\nwant %+v", got, err, want)
	}
}

func TestWriteConfigErrors(t *testing.T) {
	dir := t.TempDir()
	ours := filepath.Join(dir, "ssh_config")
	for _, name := range []string{"", "a b", "a\n  ProxyCommand x", "#a", "*", "!a", "-a", `"a"`} {
		if err := WriteConfig(ours, map[string]Setting{name: {Port: 22}}, nil); err == nil {
			t.Errorf("%q: no error", name)
		}
	}
	if err := WriteConfig(ours, nil, []string{filepath.Join(dir, "missing")}); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("missing: %v", err)
	}
	if err := WriteConfig(filepath.Join(dir, "no", "such", "dir"), nil, nil); err == nil {
		t.Error("no directory: no error")
	}
	if err := WriteConfig(ours, nil, nil); err != nil {
		t.Error(err)
	}
	info, err := os.Stat(ours)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v", fmt.Sprint(info), err)
	}
}

// settings are the ports of host names as settings.
func settings(ports map[string]int) map[string]Setting {
	all := map[string]Setting{}
	for name, port := range ports {
		all[name] = Setting{Port: port}
	}
	return all
}

// Each of two names has a control path of its own under our config, whatever the user's says.
func TestWriteConfigControlPath(t *testing.T) {
	dir := plainDir(t)
	user := filepath.Join(dir, "user")
	write(t, user, "Host *\n  ControlPath /elsewhere/%h\n  HostName 192.0.2.1\n")
	ours := filepath.Join(dir, "ours")
	if err := WriteConfig(ours, map[string]Setting{"a": {ControlPath: "/run/0/%C"}, "b": {ControlPath: "/run/1/%C"}}, []string{user}); err != nil {
		t.Fatal(err)
	}
	for host, want := range map[string]string{"a": "/run/0/", "root@b": "/run/1/", "c": "/elsewhere/192.0.2.1"} {
		e, err := Resolve(context.Background(), host, ours, nil)
		if err != nil || !strings.HasPrefix(e.ControlPath, want) {
			t.Errorf("%s: %q, %v; want %s...", host, e.ControlPath, err, want)
		}
	}
}
