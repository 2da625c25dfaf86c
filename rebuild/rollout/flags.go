package rollout

import (
	"slices"
	"strconv"
	"time"

	"nixhop/nixexec"
	"nixhop/rebuild/inventory"
	"nixhop/rebuild/request"
)

// Rollout is what the command line says of many hosts.
type Rollout struct {
	Order       Order
	Budget      Budget
	SkipOffline bool // hosts that cannot be reached are left out, and are no failures
	EvalJobs    int  // configurations that are evaluated at a time; zero: nobody has said
	CopyJobs    int  // systems that are copied at a time
	Health      Health
}

// Health says how a host is asked whether it does what it is for, once it was activated.
type Health struct {
	Here, There string        // commands for a shell on this machine, and on the host; empty: none
	Timeout     time.Duration // how long they are tried again

	Checks map[string][]inventory.HealthCheck // of nodes of an inventory, by the hosts as typed
}

// Wanted reports whether any host is asked at all.
func (h Health) Wanted() bool { return h.Here != "" || h.There != "" || len(h.Checks) > 0 }

// DefaultHealthTimeout is how long a host may take to be healthy.
const DefaultHealthTimeout = time.Minute

// DefaultCopyJobs is how many systems are copied at a time: more of them share one way out.
const DefaultCopyJobs = 5

// Of reads a request; checks are those of the inventory's nodes, by the hosts as typed, and go with a configuration
// alone. Its errors are *request.UsageError.
func Of(r request.Request, checks map[string][]inventory.HealthCheck) (Rollout, error) {
	var f reader
	o := Rollout{SkipOffline: r.Has("--skip-offline")}
	o.Order = Order{
		Canary: r.Value("--canary"), Batch: f.limit(r, "--batch"), Parallel: f.count(r, "--parallel", 0), Pause: f.seconds(r, "--pause", 0),
	}
	o.EvalJobs, o.CopyJobs = f.count(r, "--eval-jobs", 0), f.count(r, "--copy-jobs", DefaultCopyJobs)
	o.Health = Health{Here: r.Value("--health"), There: r.Value("--health-remote"), Timeout: f.seconds(r, "--health-timeout", DefaultHealthTimeout)}
	if spec, _ := request.FindFlag("--health"); slices.Contains(spec.With, r.Action) && r.Evaluates() {
		o.Health.Checks = checks
	}
	o.Budget.OnFailure = r.Value("--on-failure")
	if changes := []string{"switch", "boot", "test"}; o.Budget.OnFailure == "" && !slices.Contains(changes, r.Action) {
		o.Budget.OnFailure = Continue // each host is done by itself
	}
	if r.Has("--max-failures") {
		most := f.limit(r, "--max-failures")
		o.Budget.Most = &most
	}
	if r.Has("--batch") && o.Order.Batch.Count == 0 {
		f.refuse("--batch", r.Value("--batch"), "at least one host, or a share of at least 1%", "25%")
	}
	if r.Has("--serial") {
		if r.Has("--batch") || r.Has("--parallel") {
			return o, &request.UsageError{Message: "--serial is one host at a time, and --batch and --parallel say otherwise", Hint: "leave one of them out"}
		}
		o.Order.Batch, o.Order.Parallel = Limit{Count: 1}, 1
	}
	return o, f.err
}

// reader reads the values of flags, and keeps the first error.
type reader struct{ err error }

// refuse says what a flag takes.
func (f *reader) refuse(flag, value, takes, example string) {
	if f.err == nil {
		f.err = &request.UsageError{Message: flag + " takes " + takes + ", not " + nixexec.Quoted(value), Hint: "as in: " + flag + " " + example}
	}
}

// limit is the value of a flag that takes a number of hosts or a share.
func (f *reader) limit(r request.Request, flag string) Limit {
	if !r.Has(flag) {
		return Limit{}
	}
	l, err := ParseLimit(r.Value(flag))
	if err != nil {
		f.refuse(flag, r.Value(flag), "a number of hosts, or a share of them in percent", "25%")
	}
	return l
}

// count is the value of a flag that takes a number from 1 up, or otherwise where it was not given.
func (f *reader) count(r request.Request, flag string, otherwise int) int {
	if !r.Has(flag) {
		return otherwise
	}
	n, err := strconv.Atoi(r.Value(flag))
	if err != nil || n < 1 {
		f.refuse(flag, r.Value(flag), "a number from 1 up", "4")
	}
	return n
}

// seconds is the value of a flag that takes a time, or otherwise where it was not given.
func (f *reader) seconds(r request.Request, flag string, otherwise time.Duration) time.Duration {
	d, err := r.Seconds(flag, otherwise, 0, 24*time.Hour)
	if f.err == nil {
		f.err = err
	}
	return d
}
