package plan

import (
	"strings"
	"testing"

	"nixhop/nixexec/ssh"
	"nixhop/rebuild/decision"
	"nixhop/rebuild/request"
	"nixhop/sshcfg"
)

// machineFor is a host of a test's plan.
func machineFor(host string) *decision.Machine {
	h, err := sshcfg.ParseHost(host)
	if err != nil {
		panic(err)
	}
	return &decision.Machine{Host: h, Master: ssh.MasterOptions{Host: h.String(), Dir: "/run/d"}}
}

// parse is a command line of a test.
func parse(t *testing.T, line string) request.Request {
	t.Helper()
	r, err := request.Parse(strings.Fields(line), func(string) bool { return true })
	if err != nil {
		t.Fatal(err)
	}
	return r
}
