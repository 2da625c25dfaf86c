package check

import (
	"errors"
	"fmt"
	"strings"

	"nixhop/nixexec"
	"nixhop/rebuild/report"
	"nixhop/rebuild/request"
	"nixhop/rebuild/source"
)

// NoConfiguration says that the flake has nothing for the host, where that is the error. In the ssh config there is a
// block for it only where that lists it.
func NoConfiguration(alias string, err error) []report.Finding {
	var none *source.NoConfigurationError
	if !errors.As(err, &none) {
		return nil
	}
	found := report.Finding{
		Name: "no-configuration", Severity: report.Error, Host: alias,
		What: nixexec.FirstLine(none.Error()),
		Why:  strings.ReplaceAll(strings.ReplaceAll(none.Hint(), "?\n", "? "), "\n", "; "),
	}
	if len(none.Names) == 0 {
		found.Why = "it has none at all"
		found.Remedy = []report.Remedy{report.Shell("nix", "flake", "show", none.Flake)}
		return []report.Finding{found}
	}
	found.Remedy = report.AnyOf(
		[]report.Remedy{report.As("CONFIGURATION")},
		report.Lines("# nixhop: configuration=CONFIGURATION   (a line in the ssh config, under Host "+aliasName(alias)+")"),
	)
	return []report.Finding{found}
}

// NoFlake says of a host whose configuration is wanted from nowhere that nixos-rebuild's oldest way is taken, which is
// often none: the working directory is a wrong one.
func NoFlake(alias string, s source.Source, r request.Request, dir string) []report.Finding {
	if s != (source.Source{}) || r.NoFlake || !r.Evaluates() {
		return nil
	}
	return []report.Finding{{
		Name: "no-configuration", Severity: report.Note, Host: alias,
		What:   "there is no flake here: the configuration is that of <nixpkgs/nixos>, as nixos-rebuild has it",
		Why:    fmt.Sprintf("no flake.nix is in %q nor above it, and none in /etc/nixos", dir),
		Remedy: []report.Remedy{report.Again("--flake", "DIRECTORY")},
	}}
}
