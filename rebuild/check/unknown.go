package check

import (
	"fmt"
	"slices"
	"strings"

	"nixhop/rebuild/facts"
	"nixhop/rebuild/report"
	"nixhop/rebuild/request"
	"nixhop/sshcfg"
)

// UnknownAlias is the error for a name that has no address and stands in no ssh config; nil where a connection failed
// for another reason. env is the environment of this process.
func UnknownAlias(name string, failure sshcfg.Failure, inv sshcfg.Inventory, env func(string) string) *request.UsageError {
	if failure.Kind != sshcfg.Unresolved || failure.Host != name || inv.Matches(name) || strings.ContainsAny(name, ".:") {
		return nil
	}
	if owner := facts.AliasBeforeSudo(env, name); owner != "" {
		return &request.UsageError{
			Message: fmt.Sprintf("alias %q stands only in the ssh config of %q, and sudo makes root's the one in use", name, owner),
			Hint:    "run nixhop without sudo: root is gained on the host",
		}
	}
	return request.UnknownName("unknown alias", name, "", inv.Names())
}

// Misspelt puts that error in the place of the finding that the host is not reached.
func Misspelt(found []report.Finding, unknown *request.UsageError) []report.Finding {
	found = slices.Clone(found)
	for i, f := range found {
		if f.Name == "host-unreachable" {
			found[i].What, found[i].Why, found[i].Remedy = unknown.Message, strings.ReplaceAll(unknown.Hint, "\n", " "), nil
		}
	}
	return found
}
