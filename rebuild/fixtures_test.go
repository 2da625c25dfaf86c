package rebuild

import (
	"reflect"
	"strings"
	"testing"
	"time"

	"nixhop/nixexec"
	"nixhop/rebuild/facts"
	"nixhop/rebuild/plan"
	"nixhop/rebuild/report"
	"nixhop/rebuild/request"
	"nixhop/sshcfg"
)

var now = time.Unix(1700000000, 0)

// machineFor is a host of a test's plan.
func machineFor(host string, elevate ...string) *plan.Machine {
	h, err := sshcfg.ParseHost(host)
	if err != nil {
		panic(err)
	}
	return &plan.Machine{Host: h, Elevate: elevate, Master: nixexec.MasterOptions{Host: h.String(), Dir: "/run/d"}}
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

// goodFacts is a host with which nothing is wrong.
func goodFacts() facts.Facts {
	return facts.Facts{
		Clock: now,
		Login: facts.Login{UID: "1000", User: "deploy", Groups: []string{"users"}, Shell: "/bin/bash", Path: "/usr/local/bin:/usr/bin"},
		Elevate: facts.Elevation{
			Sudo: "/usr/bin/sudo", SudoVersion: "Sudo version 1.9.13p3", SudoFree: facts.Yes,
		},
		Nix: facts.Nix{Store: "/usr/bin/nix-store", Version: "2.24.9", Trusted: facts.Yes, System: "x86_64-linux", MaxJobs: "4"},
		System: facts.System{
			Kernel: "Linux", Machine: "x86_64", HostName: "web", NixOS: facts.Yes, ID: "nixos", Name: "NixOS 24.05 (Uakari)",
			Systemd: facts.Yes, SystemdVersion: 255, KernelBytes: 40 << 20,
		},
		Spaces: []facts.Space{
			{Path: "/nix/store", Mount: "/", FreeKiB: 50 << 20, TotalKiB: 100 << 20, FreeInodes: 1 << 20, Inodes: 2 << 20},
			{Path: "/boot", Mount: "/boot", FreeKiB: 300 << 10, TotalKiB: 500 << 10},
			{Path: "/tmp", Mount: "/tmp", FreeKiB: 4 << 20, TotalKiB: 8 << 20},
		},
		Kernels: []string{"/boot"},
	}
}

// sameFindings compares with the one finding that is wanted; without a name, none is.
func sameFindings(t *testing.T, got []report.Finding, want report.Finding, host string) {
	t.Helper()
	if want.Name == "" {
		if len(got) > 0 {
			t.Errorf("got %+v, want nothing", got)
		}
		return
	}
	want.Host = host
	if len(got) != 1 || !reflect.DeepEqual(got[0], want) {
		t.Errorf("got\n%+v\nwant\n%+v", got, want)
	}
}

// shell is a /bin/sh as hosts have it.
type shell struct {
	name    string
	program string
	args    []string
}

// shells are those that are here: dash of Debian, bash of NixOS under the name of sh, busybox of small systems.
func shells(t *testing.T) []shell {
	var found []shell
	for _, s := range []shell{
		{"dash", "dash", []string{"sh", "-s"}},
		{"bash", "bash", []string{"sh", "-s"}},
		{"busybox", "busybox", []string{"sh", "-s"}},
	} {
		path, err := nixexec.LookPath(s.program)
		if err != nil {
			t.Logf("%v: not tried", err)
			continue
		}
		s.program = path
		found = append(found, s)
	}
	return found
}
