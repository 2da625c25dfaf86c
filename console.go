package main

import (
	"io"
	"log/slog"
	"os"
	"slices"

	"github.com/charmbracelet/log"
	"github.com/muesli/termenv"

	"nixhop/nixexec"
	"nixhop/nixexec/tty"
	"nixhop/rebuild/report"
	"nixhop/rebuild/request"
	"nixhop/rebuild/view"
)

// newConsole renders what a run says.
func newConsole(r request.Request, stdio nixexec.Stdio, env func(string) string) (*view.Console, error) {
	c := &view.Console{Plain: &report.Plain{Out: stdio.Out, Err: stdio.Err, Log: newLogger(stdio.Err, level(r))}}
	c.Keep = func() (*view.Logs, error) { return view.LastLogs(env) }
	if dir := r.Value("--log-dir"); dir != "" {
		logs, err := view.OpenLogs(dir)
		if err != nil {
			return nil, err
		}
		c.Keep = func() (*view.Logs, error) { return logs, nil }
	}
	if drawn(stdio.Err, env) {
		c.Screen = &view.Screen{Out: stdio.Err, Colours: colours(stdio.Err) != termenv.Ascii, Reflows: view.Reflows(env)}
		c.Passing = &view.Passing{Action: r.Action, Say: func(text string) { c.Plain.Log.Info(text) }}
	}
	if r.Has("--nom") {
		c.Unseen = "nom shows the build of one host: many have a view"
	}
	if r.Events() {
		c.JSON = &view.JSON{Out: stdio.Out}
	}
	return c, nil
}

// drawn reports whether a file is a terminal that a view can be drawn on, with somebody in front of it: a CI system may
// run its jobs on one.
func drawn(file *os.File, env func(string) string) bool {
	noCI := slices.Contains([]string{"", "0", "false"}, env("CI"))
	return tty.Is(file) && noCI && !slices.Contains([]string{"", "dumb"}, env("TERM"))
}

// colours is how many colours a file wants.
func colours(file *os.File) termenv.Profile { return termenv.NewOutput(file).EnvColorProfile() }

// level is from where on nixhop's own lines are shown: its commands with --verbose or --debug, and without what is only
// told by the way with --quiet. Each of these takes one of the other back, as for Nix.
func level(r request.Request) log.Level {
	said := r.Verbose - r.Quiet()
	if r.Has("--debug") {
		said++
	}
	switch {
	case said > 0:
		return log.DebugLevel
	case said < 0:
		return log.WarnLevel
	default:
		return log.InfoLevel
	}
}

// newLogger logs to a file, coloured where that is a terminal that wants colours. The file is wrapped: given a
// terminal itself, log 1.0.0 asks it for its colours and waits ten seconds for an answer (numtide/treefmt#697).
func newLogger(w *os.File, level log.Level) *slog.Logger {
	logger := log.NewWithOptions(struct{ io.Writer }{w}, log.Options{Prefix: "nixhop", Level: level})
	logger.SetColorProfile(colours(w))
	return slog.New(logger)
}
