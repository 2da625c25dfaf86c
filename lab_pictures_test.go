//go:build lab && pictures

package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/creack/pty"

	"nixhop/testdata/picture"
	"nixhop/testdata/terminal"
)

// pictureColumns is how wide the terminal of a picture is.
const pictureColumns = 112

// TestMakePictures makes the pictures of the README, of real runs: make pictures.
func TestMakePictures(t *testing.T) {
	l := startLab(t, "web1", "web2", "web3", "db")
	if err := os.MkdirAll("testdata/pictures", 0o755); err != nil {
		t.Fatal(err)
	}
	dir := l.committed(t, "db = system { hostName = \"db\"; };", pictured("one"))
	// Beside the flake, as some have it: its name stands in commands that are offered.
	if err := os.WriteFile(filepath.Join(dir, "ssh_config"), []byte(read(t, l.config)), 0o600); err != nil {
		t.Fatal(err)
	}
	l.must(t, git(dir, "add", "ssh_config"))
	l.nixhop(t, dir, nil, "switch", "web1", "web2", "web3", "db")
	l.edit(t, dir, `message = "one"`, `message = "two"`)
	l.must(t, git(dir, "-c", "user.name=lab", "-c", "user.email=lab@localhost", "commit", "-qam", "two"))

	// The moment at which most hosts are being activated, and the end.
	working, most := "", 0
	end := l.filmed(t, dir, 0, []string{"switch", "web1", "web2", "web3", "db"}, func(s *picture.Screen) {
		if at := strings.Count(s.Text(), "  activate  "); at >= most {
			working, most = s.SVG("a deployment of four hosts, while they are activated"), at
		}
	})
	if most == 0 {
		t.Fatal("no host was seen at its activation")
	}
	draw(t, "fleet-working", working)
	draw(t, "fleet", end.SVG("a deployment of four hosts, at its end"))

	l.ssh(t, "web2", "mount -t tmpfs -o size=1m none /boot")
	refused := l.filmed(t, dir, 3, []string{"switch", "admin@web2"}, func(*picture.Screen) {})
	draw(t, "refused", refused.SVG("a deployment that is refused: nothing is built"))
}

// pictured are the configurations of the hosts, whose activations take some seconds.
func pictured(message string) string {
	var all strings.Builder
	for i, host := range []string{"web1", "web2", "web3", "db"} {
		fmt.Fprintf(&all, `%s = system { hostName = %q; message = %q; activate = "sleep %d"; };`, host, host, message, 2+i)
	}
	return all.String()
}

// filmed runs nixhop on a terminal, wants its exit status, and returns what stands there at the end; each is called
// with what stands there between.
func (l *lab) filmed(t *testing.T, dir string, status int, words []string, each func(*picture.Screen)) *picture.Screen {
	t.Helper()
	cmd := l.command(t, dir, []string{"NIXHOP_SSH_CONFIG=ssh_config", "TERM=xterm-256color", "COLORTERM=", "NO_COLOR=", "CI="}, words...)
	ours, err := terminal.Start(cmd, &pty.Winsize{Rows: 40, Cols: pictureColumns})
	if err != nil {
		t.Fatal(err)
	}
	defer ours.Close()
	s := picture.NewScreen(pictureColumns)
	fmt.Fprintf(s, "\x1b[1m$ nixhop %s\x1b[0m\r\n", strings.Join(words, " "))
	for buffer := make([]byte, 4096); err == nil; {
		var n int
		n, err = ours.Read(buffer)
		_, _ = s.Write(buffer[:n])
		each(s)
	}
	if got := ours.Wait(); got != status {
		t.Fatalf("nixhop %q exited with status %d, not %d:\n%s", words, got, status, s.Text())
	}
	t.Log(s.Text())
	return s
}

// draw writes a picture.
func draw(t *testing.T, name, svg string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join("testdata/pictures", name+".svg"), []byte(svg), 0o644); err != nil {
		t.Fatal(err)
	}
}
