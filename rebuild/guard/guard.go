// Package guard settles whether an activation on a host stands under a guard, which brings the system before back
// unless a new login proves in time that the host can be reached, and puts into words what became of that. What a guard
// does on the host are scripts of the plan; who logs in, and when, is settled above. Nothing here reaches a host, and
// nothing is printed.
package guard

import (
	"time"

	"nixhop/rebuild/decision"
	"nixhop/rebuild/inventory"
	"nixhop/rebuild/plan"
	"nixhop/rebuild/request"
	"nixhop/rebuild/rollout"
	"nixhop/sshcfg"
)

// Wish is what the command line and the environment say of a guard.
type Wish struct {
	Off     bool // there shall be none
	Asked   bool // there shall be one, even where its proof asks somebody
	timed   bool // how long it waits for its proof was said
	limited bool // how long the activation may take was said
	Once    bool // a system that comes up with a reboot is booted once first
	Guard   plan.Guard
	Expect  *sshcfg.Host // as which the host answers once it was activated; nil: as before
}

// How long a guard has patience where nobody says otherwise.
const (
	defaultWait  = 30 * time.Second
	defaultLimit = 10 * time.Minute
)

// Of reads a request, and NIXHOP_GUARD where it says nothing. Its errors are *request.UsageError.
func Of(r request.Request, env func(string) string) (Wish, error) {
	w := Wish{Off: r.Has("--no-guard"), Asked: r.Has("--guard")}
	w.Guard = plan.Guard{Wait: defaultWait, Reboot: r.Has("--guard-reboot")}
	w.Once = !w.Off && (w.Asked || env("NIXHOP_GUARD") != "0")
	if !plan.Guarded(r.Action) {
		return Wish{Off: true, Once: w.Once}, nil
	}
	if w.Off && (w.Asked || r.Has("--expect") || w.Guard.Reboot) {
		return w, &request.UsageError{Message: "--no-guard cannot be used with flags of a guard", Hint: "leave one of them out"}
	}
	if r.Has("--expect") {
		if len(r.Hosts) != 1 || r.Hosts[0].Kind != request.OneHost {
			return w, &request.UsageError{Message: "--expect is for one host alone", Hint: "deploy to the others without it"}
		}
		host, err := sshcfg.ParseHost(r.Value("--expect"))
		if err != nil {
			return w, &request.UsageError{Message: "--expect: " + err.Error(), Hint: "as in: --expect web-new"}
		}
		w.Expect = &host
	}
	var err error
	if w.Guard.Limit, err = r.Seconds("--activation-timeout", defaultLimit, time.Second, 24*time.Hour); err != nil {
		return w, err
	}
	set := env("NIXHOP_GUARD")
	w.limited = r.Has("--activation-timeout")
	w.timed = r.Value("--guard") != "" || set != ""
	switch {
	case r.Value("--guard") != "":
		w.Guard.Wait, err = r.Seconds("--guard", defaultWait, time.Second, time.Hour)
	case set == "0":
		w.Off = w.Off || !w.Asked
	case set != "":
		w.Guard.Wait, err = request.ParseSeconds("NIXHOP_GUARD", set, time.Second, time.Hour)
	}
	return w, err
}

// Of is what is wished for a node of an inventory: what that says of guards counts where nobody else has said so. nil:
// it is no node.
func (w Wish) Of(n *inventory.Node) Wish {
	if n == nil {
		return w
	}
	w.Off = w.Off || n.Guard.Off && !w.Asked && w.Expect == nil && !w.Guard.Reboot
	w.Once = w.Once && (w.Asked || !n.Guard.Off)
	if n.Guard.Wait > 0 && !w.timed {
		w.Guard.Wait = n.Guard.Wait
	}
	if n.Guard.Limit > 0 && !w.limited {
		w.Guard.Limit = n.Guard.Limit
	}
	return w
}

// For is the guard of an activation on a target (nil: this machine), which answers as another host then, or as before
// (nil). nil: there is none. why says so in words, where the user may have wanted one.
func (w Wish) For(target, expected *decision.Machine, d decision.Decision, h rollout.Health) (g *plan.Guard, why string) {
	switch {
	case w.Off || target == nil:
		return nil, ""
	case d.Engine != nil && d.Request.Has("--profile-name"):
		return nil, "no guard: it brings back what the system's own profile had; with --engine native there is one for --profile-name"
	case d.Commands != nil:
		return nil, "no guard: sudo lets this login run the commands of nixos-rebuild alone there, and a guard is a shell of root"
	}
	guard := w.Guard
	guard.Forced, guard.Expect = w.Asked, expected
	if h.Wanted() {
		guard.Wait += h.Timeout
	}
	return &guard, ""
}

// span is a time in words: "30s".
func span(d time.Duration) string { return d.Round(time.Second).String() }
