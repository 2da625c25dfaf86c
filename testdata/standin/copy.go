package standin

import (
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

// nixCopy is `nix copy` from or to hosts: it talks to the nix-store there, over the ssh that NIX_SSHOPTS says.
func (c *call) nixCopy(words []string) int {
	from, to := value(words, "--from"), value(words, "--to")
	var path string
	for _, word := range words {
		if strings.HasPrefix(word, "/nix/store/") || strings.HasPrefix(word, c.place.Root()) {
			path = c.place.back(word)
		}
	}
	if from != "" {
		if status := c.serve(from, "export "+path+" to "+placeName(c.place)); status != 0 {
			return status
		}
	}
	if to == "" {
		return 0
	}
	order := "import " + path + " from " + placeName(c.place)
	if slices.Contains(words, "--no-check-sigs") {
		order += " unsigned"
	}
	return c.serve(to, order)
}

// placeName is a place in what nix-store --serve is told.
func placeName(h *Place) string {
	if h.Name == "" {
		return "."
	}
	return h.Name
}

// serve has the nix-store of a host take or give a path.
func (c *call) serve(url, order string) int {
	scheme, host, _ := strings.Cut(url, "://")
	argv := append(strings.Fields(os.Getenv("NIX_SSHOPTS")), "-x", host)
	switch {
	case scheme == "ssh-ng":
		argv = append(argv, daemonProgram, "--stdio")
	case strings.HasPrefix(order, "import"):
		argv = append(argv, "nix-store", "--serve", "--write")
	default:
		argv = append(argv, "nix-store", "--serve")
	}
	cmd := exec.Command("ssh", argv...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = strings.NewReader(order+"\n"), io.Discard, os.Stderr
	if err := cmd.Run(); err != nil {
		if scheme == "ssh-ng" {
			return c.fail("error: cannot open connection to remote store '%s': error: unexpected end-of-file", url)
		}
		return c.fail("error: failed to start SSH connection to '%s'", host)
	}
	return 0
}

// transfer copies a path and what it needs from one place to another, of which one is a host.
func transfer(from, to *Place, path, scheme string) error {
	if _, err := os.Stat(from.path(path)); err != nil {
		return fmt.Errorf("error: path '%s' is not valid", path)
	}
	way := "to '" + scheme + "://" + to.Name
	if to.Name == "" {
		way = "from '" + scheme + "://" + from.Name
	}
	for _, each := range from.closure(path) {
		target := to.path(each)
		if _, err := os.Stat(target); err == nil {
			continue
		}
		fmt.Fprintf(os.Stderr, "copying path '%s' %s'...\n", each, way)
		if err := copyTree(from.path(each), target); err != nil {
			return err
		}
	}
	return nil
}

// copyTree copies a file, or a directory with links as they are.
func copyTree(from, to string) error {
	return filepath.WalkDir(from, func(path string, entry os.DirEntry, err error) error {
		if err != nil {
			return err
		}
		target := to + strings.TrimPrefix(path, from)
		info, err := entry.Info()
		switch {
		case err != nil:
			return err
		case entry.IsDir():
			return os.MkdirAll(target, 0o755)
		case info.Mode()&os.ModeSymlink != 0:
			text, err := os.Readlink(path)
			if err != nil {
				return err
			}
			return link(text, target)
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		return os.WriteFile(target, text, info.Mode().Perm())
	})
}

// serveStore takes one order of a stand-in: import PATH from PLACE, or export PATH to PLACE.
func (c *call) serveStore() int { return c.take("ssh", true) }

// daemonProgram is what ssh-ng:// starts on a host.
const daemonProgram = "nix-daemon"

// nixDaemon is nix-daemon --stdio, which takes an import. It looks at signatures unless it is told not to, also for
// root.
func (c *call) nixDaemon() int {
	c.record(false)
	if c.place.knob(daemonProgram, "") == "broken" {
		return c.fail("error: the daemon is broken")
	}
	return c.take("ssh-ng", false)
}

// take takes one order, over a scheme.
func (c *call) take(scheme string, unsigned bool) int {
	text, err := io.ReadAll(os.Stdin)
	order := strings.Fields(string(text))
	if err != nil || len(order) < 4 {
		return c.fail("error: protocol mismatch, got '%s'", text)
	}
	if c.place.cutCopy() {
		return c.cutLink()
	}
	path, other := c.place.back(order[1]), c.place.other(order[3])
	if order[0] == "export" {
		err = transfer(c.place, other, path, scheme)
	} else if !c.accepts(other, path, unsigned || len(order) > 4) {
		return c.fail("error: cannot add path '%s' because it lacks a signature by a trusted key", path)
	} else {
		err = transfer(other, c.place, path, scheme)
	}
	if err != nil {
		return c.fail("%v", err)
	}
	return 0
}

// accepts reports whether the Nix of the host takes a path from this login.
func (c *call) accepts(from *Place, path string, unsigned bool) bool {
	return unsigned && c.root() || c.place.takes(from, path, unsigned)
}

// cutCopy reports whether the link is to be lost in a copy, once.
func (h *Place) cutCopy() bool {
	if h.knob("cut", "") != "copy" {
		return false
	}
	_ = h.Set("cut", "")
	return true
}

// other is a place by its name in what is said between stand-ins.
func (h *Place) other(name string) *Place {
	if name == "." {
		return h.World.Here()
	}
	return h.World.Host(name)
}

// streamed is nix-store for a stream: what goes into one, and what comes out of it. That of a stand-in holds the name
// of its place and the paths.
func (c *call) streamed() int {
	var paths []string
	for _, word := range c.args {
		if path := c.place.back(word); strings.HasPrefix(path, "/nix/store/") {
			paths = append(paths, path)
		}
	}
	if slices.Contains(c.args, "--import") {
		return c.importPaths()
	}
	fmt.Println("stream", placeName(c.place), strings.Join(paths, " "))
	return 0
}

// importPaths takes the paths of a stream, which have no signatures there.
func (c *call) importPaths() int {
	text, err := io.ReadAll(os.Stdin)
	words := strings.Fields(string(text))
	if err != nil || len(words) < 2 || words[0] != "stream" {
		return c.fail("error: unexpected end-of-file")
	}
	if c.place.Name != "" && c.place.cutCopy() {
		return c.cutLink()
	}
	from := c.place.other(words[1])
	for _, path := range words[2:] {
		path = c.place.back(path)
		if c.place.Name != "" && !c.root() && c.place.knob("trusted", "yes") == "no" {
			return c.fail("error: cannot add path '%s' because it lacks a signature by a trusted key", path)
		}
		if err := copyTree(from.path(path), c.place.path(path)); err != nil {
			return c.fail("%v", err)
		}
	}
	return 0
}
