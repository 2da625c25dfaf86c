package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"sync"
	"time"

	"github.com/urfave/cli/v2"
	"golang.org/x/term"

	"nixhop/nixexec"
	"nixhop/nixexec/nixlog"
	"nixhop/nixexec/tty"
	"nixhop/rebuild"
	"nixhop/rebuild/command"
	"nixhop/rebuild/decision"
	"nixhop/rebuild/export"
	"nixhop/rebuild/help"
	"nixhop/rebuild/preparation"
	"nixhop/rebuild/prompt"
	"nixhop/rebuild/report"
	"nixhop/rebuild/request"
	"nixhop/rebuild/selection"
	"nixhop/sshcfg"
)

// execute does what the words behind the program's name ask for.
func execute(ctx context.Context, words []string, stdio nixexec.Stdio, env func(string) string) error {
	if len(words) > 0 {
		switch words[0] {
		case "--version":
			return printLine(stdio.Out, versionLine())
		case "__complete":
			return complete(stdio.Out, words[1:], env)
		}
	}
	known := inventory(words, env)
	wanted, err := request.Parse(words, func(name string) bool { return known().Matches(name) })
	if err != nil {
		return err
	}
	if wanted, err = withList(ctx, wanted.WithEnvironment(env), stdio.In); err != nil {
		return err
	}
	wanted = wanted.WithMonitor(env("NIXHOP_NOM"), drawn(stdio.Err, env))
	session, end, err := newSession(wanted, stdio, env)
	if err != nil {
		return err
	}
	argv := []string{"nixhop"}
	if wanted.Action != "" {
		argv = append(argv, wanted.Action)
	}
	printed, began := &results{file: stdio.Out}, time.Now()
	err = newApp(session, wanted, printed).RunContext(ctx, argv)
	// What could not be written is an error where there is no other.
	if lost := cmp.Or(end(), printed.lost); err == nil && lost != nil {
		err = notWritten(lost)
	}
	notice(wanted, stdio, env, time.Since(began), err)
	return err
}

// listLimit bounds the list of hosts on standard input, in bytes.
const listLimit = 1 << 20

// withList puts the HOST words on standard input in the place of a "-".
func withList(ctx context.Context, r request.Request, in *os.File) (request.Request, error) {
	if !r.WantsList() {
		return r, nil
	}
	text, err := nixexec.ReadAll(ctx, in, listLimit)
	if err != nil {
		return r, fmt.Errorf("reading the hosts on standard input: %w", err)
	}
	return r.WithList(text)
}

// results takes what the command tree prints, which drops its errors, and keeps the first of them.
type results struct {
	file *os.File
	lost error
}

// Write writes to the file.
func (r *results) Write(text []byte) (int, error) {
	n, err := r.file.Write(text)
	if r.lost == nil {
		r.lost = err
	}
	return n, err
}

// notWritten is the error for a result that could not be written.
func notWritten(err error) error { return fmt.Errorf("writing the result: %w", err) }

// inventory reads the ssh config, once and only when it is asked for. Which one that is stands among the words.
func inventory(words []string, env func(string) string) func() sshcfg.Inventory {
	return sync.OnceValue(func() sshcfg.Inventory {
		wanted, _ := request.Parse(words, func(string) bool { return false })
		return sshcfg.List(sshcfg.Files(wanted.WithEnvironment(env).SSHConfig))
	})
}

// newSession is the world around a run. end says all that is left to be said, and returns what could not be written.
func newSession(r request.Request, stdio nixexec.Stdio, env func(string) string) (s rebuild.Session, end func() error, err error) {
	dir, err := os.Getwd()
	if err != nil {
		return rebuild.Session{}, nil, fmt.Errorf("finding the working directory: %w", err)
	}
	console, err := newConsole(r, stdio, env)
	if err != nil {
		return rebuild.Session{}, nil, err
	}
	events := report.NewStream(console.Render)
	end = func() error { return cmp.Or(events.Close(), console.Close()) }
	s = rebuild.Session{Stdio: stdio, Say: events.Say, Ask: prompt.Nobody{}, Pass: prompt.Nobody{}, Env: env, Dir: dir}
	terminal := &prompt.Terminal{Pause: s.Say.Pause}
	if term.IsTerminal(int(stdio.In.Fd())) && term.IsTerminal(int(stdio.Err.Fd())) {
		s.Ask = terminal
	}
	// As for nixos-rebuild: on the terminal, wherever the files lead, else by the first line of standard input.
	switch {
	case tty.CanAsk():
		s.Pass = terminal
	case r.Has("--ask-elevate-password"):
		s.Pass = prompt.Line{File: stdio.In}
	}
	if path, err := os.Executable(); err == nil {
		s.Self, _ = os.Stat(path)
	}
	return s, end, nil
}

