package connection

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"nixhop/sshcfg"
)

// ssh puts the path of its -F into the command line of a shell where there is a ProxyJump: a config in a directory
// called x$(touch y) made that file (issue 9, number 32). Whatever the directory is called, ssh is told of a path of
// ours.
func TestConfigPathIsNoCommand(t *testing.T) {
	if _, err := exec.LookPath("ssh"); err != nil {
		t.Skip("ssh is not installed")
	}
	for _, name := range []string{"x$(>made)", "x;>made;", "x`>made`", "x%h", "a b", "a'b", `a"b`, "ü", "x&&>made", "plain"} {
		dir := t.TempDir()
		t.Chdir(dir)
		config := filepath.Join(dir, name, "config")
		if err := os.Mkdir(filepath.Dir(config), 0o700); err != nil {
			t.Fatal(err)
		}
		text := "Host web\n  ProxyJump 127.0.0.1:1\n  Port 2299\nHost 127.0.0.1\n  IdentityAgent none\n"
		if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		host := sshcfg.Host{Name: "web"}
		n, err := New(t.Context(), Options{Config: config, Batch: true}, []sshcfg.Host{host})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(n.Close)
		m, err := n.Machine(context.Background(), host)
		if err != nil || m.Endpoint.Port != 2299 {
			t.Fatalf("%q: %+v, %v", name, m, err)
		}
		if n.config == filepath.Join(n.dir, "config") == (name == "plain") {
			t.Errorf("%q: ssh is told of %q", name, n.config)
		}
		if err := n.MakeDir(); err != nil {
			t.Fatal(err)
		}
		if _, failure, err := n.Open(context.Background(), m); failure == nil || failure.Kind != sshcfg.JumpFailed || err != nil {
			t.Errorf("%q: %+v, %v", name, failure, err)
		}
		if _, err := os.Stat("made"); err == nil {
			t.Errorf("%q: the name ran as a command", name)
		}
	}
}
