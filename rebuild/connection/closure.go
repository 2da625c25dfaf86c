package connection

import (
	"context"
	"strings"
	"time"

	"nixhop/nixexec"
	"nixhop/rebuild/facts"
)

// validTime bounds how long a host may take to say which of the paths of a system it has.
const validTime = 30 * time.Second

// Untaken is what of a store path of this machine the host would not take: what it neither has nor has a reason to
// trust. nil: the login is trusted, or that is not known, because either end could not be asked.
func (l *Link) Untaken(ctx context.Context, path string, on *facts.Host) *facts.Closure {
	if path == "" || on == nil || on.Nix.Trusted != facts.No || on.Nix.RequireSigs == facts.No {
		return nil
	}
	c, err := facts.LookAtClosure(ctx, path, on.Nix.TrustedKeys)
	if err != nil || c.Paths == 0 {
		return nil
	}
	if len(c.Unsigned) > 0 {
		if c.Unsigned, err = l.lacks(ctx, c.Unsigned); err != nil {
			return nil
		}
	}
	return &c
}

// lacks are those of some store paths that the host has not got.
func (l *Link) lacks(ctx context.Context, paths []string) ([]string, error) {
	ctx, cancel := context.WithTimeout(ctx, validTime)
	defer cancel()
	script := nixexec.Assignments(nixexec.HostPrograms()) + "PATH=$PATH:$programs\n" +
		"xargs nix-store --check-validity --print-invalid <<'EOF'\n" + strings.Join(paths, "\n") + "\nEOF\n"
	out, err := nixexec.Output(ctx, l.current().Script(nil, script))
	return strings.Fields(string(out)), err
}
