package connection

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"nixhop/nixexec"
	"nixhop/sshcfg"
	"nixhop/testdata/standin"
)

// TestMain lets the test binary be the programs of a stand-in world; see package standin.
func TestMain(m *testing.M) {
	standin.Run()
	os.Exit(m.Run())
}

// bounded ends a test that hangs.
func bounded(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	t.Cleanup(cancel)
	return ctx
}

// hostsOf are HOST words.
func hostsOf(t *testing.T, words ...string) []sshcfg.Host {
	t.Helper()
	var hosts []sshcfg.Host
	for _, word := range words {
		host, err := sshcfg.ParseHost(word)
		if err != nil {
			t.Fatal(err)
		}
		hosts = append(hosts, host)
	}
	return hosts
}

// written is the path of a new file with a text.
func written(t *testing.T, path, text string) string {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	// A program that runs cannot be written to.
	if err := os.WriteFile(path+".new", []byte(text), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(path+".new", path); err != nil {
		t.Fatal(err)
	}
	return path
}

// networkOf is a network to HOST words, which is closed at the end of the test.
func networkOf(t *testing.T, o Options, words ...string) *Network {
	t.Helper()
	if o.Config == "" {
		o.Config = written(t, filepath.Join(t.TempDir(), "ssh_config"), "")
	}
	n, err := New(t.Context(), o, hostsOf(t, words...))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		n.Close()
		if _, err := os.Stat(n.Dir()); !os.IsNotExist(err) {
			t.Errorf("%s was left behind: %v", n.Dir(), err)
		}
	})
	return n
}

// worldOf is a world in which hosts are up, and in which this test runs: its programs are the only ones.
func worldOf(t *testing.T, names ...string) standin.World {
	t.Helper()
	w, err := standin.NewWorld(filepath.Join(t.TempDir(), "world"))
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		if _, err := w.AddHost(name); err != nil {
			t.Fatal(err)
		}
	}
	for name, value := range w.Environment() {
		t.Setenv(name, value)
	}
	return w
}

// set turns a knob of a host.
func set(t *testing.T, h *standin.Place, knob, value string) {
	t.Helper()
	if err := h.Set(knob, value); err != nil {
		t.Fatal(err)
	}
}

// linkTo is a network of one host of a world, and its connection.
func linkTo(t *testing.T, w standin.World, name string) (*Network, *Link) {
	t.Helper()
	n := worldNetwork(t, w, name)
	m, err := n.Machine(bounded(t), hostsOf(t, name)[0])
	if err != nil {
		t.Fatal(err)
	}
	link, failure, err := n.Open(bounded(t), m)
	if link == nil {
		t.Fatalf("%s is not reached: %+v, %v", name, failure, err)
	}
	return n, link
}

// worldNetwork is a network to hosts of a world, with its directory made.
func worldNetwork(t *testing.T, w standin.World, names ...string) *Network {
	t.Helper()
	config := written(t, filepath.Join(w.Dir, "ssh_config"), "Host *\n  User root\n  UserKnownHostsFile /dev/null\n")
	n := networkOf(t, Options{Config: config, ConnectTimeout: 5 * time.Second, ReconnectTimeout: 30 * time.Second, Batch: true}, names...)
	if err := n.MakeDir(); err != nil {
		t.Fatal(err)
	}
	return n
}

// recorded is how many lines with a text a place's stand-ins have recorded.
func recorded(t *testing.T, h *standin.Place, text string) int {
	t.Helper()
	n := 0
	for _, path := range []string{h.Record(), filepath.Join(h.Dir, "looks")} {
		lines, err := os.ReadFile(path)
		if err != nil && !os.IsNotExist(err) {
			t.Fatal(err)
		}
		for line := range strings.Lines(string(lines)) {
			if strings.Contains(line, text) {
				n++
			}
		}
	}
	return n
}

// opened is in the command line that opens a connection.
const opened = " -f -N "

// cut cuts every connection to a host.
func cut(t *testing.T, h *standin.Place) {
	t.Helper()
	command := nixexec.Command{Argv: []string{filepath.Join(h.Dir, "bin", "cut-link")}}
	if _, err := nixexec.Output(bounded(t), command); err != nil {
		t.Fatal(err)
	}
}
