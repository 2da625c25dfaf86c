package remote

import (
	"context"
	_ "embed"
	"strings"

	"nixhop/nixexec"
	"nixhop/rebuild/connection"
	"nixhop/rebuild/explain"
	"nixhop/rebuild/facts"
)

//go:embed units.sh
var unitsScript string

// Blame is the outcome with the names of the units that have failed, where some have: those that had failed before are
// told apart. What the others ended with, and their last lines as far as this login may read them, are shown. A host
// that does not tell leaves the outcome as it is.
func (p Performer) Blame(ctx context.Context, o explain.Outcome) explain.Outcome {
	if p.Link == nil || !o.Known() || o.Status != facts.UnitsFailed {
		return o
	}
	ctx, cancel := context.WithTimeout(ctx, connection.AnswerTime)
	defer cancel()
	script := nixexec.Assignments([2]string{"before", strings.Join(p.Before.Failed, " ")}, nixexec.HostPrograms()) + unitsScript
	out, err := nixexec.Output(ctx, p.Link.Script(nil, script))
	if err != nil {
		return o
	}
	var failed []string
	for line := range strings.Lines(string(out)) {
		key, value, _ := strings.Cut(strings.TrimRight(line, "\r\n"), "=")
		switch key {
		case "failed":
			failed = append(failed, nixexec.Printable(value))
		case "said":
			p.Say.Output("  " + nixexec.PrintableLines(value) + "\n")
		}
	}
	o.Failed = explain.Blamed(p.Before.Failed, failed)
	return o
}
