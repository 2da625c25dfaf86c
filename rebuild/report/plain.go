package report

import (
	"context"
	"io"
	"log/slog"
	"os"

	"nixhop/nixexec"
	"nixhop/nixexec/tty"
)

// Plain renders events for people: results on standard output, the rest on standard error, byte for byte where a
// program printed it.
type Plain struct {
	Out, Err *os.File
	Log      *slog.Logger // to Err

	hosts map[string]bool // that were started
}

// Render renders one event. Its errors are those of writing a result: where standard error is gone, there is nowhere
// to say so.
func (p *Plain) Render(e Event) error {
	switch e.Kind {
	case Started:
		if p.hosts == nil {
			p.hosts = map[string]bool{}
		}
		p.hosts[e.Host] = true
	case Printed:
		_, err := io.WriteString(p.Out, e.Text)
		return err
	case Output:
		_, _ = io.WriteString(p.Err, p.prefixed(e))
	case Found:
		head, why := nixexec.Printable(e.Finding.Head()), nixexec.Printable(e.Finding.Why)
		_, _ = io.WriteString(p.Err, Block(head, why, e.Remedy, tty.Columns(p.Err)))
	case Ran:
		p.Log.Debug("+ " + e.Text)
	case Said:
		p.Log.Log(context.Background(), e.Level, nixexec.PrintableLines(e.Text))
	}
	return nil
}

// prefixed is what a program printed, with the host in front of each line where there are several.
func (p *Plain) prefixed(e Event) string {
	if len(p.hosts) < 2 || e.Host == "" {
		return e.Text
	}
	return nixexec.Prefixed(e.Host+": ", e.Text)
}
