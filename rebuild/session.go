// Package rebuild conducts a run: it takes hosts through the stages of a deployment, side by side, and lets none of them into a later part of it
// before all are through the earlier one. What is decided on the way is decided in the rooms below, and what is done is done by them: here stands
// only who comes when. Nothing here prints: everything said is an event.
package rebuild

import (
	"context"
	"log/slog"
	"os"
	"sync"

	"nixhop/nixexec"
	"nixhop/rebuild/report"
	"nixhop/rebuild/request"
	"nixhop/rebuild/source"
	"nixhop/sshcfg"
)

// Session is what main knows about the world around a run, handed down once.
type Session struct {
	Stdio nixexec.Stdio       // the real files, for the one foreground child of a run
	Say   report.Sink         // takes everything else that is said
	Ask   Asker               // who is asked
	Env   func(string) string // os.Getenv, or a table in tests
	Dir   string              // working directory, absolute
	Self  os.FileInfo         // the running executable, so that nixhop never calls itself as nixos-rebuild
}

// Asker is who is asked something on the terminal.
type Asker interface {
	// Secret asks for a secret, without echo.
	Secret(ctx context.Context, prompt string) (nixexec.Secret, error)
	// Yes asks for a yes; only that word in full counts.
	Yes(ctx context.Context, prompt string) (bool, error)
}

// Terminal asks on /dev/tty, one question at a time.
type Terminal struct{ turn sync.Mutex }

// Secret asks for a secret. The errors are those of nixexec.AskSecret.
func (t *Terminal) Secret(ctx context.Context, prompt string) (nixexec.Secret, error) {
	t.turn.Lock()
	defer t.turn.Unlock()
	return nixexec.AskSecret(ctx, prompt)
}

// Yes asks for a yes. The errors are those of nixexec.Ask.
func (t *Terminal) Yes(ctx context.Context, prompt string) (bool, error) {
	t.turn.Lock()
	defer t.turn.Unlock()
	answer, err := nixexec.Ask(ctx, prompt)
	return answer == "yes", err
}

// Nobody is there to be asked.
type Nobody struct{}

// Secret gives none.
func (Nobody) Secret(context.Context, string) (nixexec.Secret, error) { return nixexec.Secret{}, nil }

// Yes is no.
func (Nobody) Yes(context.Context, string) (bool, error) { return false, nil }

// somebody reports whether there is somebody to be asked.
func (s *Session) somebody() bool {
	_, nobody := s.Ask.(Nobody)
	return !nobody
}

// say says a sentence.
func (s *Session) say(level slog.Level, text string) {
	s.Say(report.Event{Kind: report.Said, Level: level, Text: text})
}

// info says a sentence about what goes on.
func (s *Session) info(text string) { s.say(slog.LevelInfo, text) }

// warn says a sentence about what may be wrong.
func (s *Session) warn(text string) { s.say(slog.LevelWarn, text) }

// fail says a sentence about what went wrong.
func (s *Session) fail(text string) { s.say(slog.LevelError, text) }

// print is a result, for standard output.
func (s *Session) print(text string) { s.Say(report.Event{Kind: report.Printed, Text: text}) }

// inventory lists the aliases; what could not be read is only a warning, ssh itself decides what an alias means.
func (s *Session) inventory(r request.Request) sshcfg.Inventory {
	inv := sshcfg.List(sshcfg.Files(r.SSHConfig))
	for _, w := range inv.Warnings {
		s.warn(w.String())
	}
	return inv
}

// source is where the configurations of a request are.
func (s *Session) source(r request.Request) source.Source {
	return source.FindSource(r, s.Dir, nixexec.Exists, nixexec.Realpath)
}
