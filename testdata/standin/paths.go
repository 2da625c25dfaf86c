package standin

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"time"
)

// hostPaths finds the paths in a script that are the host's own: those of a system, but for programs that every
// system has and for /proc, where processes are, and devices. What stands before them must not be part of a path.
var hostPaths = regexp.MustCompile("(?:^|[^A-Za-z0-9_.}$)*/-])" +
	"(/(?:nix|run|etc|boot|efi|usr|sbin|var|root|home|opt|sys|proc/sys|proc/self/mountinfo|tmp|bin)(?:/[^\\s'\":;|&()<>,`]*)?)")

// there names the host's paths in a text as they are in truth.
func (h *Place) there(text string) string {
	var b strings.Builder
	end := 0
	for _, m := range hostPaths.FindAllStringSubmatchIndex(text, -1) {
		b.WriteString(text[end:m[2]])
		end = m[3]
		if path := text[m[2]:end]; h.owns(path) && !strings.ContainsAny(text[end:min(end+1, len(text))], "_-.") {
			b.WriteString(h.Root())
		}
		b.WriteString(text[m[2]:end])
	}
	b.WriteString(text[end:])
	return b.String()
}

// owns reports whether a path is the host's own.
func (h *Place) owns(path string) bool {
	switch {
	case strings.HasPrefix(path, h.World.Dir), path == "/bin/sh":
		return false
	case strings.HasPrefix(path, "/tmp/"): // of the machine that the test runs on
		return false
	}
	return true
}

// happened tells those who wait for it on the host.
func (h *Place) happened(what string) {
	_ = os.WriteFile(filepath.Join(h.Dir, "happened-"+what), nil, 0o644)
}

// await waits until something has happened on the host, for a minute at most.
func (h *Place) await(what string) {
	for end := time.Now().Add(time.Minute); time.Now().Before(end); time.Sleep(10 * time.Millisecond) {
		if _, err := os.Stat(filepath.Join(h.Dir, "happened-"+what)); err == nil {
			return
		}
	}
}
