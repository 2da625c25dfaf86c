package rollout

// What is done about a host that fails (--on-failure).
const (
	Stop     = "stop"     // nothing further is begun
	Continue = "continue" // the others go on
)

// Budget says how many hosts of a run may fail before nothing further is begun.
type Budget struct {
	OnFailure string // Stop, Continue; empty: nobody has said
	Most      *Limit // nil: none but what OnFailure says
}

// Spent reports whether so many failed hosts of a run of so many are too many.
func (b Budget) Spent(failed, hosts int) bool {
	switch {
	case b.Most != nil:
		return failed > b.Most.AtMost(hosts)
	case b.OnFailure == Continue:
		return false
	default:
		return failed > 0
	}
}

// Offline reports whether a host that cannot be reached counts as one that has failed: unless somebody has said how
// many may fail it stops nobody else.
func (b Budget) Offline() bool { return b.Most != nil || b.OnFailure == Stop }
