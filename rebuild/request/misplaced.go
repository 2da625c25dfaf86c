package request

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"nixhop/nixexec"
	"nixhop/rebuild/report"
)

// aSystem matches what is a system rather than the name of a host: an architecture that Nix knows, and a kernel.
var aSystem = regexp.MustCompile(`^(x86_64|i[3-6]86|aarch64|arm(v[5-8][a-z]*)?|riscv(32|64)|powerpc[a-z0-9]*|mips[a-z0-9]*` +
	`|s390x?|loongarch64|sparc64|m68k)-(linux|darwin|freebsd\d*|netbsd|openbsd|windows|cygwin|none)$`)

// answers are the words that one answers with.
var answers = []string{"yes", "no", "true", "false", "on", "off", "always", "never", "auto"}

// misplaced is the error for a word that no ssh config has, behind a flag of nixhop that takes no value as a word of
// its own: it was meant as one where it looks like what could be. A name that looks like a host is one, for ssh may
// know it.
func misplaced(flag, word string) error {
	_, finding := report.FindSpec(word)
	_, number := strconv.Atoi(word)
	var looks string
	hint := "it takes no value"
	switch {
	case flag == "--cross" && (word == NoCross || aSystem.MatchString(word)):
		looks, hint = "the system of "+flag, "they are one word: --cross="+word
	case aSystem.MatchString(word):
		looks = "a system"
	case finding:
		looks, hint = "a finding", "to let it through: --allow "+word
	case word == EngineNative || word == EngineNixosRebuild:
		looks, hint = "a value of --engine", "as in: --engine "+word
	case number == nil:
		looks = "a number"
	case slices.Contains(answers, strings.ToLower(word)):
		looks = "an answer"
	case strings.HasPrefix(word, ".") || strings.HasPrefix(word, "/") || strings.HasPrefix(word, "~/"):
		looks, hint = "a path", "as in: --flake "+nixexec.Quote(word)
	default:
		return nil
	}
	return &UsageError{Message: fmt.Sprintf("%q behind %s looks like %s, not like a host", word, flag, looks), Hint: hint}
}
