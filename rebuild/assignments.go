package rebuild

import (
	"strings"

	"nixhop/nixexec"
)

// assignments are the lines that set variables in front of a script that a POSIX shell reads: pairs of a name and a value.
func assignments(pairs ...[2]string) string {
	var b strings.Builder
	for _, pair := range pairs {
		b.WriteString(pair[0] + "=" + nixexec.Quote(pair[1]) + "\n")
	}
	return b.String()
}
