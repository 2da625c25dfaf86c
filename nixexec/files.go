package nixexec

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
)

// textLimit bounds what ReadText reads, in bytes: the longest nixos-rebuild so far has 40 kB.
const textLimit = 1 << 20

// ReadText returns the beginning of a file, at most 1 MiB; nothing where it cannot be read.
func ReadText(path string) []byte {
	f, err := os.Open(path)
	if err != nil {
		return nil
	}
	defer f.Close()
	text, _ := io.ReadAll(io.LimitReader(f, textLimit))
	return text
}

// Exists reports whether there is something at a path.
func Exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

// Realpath is a path without links, or the path itself where there is nothing.
func Realpath(path string) string {
	if real, err := filepath.EvalSymlinks(path); err == nil {
		return real
	}
	return path
}

// Installed reports whether a program is in this process's PATH.
func Installed(program string) bool {
	_, err := LookPath(program)
	return err == nil
}

// ReadAll reads a file, such as standard input, to its end. More than limit bytes are an error. When ctx is done its
// cause is returned.
func ReadAll(ctx context.Context, file *os.File, limit int64) (string, error) {
	type answer struct {
		text []byte
		err  error
	}
	answered := make(chan answer, 1)
	go func() {
		text, err := io.ReadAll(io.LimitReader(file, limit+1))
		if err == nil && int64(len(text)) > limit {
			err = fmt.Errorf("%q has more than %d bytes", file.Name(), limit)
		}
		answered <- answer{text, err}
	}()
	select {
	case a := <-answered:
		return string(a.text), a.err
	case <-ctx.Done():
		return "", context.Cause(ctx)
	}
}
