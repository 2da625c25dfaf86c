package view

import (
	"bufio"
	"cmp"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"nixhop/nixexec"
	"nixhop/rebuild/report"
)

// Logs keeps all that is printed and said of each host, in a file of its own, with the time in front of each line. Of
// what a host sends no byte does anything to a terminal that the file is shown on.
type Logs struct {
	dir    string
	last   *lastRun // its logs are those of failed hosts alone; nil: all of them stay
	files  map[string]*logFile
	pieces report.Pieces
	err    error // the first one
}

// logFile is the log of a host. It is open until the host goes no further.
type logFile struct {
	name    string
	file    *os.File
	writer  *bufio.Writer
	flushed time.Time
}

// logStamp is the time in front of a line, in UTC.
const logStamp = "2006-01-02T15:04:05.000Z "

// flushTime is how late a line may come to stand in the file while its host goes on printing.
const flushTime = time.Second

// logBuffer is how much of a log waits to be written, in bytes: each host of a run has one.
const logBuffer = 4 << 10

// OpenLogs keeps logs in a directory, which is made where there is none; those of an earlier run are replaced.
func OpenLogs(dir string) (*Logs, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("making the directory for logs: %w", err)
	}
	logs := &Logs{dir: dir, files: map[string]*logFile{}}
	trial, err := os.CreateTemp(dir, ".trial-*")
	if err != nil {
		return nil, fmt.Errorf("writing to the directory for logs: %w", err)
	}
	trial.Close()
	return logs, os.Remove(trial.Name())
}

// Take writes what an event tells of a host.
func (l *Logs) Take(e report.Event) {
	if e.Host == "" {
		return
	}
	l.keep(e.Host, e.Time, l.lines(e), e.Kind != report.Output)
}

// lines is an event in lines. The commands are left out: what was given to nix in words may be a secret.
func (l *Logs) lines(e report.Event) string {
	switch e.Kind {
	case report.Started:
		return fmt.Sprintf("-- %s\n", e.Phase)
	case report.Output:
		return l.pieces.Add(e.Host, e.Text)
	case report.Printed:
		return e.Text
	case report.Said:
		return fmt.Sprintf("nixhop: %s\n", e.Text)
	case report.Found:
		return report.Block(e.Finding.Head(), e.Finding.Why, e.Remedy, 0)
	case report.Passed:
		why := ""
		if e.Text != "" {
			why = ": " + e.Text
		}
		return l.pieces.End(e.Host) + fmt.Sprintf("-- %s: %s%s\n", e.Phase, e.Result, why)
	}
	return ""
}

// keep writes lines.
func (l *Logs) keep(host string, at time.Time, lines string, flush bool) {
	if lines == "" {
		return
	}
	log, err := l.open(host)
	if err != nil {
		l.err = cmp.Or(l.err, err)
		return
	}
	stamp := at.UTC().Format(logStamp)
	for line := range splitLines(lines) {
		_, _ = log.writer.WriteString(stamp)
		_, _ = log.writer.WriteString(nixexec.PrintableLines(line))
		_ = log.writer.WriteByte('\n')
	}
	if flush || at.Sub(log.flushed) > flushTime {
		log.flushed = at
		err = log.writer.Flush()
	}
	if err != nil && l.err == nil {
		l.err = fmt.Errorf("writing the log of %q: %w", host, err)
	}
}

// open is the log of a host, a new one where there is none of this run. What somebody else has put in its place is
// replaced, and not followed.
func (l *Logs) open(host string) (*logFile, error) {
	if log := l.files[host]; log != nil {
		return log, nil
	}
	log := &logFile{name: filename(host) + ".log"}
	path := filepath.Join(l.dir, log.name)
	if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, err
	}
	file, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, err
	}
	log.file, log.writer = file, bufio.NewWriterSize(file, logBuffer)
	l.files[host] = log
	return log, nil
}

// End closes the logs, tells each host of the run its own, and leaves an index of them. The error is the first one of
// all: what a log lacks is said.
func (l *Logs) End(s *State) error {
	for _, log := range l.files {
		l.err = cmp.Or(l.err, log.writer.Flush(), log.file.Close())
	}
	dir := l.dir
	if l.last != nil {
		dir = l.last.link()
	}
	var kept []*Host
	for _, h := range s.Hosts {
		log := l.files[h.Name]
		switch {
		case log == nil:
		case l.last != nil && !h.Failed():
			l.err = cmp.Or(l.err, os.Remove(log.file.Name()))
		default:
			h.Log = filepath.Join(dir, log.name)
			kept = append(kept, h)
		}
	}
	l.err = cmp.Or(l.err, l.index(s, kept))
	if l.last != nil {
		l.err = cmp.Or(l.err, l.last.replace())
	}
	return l.err
}

// index writes which file is which host's, and what came of it, in columns between tabs.
func (l *Logs) index(s *State, hosts []*Host) error {
	lines := "host\tfile\tresult\tphase\tseconds\n"
	for _, h := range hosts {
		lines += strings.Join([]string{nixexec.Printable(h.Name), filepath.Base(h.Log), s.result(h), string(h.Phase), h.seconds()}, "\t") + "\n"
	}
	file, err := os.CreateTemp(l.dir, ".index-*")
	if err != nil {
		return err
	}
	_, err = file.WriteString(lines)
	if err = cmp.Or(err, file.Close()); err != nil {
		return errors.Join(err, os.Remove(file.Name()))
	}
	return os.Rename(file.Name(), filepath.Join(l.dir, indexFile))
}

// indexFile stands beside the logs.
const indexFile = "index.tsv"
