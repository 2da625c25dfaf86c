package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime/debug"
	"strings"

	"nixhop/nixexec"
	"nixhop/nixexec/tty"
	"nixhop/rebuild/manual"
)

// date is that of the last change, YYYY-MM-DD, set by the linker (-X main.date=...); else the build information is
// asked.
var date string

// dateOfChange is when this program was changed last; empty where nothing tells.
func dateOfChange() string {
	if info, ok := debug.ReadBuildInfo(); ok && date == "" {
		for _, s := range info.Settings {
			if s.Key == "vcs.time" {
				day, _, _ := strings.Cut(s.Value, "T")
				return day
			}
		}
	}
	return date
}

// showManual shows the manual: by man on a terminal, as a text where there is no man, and elsewhere as the page itself.
func showManual(ctx context.Context, stdio nixexec.Stdio) error {
	page := manual.Roff(strings.TrimPrefix(versionLine(), "nixhop "), dateOfChange())
	if !tty.Is(stdio.Out) {
		return printLine(stdio.Out, page)
	}
	dir, err := os.MkdirTemp("", "nixhop-man-")
	if err != nil {
		return fmt.Errorf("making a place for the manual: %w", err)
	}
	defer os.RemoveAll(dir)
	file := filepath.Join(dir, "nixhop.1")
	if err := os.WriteFile(file, []byte(page), 0o600); err != nil {
		return fmt.Errorf("writing the manual for man: %w", err)
	}
	// A name with a slash is a file to every man: man-db, mandoc and that of macOS.
	err = nixexec.Run(ctx, nixexec.Command{Argv: []string{"man", file}}, stdio)
	var missing *nixexec.NotFoundError
	if errors.As(err, &missing) {
		return printLine(stdio.Out, manual.Text())
	}
	return err
}
