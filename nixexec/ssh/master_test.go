package ssh

import (
	"nixhop/nixexec"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestMasterArgv(t *testing.T) {
	o := MasterOptions{
		Host: "root@web", Dir: "/run/user/1/nixhop-a", Config: "/run/user/1/nixhop-a/config",
		Options:        []string{"-p", "22", "-o", "ControlPath=/mine", "-v", "-t"},
		ConnectTimeout: 1500 * time.Millisecond, AcceptNew: true, Batch: true,
	}
	want := "ssh -F /run/user/1/nixhop-a/config -p 22 -o ControlPath=/run/user/1/nixhop-a/%C -o ClearAllForwardings=yes" +
		" -o ServerAliveInterval=15 -o ServerAliveCountMax=4 -o ConnectTimeout=2 -o BatchMode=yes -f -N -o StrictHostKeyChecking=accept-new" +
		" -o ControlMaster=yes -o ControlPersist=15 -o LogLevel=DEBUG1 -E " + o.logFile() + " -- root@web"
	if got := strings.Join(MasterArgv(o), " "); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	bare := strings.Join(MasterArgv(MasterOptions{Host: "web", Dir: "/d"}), " ")
	for _, option := range []string{"-F", "ConnectTimeout", "BatchMode", "StrictHostKeyChecking", "-v"} {
		if strings.Contains(bare, option) {
			t.Errorf("%s in %s", option, bare)
		}
	}
}

func TestConnectionOptions(t *testing.T) {
	o := MasterOptions{Host: "web", Dir: "/d", Options: []string{"-v", "-M", "-o", "ServerAliveInterval=5", "-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/k"}, ConnectTimeout: 10 * time.Second, AcceptNew: true}
	want := "-v -o ServerAliveInterval=5 -o ControlPath=/d/%C -o ClearAllForwardings=yes -o ServerAliveInterval=15 -o ServerAliveCountMax=4" +
		" -o ConnectTimeout=10 -o ControlMaster=no -o RemoteCommand=none -o RequestTTY=no" +
		" -o HostKeyAlias=nixhop-lost-connection -o StrictHostKeyChecking=yes -o VerifyHostKeyDNS=no" +
		" -o UserKnownHostsFile=/dev/null -o GlobalKnownHostsFile=/dev/null"
	if got := strings.Join(ConnectionOptions(o), " "); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestMasterCommands(t *testing.T) {
	m := &Master{options: MasterOptions{Host: "web", Dir: "/d"}}
	start := append(append([]string{"ssh"}, ConnectionOptions(m.options)...), "-o", "BatchMode=yes", "--", "web")
	for _, test := range []struct {
		got   nixexec.Command
		words []string
		stdin string
	}{
		{m.Command("nix-store", "--version"), []string{"nix-store", "--version"}, ""},
		{m.Command("echo", "a b"), []string{"echo", "'a b'"}, ""},
		{m.Script(nil, "id\n"), []string{"/bin/sh", "-s"}, "id\n"},
		{m.Script([]string{"sudo", "-n"}, "id"), []string{"sudo", "-n", "/bin/sh", "-s"}, "id\n"},
	} {
		if want := slices.Concat(start, test.words); !slices.Equal(test.got.Argv, want) || test.got.Stdin != test.stdin {
			t.Errorf("got  %q %q\nwant %q", test.got.Argv, test.got.Stdin, want)
		}
	}
}
