package keys

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"nixhop/nixexec"
	"nixhop/rebuild/inventory"
	"nixhop/rebuild/report"
)

// mostBytes bounds what a key may hold: it goes through a shell.
const mostBytes = 1 << 20

// make makes the keys of a node: of what stands in the inventory, of files and by commands of this machine.
func (k *Ready) make(ctx context.Context, n *inventory.Node) ([]key, error) {
	texts, err := k.texts(ctx, n)
	if err != nil {
		return nil, err
	}
	keys := make([]key, len(n.Keys))
	for i, one := range n.Keys {
		keys[i].Key = one
		content, in := texts[one.ID]
		switch {
		case len(one.Command) > 0:
			content, err = k.run(ctx, one)
		case one.File != "":
			content, err = k.read(one)
		case !in:
			err = k.fails(one, "nothing says what it holds", "it needs one of text, keyFile and keyCommand")
		}
		if err == nil && content.Size() > mostBytes {
			err = k.fails(one, "it holds more than 1 MiB", "")
		}
		if err != nil {
			return nil, err
		}
		keys[i].content = content
	}
	return keys, nil
}

// texts are what the inventory itself holds of the keys.
func (k *Ready) texts(ctx context.Context, n *inventory.Node) (map[string]nixexec.Secret, error) {
	var ids []string
	var first inventory.Key
	for _, one := range n.Keys {
		if one.File == "" && len(one.Command) == 0 {
			if ids = append(ids, one.ID); len(ids) == 1 {
				first = one
			}
		}
	}
	if len(ids) == 0 {
		return nil, nil
	}
	job := k.performer.Job
	texts, err := n.Form.Texts(ctx, job.Source.Where(), job.Request, n.Name, ids)
	var said *inventory.Error
	if errors.As(err, &said) {
		// What nix says around its last line may show a part of what it was at.
		return nil, k.fails(first, "its text cannot be evaluated: "+nixexec.Printable(nixexec.LastLine(strings.TrimSpace(said.Stderr))), "")
	}
	return texts, err
}

// run runs the command of a key, without a shell. What it prints on standard output is the content, every byte of it.
func (k *Ready) run(ctx context.Context, one inventory.Key) (nixexec.Secret, error) {
	out, err := nixexec.Output(ctx, nixexec.Command{Argv: one.Command})
	var exit *nixexec.ExitError
	switch {
	case nixexec.Interrupted(err) || context.Cause(ctx) != nil:
		return nixexec.Secret{}, err
	case errors.As(err, &exit):
		why := fmt.Sprintf("its command failed: %v", exit)
		if said := nixexec.LastLine(strings.TrimSpace(exit.Stderr)); said != "" {
			why += fmt.Sprintf(": %q", said)
		}
		return nixexec.Secret{}, k.fails(one, why, "it is run without a terminal; alone: "+nixexec.ShellWords(one.Command))
	case err != nil:
		return nixexec.Secret{}, k.fails(one, "its command failed: "+err.Error(), "")
	}
	return nixexec.NewSecret(string(out)), nil
}

// read reads the file of a key.
func (k *Ready) read(one inventory.Key) (nixexec.Secret, error) {
	if strings.HasPrefix(one.File, "/nix/store/") {
		k.performer.Say.Warn(fmt.Sprintf("key %q: its file is in the Nix store, where everybody can read it: %s; "+
			`outside of it: keyFile = "/path/as/text"`, one.ID, nixexec.Printable(one.File)))
	}
	file, err := os.Open(one.File)
	if err != nil {
		return nixexec.Secret{}, k.fails(one, err.Error(), "")
	}
	defer file.Close()
	content, err := io.ReadAll(io.LimitReader(file, mostBytes+1))
	if err != nil {
		return nixexec.Secret{}, k.fails(one, err.Error(), "")
	}
	return nixexec.NewSecret(string(content)), nil
}

// origin says where the content of a key comes from, and how much it is where that can be told without a look at it.
func origin(one inventory.Key, text nixexec.Secret) string {
	switch {
	case len(one.Command) > 0:
		return "by " + nixexec.ShellWords(one.Command)
	case one.File != "":
		size := "of unknown size"
		if info, err := os.Stat(one.File); err == nil && info.Mode().IsRegular() {
			size = report.CountOf(int(info.Size()), "byte")
		}
		return "from " + nixexec.Printable(one.File) + ", " + size
	default:
		return "in the inventory, " + report.CountOf(text.Size(), "byte")
	}
}
