package view

import (
	"fmt"
	"hash/fnv"
	"strings"
)

// nameBytes is how long the name of a file of a host may be, in bytes: less than the 255 that file systems take.
const nameBytes = 200

// filename is a HOST word as the name of a file: letters of ASCII, digits and a few signs stay, everything else is %XX.
// It is never empty, no dot file and no way to another directory. Words that are too long, and capital letters, which
// some file systems do not tell from small ones, have a number of the word behind them.
func filename(word string) string {
	var b strings.Builder
	for i := range len(word) {
		switch c := word[i]; {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9', strings.IndexByte("-_@=+", c) >= 0 && i > 0, c == '.' && i > 0:
			b.WriteByte(c)
		default:
			fmt.Fprintf(&b, "%%%02X", c)
		}
	}
	name := b.String()
	if name != "" && len(name) <= nameBytes && word == strings.ToLower(word) {
		return name
	}
	sum := fnv.New32a()
	_, _ = sum.Write([]byte(word))
	return fmt.Sprintf("%s-%08x", name[:min(len(name), nameBytes)], sum.Sum32())
}
