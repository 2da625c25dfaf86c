package explain

import (
	"fmt"
	"strings"
)

// derivationName is the readable part of a derivation's path: "hello-2.12" of "/nix/store/…-hello-2.12.drv".
func derivationName(path string) string {
	name := strings.TrimSuffix(path[strings.LastIndexByte(path, '/')+1:], ".drv")
	if _, readable, found := strings.Cut(name, "-"); found {
		return readable
	}
	if name == "" {
		return "a build"
	}
	return name
}

// meaning is fmt.Sprintf under a shorter name for the many sentences of the table.
func meaning(format string, values ...any) string { return fmt.Sprintf(format, values...) }

// harmlessRows are texts that stand in the output of deployments that work, too. They are never the reason.
func harmlessRows() []explanationRow {
	return []explanationRow{
		{
			id: "git-dirty", harmless: true,
			needles: []string{"warning: Git tree '"},
			pattern: `warning: Git tree '(.*)' is dirty`,
		},
		{
			id: "sqlite-busy", harmless: true,
			needles: []string{"SQLite database '"},
			pattern: `(?:error \(ignored\)|warning): (?:error: )?SQLite database .* is busy`,
		},
	}
}
