package rollout

// What one evaluation of a NixOS configuration takes, in bytes: from half of memoryOfOne up to twice as much, by what
// is in it. Below leastOfOne it was none: nix has found it in its cache.
const (
	memoryOfOne = 1 << 30
	leastOfOne  = 256 << 20
)

// Evaluations is how many configurations are evaluated at a time on a machine with so many processors, and so much free
// memory in bytes before any is (0: not known): as many as were asked for, else what both carry. peak is the most that
// one of them was seen to take, in bytes; 0: none has ended.
func (o Rollout) Evaluations(processors int, free int64) func(peak int64) int {
	return func(peak int64) int {
		if peak < leastOfOne {
			peak = memoryOfOne
		}
		switch {
		case o.EvalJobs > 0:
			return o.EvalJobs
		case free > 0:
			return max(1, min(processors, int(free/peak)))
		default:
			return max(1, processors)
		}
	}
}
