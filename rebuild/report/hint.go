package report

import (
	"strings"

	"nixhop/sshcfg"
)

// DidYouMean is the hint line with the nearest names, or "".
func DidYouMean(word string, names []string) string {
	near := sshcfg.Nearest(word, names, 3)
	if len(near) == 0 {
		return ""
	}
	return "did you mean " + strings.Join(near, " or ") + "?"
}

// Lines joins the hint lines that there are.
func Lines(hints ...string) string {
	var given []string
	for _, h := range hints {
		if h != "" {
			given = append(given, h)
		}
	}
	return strings.Join(given, "\n")
}
