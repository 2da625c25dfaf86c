package report

import "strings"

// longestLine is how much of a line is waited for until its end, in bytes. A longer one is broken.
const longestLine = 1 << 20

// Pieces makes whole lines of what each host prints in pieces, so that those of several hosts never run into each
// other. The zero value is ready.
type Pieces struct{ begun map[string]string }

// Add returns the lines that a piece of a host's output ends, each with its line break.
func (p *Pieces) Add(host, text string) string {
	text = p.begun[host] + text
	end := strings.LastIndexByte(text, '\n') + 1
	if len(text)-end > longestLine {
		text += "\n"
		end = len(text)
	}
	if p.begun == nil {
		p.begun = map[string]string{}
	}
	if p.begun[host] = strings.Clone(text[end:]); end == len(text) {
		delete(p.begun, host)
	}
	return text[:end]
}

// End returns the line that a host has begun and not ended, with a line break; empty: there is none.
func (p *Pieces) End(host string) string {
	text := p.begun[host]
	if delete(p.begun, host); text != "" {
		text += "\n"
	}
	return text
}
