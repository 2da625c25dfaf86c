package check

import (
	"reflect"
	"testing"
	"time"

	"nixhop/rebuild/facts"
	"nixhop/rebuild/report"
)

var now = time.Unix(1700000000, 0)

// goodFacts is a host with which nothing is wrong.
func goodFacts() facts.Host {
	return facts.Host{
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
func sameFindings(t *testing.T, got []report.Finding, want told, host, target string) {
	t.Helper()
	if want.Name == "" {
		if len(got) > 0 {
			t.Errorf("got %+v, want nothing", got)
		}
		return
	}
	want.Host = host
	if len(got) != 1 || !reflect.DeepEqual(tell(got[0], target), want) {
		t.Errorf("got\n%+v\nwant\n%+v", got, want)
	}
}

// told is a finding as it is told, its remedy in lines.
type told struct {
	Name      string
	Severity  report.Severity
	Host      string
	What, Why string
	Remedy    []string
}

// tell is how a finding of a deployment to a target is told.
func tell(f report.Finding, target string) told {
	call := report.Call{Action: "switch", Word: target, Host: target}
	return told{f.Name, f.Severity, f.Host, f.What, f.Why, call.Lines(f.Remedy)}
}
