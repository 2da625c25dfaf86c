package decision

import (
	"nixhop/rebuild/facts"
	"nixhop/rebuild/request"
)

// Activation is what a request asks of the activation.
type Activation struct {
	Action         string // switch, boot, test or dry-activate
	Profile        string // absolute path of the profile
	Rollback       bool   // take the previous generation instead of a store path
	Generation     int    // take this generation instead of one; 0: none
	Specialisation string
	Bootloader     bool // install the boot loader anew
	BootInhibited  bool // a system that inhibits the switch to it boots next instead
}

// ActivationOf is the activation that a request asks for.
func ActivationOf(r request.Request) Activation {
	return Activation{
		Action:         r.Action,
		Profile:        facts.ProfilePath(r.Value("--profile-name")),
		Rollback:       r.Has("--rollback"),
		Generation:     r.Generation(),
		Specialisation: r.Value("--specialisation"),
		Bootloader:     r.Has("--install-bootloader"),
		BootInhibited:  r.Value("--on-inhibit") == "boot",
	}
}

// Back reports whether the system is one that the profile on the host has.
func (a Activation) Back() bool { return a.Rollback || a.Generation > 0 }

// commands is how many commands the activation takes.
func (a Activation) commands() int {
	if a.Action == "switch" || a.Action == "boot" {
		return 2
	}
	return 1
}
