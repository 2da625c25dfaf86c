// Package prompt asks a person: for a yes or for a password, on the terminal or by a line of a file, or nobody at all.
package prompt

import (
	"context"
	"os"
	"slices"
	"strings"
	"sync"

	"nixhop/nixexec"
	"nixhop/nixexec/tty"
)

// Asker is who is asked something on the terminal.
type Asker interface {
	// Secret asks for a secret, without echo.
	Secret(ctx context.Context, prompt string) (nixexec.Secret, error)
	// Agree asks a question, behind which it says how to answer: y and yes count.
	Agree(ctx context.Context, question string) (bool, error)
	// Yes asks for a yes where much depends on it; only that word in full counts, which prompt is to say.
	Yes(ctx context.Context, prompt string) (bool, error)
}

// Texter is an asker of whom a text can be had.
type Texter interface {
	// Text asks for a line; it may be empty.
	Text(ctx context.Context, prompt string) (string, error)
}

// Terminal asks on /dev/tty, one question at a time.
type Terminal struct {
	Pause func() (resume func()) // has whoever draws on the terminal leave it alone

	turn sync.Mutex
}

// begin waits for the turn of a question, and for the terminal.
func (t *Terminal) begin() (end func()) {
	t.turn.Lock()
	resume := t.Pause()
	return func() {
		resume()
		t.turn.Unlock()
	}
}

// Secret asks for a secret. The errors are those of tty.AskSecret.
func (t *Terminal) Secret(ctx context.Context, prompt string) (nixexec.Secret, error) {
	defer t.begin()()
	return tty.AskSecret(ctx, prompt)
}

// Yes asks for a yes. The errors are those of tty.Ask.
func (t *Terminal) Yes(ctx context.Context, prompt string) (bool, error) {
	defer t.begin()()
	answer, err := tty.Ask(ctx, prompt)
	return answer == "yes", err
}

// Agree asks a question. The errors are those of tty.Ask.
func (t *Terminal) Agree(ctx context.Context, question string) (bool, error) {
	defer t.begin()()
	answer, err := tty.Ask(ctx, question+" [y/N] ")
	return slices.Contains([]string{"y", "yes"}, strings.ToLower(answer)), err
}

// Text asks for a line. The errors are those of tty.Ask.
func (t *Terminal) Text(ctx context.Context, prompt string) (string, error) {
	defer t.begin()()
	return tty.Ask(ctx, prompt)
}

// Line is nobody who could be asked, but a file, such as standard input, whose first line is the secret.
type Line struct {
	Nobody
	File *os.File
}

// Secret reads the line. io.EOF says that there is none.
func (l Line) Secret(ctx context.Context, _ string) (nixexec.Secret, error) {
	return tty.ReadSecret(ctx, l.File)
}

// Nobody is there to be asked.
type Nobody struct{}

// Somebody reports whether there is somebody, or a line, to be asked.
func Somebody(a Asker) bool {
	_, nobody := a.(Nobody)
	return !nobody
}

// Secret gives none.
func (Nobody) Secret(context.Context, string) (nixexec.Secret, error) { return nixexec.Secret{}, nil }

// Yes is no.
func (Nobody) Yes(context.Context, string) (bool, error) { return false, nil }

// Agree is no.
func (Nobody) Agree(context.Context, string) (bool, error) { return false, nil }
