package request

import (
	"strings"

	"nixhop/sshcfg"
)

// didYouMean is the hint line with the nearest names, or "".
func didYouMean(word string, names []string) string {
	near := sshcfg.Nearest(word, names, 3)
	if len(near) == 0 {
		return ""
	}
	return "did you mean " + strings.Join(near, " or ") + "?"
}

// hintLines joins the lines of a hint that there are.
func hintLines(hints ...string) string {
	var given []string
	for _, h := range hints {
		if h != "" {
			given = append(given, h)
		}
	}
	return strings.Join(given, "\n")
}
