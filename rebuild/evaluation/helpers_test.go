package evaluation

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"nixhop/rebuild/request"
)

// installNix makes a shell script the only nix there is.
func installNix(t *testing.T, script string) {
	t.Helper()
	bin := t.TempDir()
	if err := os.WriteFile(filepath.Join(bin, "nix"), []byte("#!/bin/sh\n"+script+"\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", bin+":/usr/bin:/bin")
}

func parse(t *testing.T, line string) request.Request {
	t.Helper()
	r, err := request.Parse(strings.Fields(line), func(string) bool { return true })
	if err != nil {
		t.Fatal(err)
	}
	return r
}
