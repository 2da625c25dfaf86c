package rollout

// memoryOfOne is what one evaluation of a NixOS configuration takes, in bytes: from half of it up to twice as much, by what
// is in it.
const memoryOfOne = 1 << 30

// Evaluations is how many configurations are evaluated at a time on a machine with so many processors, and so much free
// memory in bytes (0: not known): as many as were asked for, else what both carry.
func (o Rollout) Evaluations(processors int, free int64) int {
	switch {
	case o.EvalJobs > 0:
		return o.EvalJobs
	case free > 0:
		return max(1, min(processors, int(free/memoryOfOne)))
	default:
		return max(1, processors)
	}
}
