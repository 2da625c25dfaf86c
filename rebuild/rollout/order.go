package rollout

import (
	"fmt"
	"slices"
	"strconv"
	"time"

	"nixhop/rebuild/request"
)

// DefaultParallel is how many hosts of a wave are activated at a time.
const DefaultParallel = 10

// Order says in which order hosts are activated.
type Order struct {
	Canary   string        // the name of one host, or how many of the first ones; empty: none
	Batch    Limit         // how many hosts are a wave; zero: all that are left
	Parallel int           // how many hosts of a wave are activated at a time; zero: DefaultParallel
	Pause    time.Duration // between two waves
}

// Waves divides hosts, which keep their order: first the canaries, then one batch after another. The error says that
// the canary is none of the hosts, or that there are not so many.
func (o Order) Waves(hosts []string) ([][]string, error) {
	first, rest, err := o.canaries(hosts)
	if err != nil {
		return nil, err
	}
	var waves [][]string
	if len(first) > 0 {
		waves = append(waves, first)
	}
	size := len(rest)
	if o.Batch.Count > 0 {
		size = o.Batch.AtLeast(len(hosts))
	}
	if len(rest) > 0 {
		waves = slices.AppendSeq(waves, slices.Chunk(rest, size))
	}
	return waves, nil
}

// WavesOf are the waves of hosts by their names. The canary may be given as its host, without the configuration; the
// error is then a *request.UsageError.
func (o Order) WavesOf(names, hosts []string) ([][]string, error) {
	if at := slices.Index(hosts, o.Canary); at >= 0 {
		o.Canary = names[at]
	}
	waves, err := o.Waves(names)
	if err != nil {
		return nil, &request.UsageError{Message: "--canary: " + err.Error(), Hint: "it takes one of them, or how many of the first: --canary 1"}
	}
	return waves, nil
}

// canaries are the hosts that go first, and the others.
func (o Order) canaries(hosts []string) (first, rest []string, err error) {
	if o.Canary == "" {
		return nil, hosts, nil
	}
	if at := slices.Index(hosts, o.Canary); at >= 0 {
		return hosts[at : at+1 : at+1], slices.Delete(slices.Clone(hosts), at, at+1), nil
	}
	n, err := strconv.Atoi(o.Canary)
	if err != nil || n < 1 {
		return nil, nil, fmt.Errorf("the canary %q is not one of the hosts of this run", o.Canary)
	}
	n = min(n, len(hosts))
	return hosts[:n:n], hosts[n:], nil
}

// AtATime is how many hosts of a wave are activated side by side.
func (o Order) AtATime() int {
	if o.Parallel > 0 {
		return o.Parallel
	}
	return DefaultParallel
}
