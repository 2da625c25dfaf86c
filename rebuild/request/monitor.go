package request

import (
	"slices"

	"nixhop/rebuild/report"
)

// Monitored reports whether nix-output-monitor is to show what is built: as it was asked for by --nom, or by the
// environment, where that has an effect.
func (r Request) Monitored() bool {
	if r.Has("--nom") {
		return true
	}
	spec, _ := FindFlag("--nom")
	builds := slices.Contains(spec.With, r.Action) && !r.Plan && !r.Back() && !r.PassThrough()
	return r.NomWanted && builds && !r.Watched() && !r.Has("--log-format")
}

// WithMonitor is the request where the environment says whether nix-output-monitor is wanted, by NIXHOP_NOM; seen
// says whether there is a terminal that it can be seen on.
func (r Request) WithMonitor(wanted string, seen bool) Request {
	r.NomWanted = !slices.Contains([]string{"", "0", "no", "false"}, wanted) && seen
	return r
}

// MissingMonitor is the hint where nix-output-monitor is wanted, and not there.
func (r Request) MissingMonitor() string {
	again := report.Again()
	if r.Has("--nom") {
		again = report.Again("--nom")
	}
	return r.Offer(again.Under("nix shell nixpkgs#nix-output-monitor -c"))
}

// refusedMonitor refuses --nom where it would show nothing.
func refusedMonitor(r Request, _ Action) error {
	const otherwise = "each says how a build is told of: leave one of them out"
	if !r.Has("--nom") {
		return nil
	}
	for _, other := range []string{"--plan", "--rollback", "--generation", "--store-path"} {
		if r.Has(other) {
			return &UsageError{Message: "--nom cannot be used with " + other, Hint: "nothing is built that it could show"}
		}
	}
	for _, other := range []string{"--log-format", "--log-dir"} {
		if r.Has(other) {
			return &UsageError{Message: "--nom cannot be used with " + other, Hint: otherwise}
		}
	}
	if r.JSON {
		return &UsageError{Message: "--nom cannot be used with --json", Hint: otherwise}
	}
	return nil
}
