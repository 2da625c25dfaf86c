package facts

import (
	"strconv"
	"strings"
)

// Version reads the first two numbers of a version; a text that has none is 0.0.
func Version(text string) (major, minor int) {
	parts := strings.SplitN(text, ".", 3)
	major, _ = strconv.Atoi(parts[0])
	if len(parts) > 1 {
		digits := strings.IndexFunc(parts[1], func(r rune) bool { return r < '0' || r > '9' })
		if digits < 0 {
			digits = len(parts[1])
		}
		minor, _ = strconv.Atoi(parts[1][:digits])
	}
	return major, minor
}

const lixMinor = 90 // Lix numbers its releases from 2.90 on

const lixForkMinor = 18 // of 2.18, which Lix grew from

// Upstream is the minor version of the Nix that a version goes back to: Lix speaks as the release that it grew from.
// It is 0 for what is no version of Nix 2, and of the same kind for an older one.
func Upstream(text string) int {
	major, minor := Version(text)
	switch {
	case major != 2:
		return 0
	case minor >= lixMinor:
		return lixForkMinor
	}
	return minor
}
