package included

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"nixhop/nixexec"
	"nixhop/sshcfg"
)

// Block is a Host block of one host.
type Block struct {
	Name  string      // the alias
	To    sshcfg.Host // where the host is; its user and port where they are known
	Lines []string    // more of ssh configuration
}

// Taken are the blocks that ssh takes as they are meant: one that it does not would end every ssh that reads the
// file. refused says which are not among them.
func Taken(ctx context.Context, blocks []Block) (kept []Block, refused []string, err error) {
	dir, err := os.MkdirTemp("", "nixhop-blocks-")
	if err != nil {
		return nil, nil, fmt.Errorf("making a place for what ssh is asked: %w", err)
	}
	defer os.RemoveAll(dir)
	made := filepath.Join(dir, "config")
	for _, h := range blocks {
		if err := os.WriteFile(made, []byte(Text([]Block{h})), 0o600); err != nil {
			return nil, nil, err
		}
		e, err := sshcfg.Resolve(ctx, h.Name, made, nil)
		var broken *sshcfg.ConfigError
		switch {
		case errors.As(err, &broken):
			refused = append(refused, h.Name+" is left out: ssh does not take what is said of it: "+nixexec.Printable(broken.Text))
		case err != nil:
			return nil, nil, err
		case !strings.EqualFold(e.HostName, h.To.Name):
			refused = append(refused, fmt.Sprintf("%s is left out: ssh reads its address %q as %q", h.Name, h.To.Name, e.HostName))
		default:
			kept = append(kept, h)
		}
	}
	return kept, refused, nil
}

// Text are the blocks as they stand in a file.
func Text(blocks []Block) string {
	var b strings.Builder
	for _, h := range blocks {
		fmt.Fprintf(&b, "\nHost %s\n  HostName %s\n", sshcfg.Words([]string{h.Name}), sshcfg.Words([]string{strings.ReplaceAll(h.To.Name, "%", "%%")}))
		if h.To.User != "" {
			fmt.Fprintf(&b, "  User %s\n", sshcfg.Words([]string{h.To.User}))
		}
		if h.To.Port != 0 {
			fmt.Fprintf(&b, "  Port %d\n", h.To.Port)
		}
		for _, line := range h.Lines {
			b.WriteString("  " + line + "\n")
		}
	}
	return b.String()
}
