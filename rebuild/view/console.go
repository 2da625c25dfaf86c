package view

import (
	"cmp"
	"log/slog"
	"strings"

	"nixhop/nixexec"
	"nixhop/rebuild/report"
)

// Console renders the events of a run for people. What belongs to a run of one host goes to Plain as it is. Of a run of
// many, what a host prints stands in the view, or in lines with its name in front; what stops a host is said at the end
// of the run, behind the last that it has printed.
type Console struct {
	Plain   *report.Plain
	Screen  *Screen               // nil: there is no terminal for a view
	Passing *Passing              // of a run of one host; nil: likewise
	Unseen  string                // what is not shown of many hosts, though it was asked for; empty: nothing
	Keep    func() (*Logs, error) // makes what keeps the whole output of hosts; nil: nothing does
	JSON    *JSON                 // takes all events, and has standard output for itself; nil: nobody wants that

	state  State
	many   bool
	logs   *Logs
	pieces report.Pieces
}

// Render renders one event. The error is that of writing a result.
func (c *Console) Render(e report.Event) (err error) {
	if e.Kind == report.Begun {
		c.begin(e.Phase)
	}
	if c.logs != nil {
		c.logs.Take(e)
	}
	if c.JSON != nil {
		err = c.JSON.Render(e)
	}
	return cmp.Or(err, c.people(e))
}

// people renders an event for people.
func (c *Console) people(e report.Event) error {
	if c.many {
		c.Screen.change(func() { c.state.Take(e) })
	} else {
		c.Passing.take(e)
	}
	switch {
	case e.Kind == report.Begun:
		c.Screen.start(&c.state)
	case e.Kind == report.Paused:
		c.Screen.hold()
	case e.Kind == report.Resumed:
		c.Screen.resume()
	case !c.many:
		return c.plain(e)
	case c.state.Action == "check" && e.Kind != report.Printed:
		// Its rows are its result.
	case e.Host != "" && held(e):
		host := c.state.host(e.Host)
		host.Told = append(host.Told, e)
		if e.Kind == report.Found && e.Finding.Offline && e.Finding.Severity == report.Error && c.state.Deploys() {
			c.write(e) // there is time to switch it on
		}
	default:
		if e.Kind == report.Started && (e.Phase == report.PhaseCopy || e.Phase == report.PhaseActivate) {
			c.harmless()
		}
		return c.lines(e)
	}
	return nil
}

// harmless says what was found that has stopped no host, once all of them have been looked at: the same for many hosts
// is said once.
func (c *Console) harmless() {
	for _, e := range Grouped(c.state.harmless()) {
		c.write(e)
	}
}

// begin begins a run of many hosts. Only a deployment has output that is worth keeping.
func (c *Console) begin(last report.Phase) {
	c.Passing.close()
	if c.Unseen != "" {
		_ = c.Plain.Render(report.Event{Kind: report.Said, Level: slog.LevelWarn, Text: c.Unseen})
	}
	if c.many = true; c.Keep != nil && deploys(last) {
		logs, err := c.Keep()
		if c.logs = logs; err != nil {
			c.unlogged(err)
		}
	}
}

// unlogged says that the output of hosts is not kept, or not all of it.
func (c *Console) unlogged(err error) {
	_ = c.Plain.Render(report.Event{Kind: report.Said, Level: slog.LevelWarn, Text: "not all output of the hosts is kept: " + err.Error()})
}

// held reports whether an event of a host is not said at once: what was found, and what has stopped it.
func held(e report.Event) bool {
	return e.Kind == report.Found || e.Kind == report.Said && e.Level >= slog.LevelError
}

// lines renders an event of a run of many hosts in lines of its own.
func (c *Console) lines(e report.Event) error {
	switch e.Kind {
	case report.Output:
		if e.Text = c.pieces.Add(e.Host, e.Text); e.Text == "" || c.Screen != nil {
			return nil
		}
	case report.Passed:
		if e.Text = c.pieces.End(e.Host); e.Text != "" && c.Screen == nil {
			c.write(report.Event{Host: e.Host, Kind: report.Output, Text: e.Text})
		}
		host := c.state.host(e.Host)
		if done := c.state.Deploys() && e.Phase == c.state.Last || e.Result == report.Unchanged; host.stopped() || done {
			c.write(report.Event{Kind: report.Said, Text: host.ended()})
		}
		return nil
	case report.Said, report.Ran:
		if e.Host != "" {
			e.Text = e.Host + ": " + strings.TrimPrefix(e.Text, "on "+e.Host+": ")
		}
	case report.Preview:
	case report.Printed:
		return c.result(e)
	default:
		return nil
	}
	c.write(e)
	return nil
}

// result renders a result; those of many hosts each bear its name.
func (c *Console) result(e report.Event) (err error) {
	if e.Host != "" {
		e.Text = nixexec.Prefixed(e.Host+": ", e.Text)
	}
	c.Screen.above(func() { err = c.plain(e) })
	return err
}

// write writes above the view.
func (c *Console) write(e report.Event) {
	if e.Kind == report.Output && e.Host != "" {
		e.Text = prefixed(e.Host, e.Text)
	}
	c.Screen.above(func() { _ = c.plain(e) })
}

// plain hands an event on.
func (c *Console) plain(e report.Event) error {
	if e.Kind == report.Printed && c.JSON != nil {
		return nil
	}
	return c.Plain.Render(e)
}

// Close ends the view, and says what came of the hosts. The error is that of writing a result.
func (c *Console) Close() error {
	c.Screen.stop()
	c.Passing.close()
	if c.logs != nil && c.state.begun() {
		if err := c.logs.End(&c.state); err != nil {
			c.unlogged(err)
		}
	}
	if !c.many || c.state.Action == "check" || !c.state.begun() {
		return nil
	}
	c.harmless()
	for _, part := range Ending(&c.state) {
		_ = c.Plain.Render(part)
	}
	if c.JSON == nil {
		return nil
	}
	return c.JSON.End(&c.state)
}
