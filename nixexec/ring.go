package nixexec

import (
	"bytes"
	"sync"
)

// ringLine is the most that one stream keeps of a line that has not ended yet, in bytes.
const ringLine = 64 << 10

// Ring keeps the last output of a child in a bounded space, so that a failure can be explained afterwards. It keeps
// whole lines: what it returns never begins in the middle of one, and a line that a carriage return began anew (a
// progress bar) does not push real lines out. It is safe for concurrent use.
type Ring struct {
	mu      sync.Mutex
	limit   int
	lines   []byte // complete lines, at most twice the limit
	streams []*Stream
}

// NewRing returns a ring that keeps the last limit bytes of complete lines.
func NewRing(limit int) *Ring { return &Ring{limit: limit} }

// Stream is one of the streams that go into a ring: standard output, or standard error. Lines of two streams are kept
// apart even when they are written in pieces.
type Stream struct {
	ring     *Ring
	line     []byte // not ended yet
	returned bool   // a carriage return was the last byte: what follows begins the line anew, unless it is a newline
}

// Stream returns a new writer into the ring.
func (r *Ring) Stream() *Stream {
	s := &Stream{ring: r}
	r.mu.Lock()
	r.streams = append(r.streams, s)
	r.mu.Unlock()
	return s
}

// Write takes output as it comes. It never fails.
func (s *Stream) Write(p []byte) (int, error) {
	s.ring.mu.Lock()
	defer s.ring.mu.Unlock()
	for rest := p; len(rest) > 0; {
		at := bytes.IndexAny(rest, "\r\n")
		if at < 0 {
			s.add(rest)
			break
		}
		if at > 0 {
			s.add(rest[:at])
		}
		if rest[at] == '\n' {
			s.ring.keep(s.line)
			s.line, s.returned = s.line[:0], false
		} else {
			s.returned = true
		}
		rest = rest[at+1:]
	}
	return len(p), nil
}

// add appends to the line that has not ended yet; what is too long for it is left out.
func (s *Stream) add(p []byte) {
	if s.returned {
		s.line, s.returned = s.line[:0], false
	}
	if room := ringLine - len(s.line); len(p) > room {
		p = p[:room]
	}
	s.line = append(s.line, p...)
}

// keep appends a complete line and forgets the oldest ones when there are too many.
func (r *Ring) keep(line []byte) {
	r.lines = append(append(r.lines, line...), '\n')
	if len(r.lines) > 2*r.limit {
		r.lines = append(r.lines[:0], lastLines(r.lines, r.limit)...)
	}
}

// Bytes returns a copy of what is kept: complete lines, then the one that each stream has not ended yet.
func (r *Ring) Bytes() []byte {
	r.mu.Lock()
	defer r.mu.Unlock()
	kept := bytes.Clone(lastLines(r.lines, r.limit))
	for _, s := range r.streams {
		if len(s.line) > 0 {
			kept = append(append(kept, s.line...), '\n')
		}
	}
	return kept
}

// Rest returns what the streams have not ended yet with a newline or a carriage return.
func (r *Ring) Rest() []byte {
	r.mu.Lock()
	defer r.mu.Unlock()
	var rest []byte
	for _, s := range r.streams {
		if !s.returned {
			rest = append(rest, s.line...)
		}
	}
	return rest
}

// lastLines returns the longest end of lines that has at most limit bytes and begins at the beginning of a line.
func lastLines(lines []byte, limit int) []byte {
	if len(lines) <= limit {
		return lines
	}
	cut := len(lines) - limit
	at := bytes.IndexByte(lines[cut-1:], '\n')
	if at < 0 {
		return nil
	}
	return lines[cut+at:]
}
