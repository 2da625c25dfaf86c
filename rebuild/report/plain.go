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
}

// Render renders one event. Its errors are those of writing a result: where standard error is gone, there is nowhere
// to say so.
func (p *Plain) Render(e Event) error {
	switch e.Kind {
	case Printed:
		_, err := io.WriteString(p.Out, e.Text)
		return err
	case Output, Preview:
		_, _ = io.WriteString(p.Err, e.Text)
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
