package rebuild

import (
	"testing"

	"nixhop/sshcfg"
)

// TestLockName: what leads to one sshd has one lock, whoever logs in; another way may lead to another machine.
func TestLockName(t *testing.T) {
	web := sshcfg.Endpoint{Alias: "web", User: "root", HostName: "192.0.2.1", Port: 22}
	for name, test := range map[string]struct {
		other sshcfg.Endpoint
		same  bool
	}{
		"another alias":    {sshcfg.Endpoint{Alias: "www", User: "root", HostName: "192.0.2.1", Port: 22}, true},
		"another user":     {sshcfg.Endpoint{Alias: "admin@web", User: "admin", HostName: "192.0.2.1", Port: 22}, true},
		"another port":     {sshcfg.Endpoint{Alias: "web", User: "root", HostName: "192.0.2.1", Port: 2222}, false},
		"another host":     {sshcfg.Endpoint{Alias: "web", User: "root", HostName: "192.0.2.2", Port: 22}, false},
		"over a jump host": {sshcfg.Endpoint{Alias: "web", User: "root", HostName: "192.0.2.1", Port: 22, ProxyJump: "gate"}, false},
		"over a program":   {sshcfg.Endpoint{Alias: "web", User: "root", HostName: "192.0.2.1", Port: 22, ProxyCommand: "gate"}, false},
	} {
		if got := lockName(test.other) == lockName(web); got != test.same {
			t.Errorf("%s: the same lock: %v", name, got)
		}
	}
	upper, lower := sshcfg.Endpoint{HostName: "Web.Example"}, sshcfg.Endpoint{HostName: "web.example"}
	if lockName(upper) != lockName(lower) {
		t.Error("the case of a host name matters")
	}
}