// newApp is the command tree. The request was parsed already, by the one table of flags: the tree gets an action and
// nothing else, so that its own parser, help and exits never come into play.
func newApp(s rebuild.Session, r request.Request, out io.Writer) *cli.App {
	app := &cli.App{
		Name:            "nixhop",
		HelpName:        "nixhop",
		Usage:           "a nixos-rebuild that knows your ssh hosts",
		Writer:          out,
		ErrWriter:       s.Stdio.Err,
		HideHelp:        true,
		HideHelpCommand: true,
		HideVersion:     true,
		ExitErrHandler:  func(*cli.Context, error) {},
		OnUsageError:    wrongUsage,
		Action: func(c *cli.Context) error {
			if r.Help {
				return printLine(c.App.Writer, help.Program())
			}
			return passThrough(c.Context, s, r)
		},
	}
	for _, a := range request.Actions() {
		app.Commands = append(app.Commands, newCommand(s, r, a))
	}
	return app
}

func newCommand(s rebuild.Session, r request.Request, a request.Action) *cli.Command {
	do := commandFor(s, r, a)
	return &cli.Command{
		Name:            a.Name,
		Usage:           a.Short,
		ArgsUsage:       a.Usage,
		SkipFlagParsing: true,
		HideHelp:        true,
		HideHelpCommand: true,
		OnUsageError:    wrongUsage,
		Action: func(c *cli.Context) error {
			if r.Help {
				return printLine(c.App.Writer, help.Action(a))
			}
			return do(c)
		},
	}
}

// commandFor says what an action does.
func commandFor(s rebuild.Session, r request.Request, a request.Action) cli.ActionFunc {
	switch a.Name {
	case "check":
		return func(c *cli.Context) error { return s.Check(c.Context, r) }
	case "hosts":
		return func(c *cli.Context) error { return selection.Hosts(c.Context, r, s.Say, s.Dir, s.Env) }
	case "status":
		world := selection.World{Say: s.Say, Ask: s.Ask, Dir: s.Dir, Env: s.Env}
		return func(c *cli.Context) error { return command.Status(c.Context, r, world, s.Stdio) }
	case "ssh":
		world := selection.World{Say: s.Say, Ask: s.Ask, Dir: s.Dir, Env: s.Env}
		return func(c *cli.Context) error { return command.Run(c.Context, r, world, s.Stdio) }
	case "export":
		world := selection.World{Say: s.Say, Ask: s.Ask, Dir: s.Dir, Env: s.Env}
		return func(c *cli.Context) error { return export.Run(c.Context, r, world) }
	case "init":
		world := selection.World{Say: s.Say, Ask: s.Ask, Dir: s.Dir, Env: s.Env}
		return func(c *cli.Context) error { return preparation.Run(c.Context, r, world, s.Stdio, s.Check) }
	case "completion":
		return func(*cli.Context) error { return printCompletion(s.Stdio.Out, r.Args[0]) }
	case "version":
		return func(*cli.Context) error { return printLine(s.Stdio.Out, versionLine()) }
	case "man":
		return func(c *cli.Context) error { return showManual(c.Context, s.Stdio) }
	case "help":
		return func(c *cli.Context) error { return showHelp(c, r.Args) }
	}
	if r.PassThrough() {
		return func(c *cli.Context) error { return passThrough(c.Context, s, r) }
	}
	return func(c *cli.Context) error {
		if r.Monitored() && !nixexec.Installed(nixlog.Nom) {
			return fmt.Errorf("%w\n%s", &nixexec.NotFoundError{Program: nixlog.Nom}, r.MissingMonitor())
		}
		return s.Deploy(c.Context, r)
	}
}

// passThrough makes this process nixos-rebuild.
func passThrough(ctx context.Context, s rebuild.Session, r request.Request) error {
	path, err := decision.FindNixosRebuild(r.NixosRebuild, s.Env("PATH"), s.Self, s.Env(decision.StartedMark))
	var missing *nixexec.NotFoundError
	if errors.As(err, &missing) && r.Action != "" {
		return fmt.Errorf("%w\nor deploy to a host: %s", err, r.On("HOST").Offer(report.Again()))
	}
	if err != nil {
		return err
	}
	return nixexec.Replace(ctx, path, append([]string{path}, r.Words...), decision.Started(path, s.Env(decision.StartedMark)))
}

func wrongUsage(_ *cli.Context, err error, _ bool) error {
	return &request.UsageError{Message: err.Error(), Hint: "see: nixhop --help"}
}

// showHelp prints the help on a topic or an action; where one name is both, that on the topic, which names the action.
func showHelp(c *cli.Context, words []string) error {
	if len(words) == 0 {
		return printLine(c.App.Writer, help.Program())
	}
	if t, ok := request.FindTopic(words[0]); ok {
		return printLine(c.App.Writer, help.Topic(t))
	}
	a, _ := request.FindAction(words[0])
	return printLine(c.App.Writer, help.Action(a))
}

// printLine prints a text that ends with one line break.
func printLine(w io.Writer, text string) error {
	if len(text) == 0 || text[len(text)-1] != '\n' {
		text += "\n"
	}
	if _, err := io.WriteString(w, text); err != nil {
		return notWritten(err)
	}
	return nil
}
