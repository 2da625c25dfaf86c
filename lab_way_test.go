//go:build lab

package main

import (
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// longWay is what a round trip to a host takes that is far away.
const longWay = 100 * time.Millisecond

// delayVariable makes the test binary a ProxyCommand: how long a round trip takes.
const delayVariable = "NIXHOP_LAB_DELAY"

// TestDelayedWay is the way to a host that is far away, where ssh has started this binary for that: what comes in goes
// out later, however much it is.
func TestDelayedWay(t *testing.T) {
	trip, err := time.ParseDuration(os.Getenv(delayVariable))
	if err != nil {
		return
	}
	address := os.Args[len(os.Args)-2:]
	host, err := net.Dial("tcp", net.JoinHostPort(address[0], address[1]))
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	go func() {
		late(host, os.Stdin, trip/2)
		_ = host.(*net.TCPConn).CloseWrite()
	}()
	late(os.Stdout, host, trip/2)
	os.Exit(0) // nothing of the tests is to be printed
}

// late copies, each piece so much later than it came.
func late(to io.Writer, from io.Reader, by time.Duration) {
	type piece struct {
		due  time.Time
		data []byte
	}
	pieces := make(chan piece, 1<<16)
	go func() {
		defer close(pieces)
		for {
			data := make([]byte, 32<<10)
			n, err := from.Read(data)
			if n > 0 {
				pieces <- piece{time.Now().Add(by), data[:n]}
			}
			if err != nil {
				return
			}
		}
	}()
	for p := range pieces {
		time.Sleep(time.Until(p.due))
		if _, err := to.Write(p.data); err != nil {
			return
		}
	}
}

// farConfig is an ssh config in which a host of the lab is far away.
func (l *lab) farConfig(t *testing.T, host string) string {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "far")
	text := fmt.Sprintf("Host %s\n  ProxyCommand env %s=%s %s -test.run ^TestDelayedWay$ %%h %%p\nInclude %s\n", host, delayVariable, longWay, self, l.config)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// small is a file of Nix with many small derivations: all is one that needs them, deep one whose sources they are, so
// that it is built alone.
const small = `{ salt, count ? 200 }:
let
  make = name: text: derivation { inherit name; system = import ./platform.nix; builder = "/bin/sh"; args = [ "-c" "echo ${text} >$out" ]; };
  each = map (i: make "small-${toString i}" "${salt} ${toString i}") (builtins.genList (i: i) count);
in
{
  all = make "all" (toString each);
  deep = make "deep" (toString (map (d: builtins.unsafeDiscardOutputDependency d.drvPath) each));
}
`
