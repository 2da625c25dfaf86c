package decision

import (
	"nixhop/rebuild/facts"
)

// Transfer is how store paths go from one machine to another.
type Transfer int

// The transfers. A long way makes the difference: at 100 ms of round trip 200 small paths take 21 s one by one, and
// less than a second together.
const (
	OneByOne Transfer = iota // nix copy --to ssh://: a question and an answer for each path
	Together                 // nix copy --to ssh-ng://: all of them in one stream, to a nix-daemon there
	Stream                   // nix-store --export into nix-store --import (stream.sh)
)

// Scheme is that of the store that a nix copy writes to.
func (t Transfer) Scheme() string {
	if t == Together {
		return "ssh-ng"
	}
	return "ssh"
}

// togetherMinor is the first minor version of Nix 2 that sends many paths at once (worker protocol 1.32): before it,
// ssh-ng:// waits for an answer to each, too.
const togetherMinor = 4

// End is one end of a copy, as far as it is known.
type End struct {
	Here    bool         // this machine
	Nix     facts.Nix    // zero: nobody asked
	Trusted facts.Answer // its Nix takes unsigned paths from the login
}

// endOn is the end on a host that has told of itself; nil: nobody asked.
func endOn(host *facts.Host) End {
	if host == nil {
		return End{}
	}
	return End{Nix: host.Nix, Trusted: host.Nix.Trusted}
}

// old reports whether the Nix is known to be too old to send or to take paths together.
func (e End) old() bool {
	major, minor := facts.Version(e.Nix.Version)
	return e.Nix.Version != "" && (major < 2 || major == 2 && minor < togetherMinor)
}

// takesTogether reports whether nothing is known that keeps a host from taking paths together.
func (e End) takesTogether() bool {
	return !e.Here && !e.old() && (e.Nix.Version == "" || e.Nix.Daemon != "")
}

// ChooseTransfer decides how paths go from one end to another. pushes says that Nix runs at the first one; else it runs
// here and reads from afar, which ssh-ng:// does path by path, too. The stream carries no signatures, so a login that
// is known not to be trusted at its end has no use for it. What nobody has asked about is tried: whatever fails,
// OneByOne is left.
func ChooseTransfer(from, to End, pushes bool) Transfer {
	switch {
	case pushes && !from.old() && to.takesTogether():
		return Together
	case to.Trusted != facts.No && !from.old() && (from.Here || !pushes):
		return Stream
	case !pushes && to.takesTogether():
		return Together
	default:
		return OneByOne
	}
}

// Copies are the transfers of a deployment.
type Copies struct {
	Derivation Transfer // to the build host
	System     Transfer // from where it is built to where it is needed
}

// Copies decides how the paths of a deployment go. here is the Nix of this machine, zero where nobody asked; between,
// that a third build host reaches the target itself; trusted is asked where what is built comes here.
func (k Known) Copies(here facts.Nix, between bool, trusted func() facts.Answer) Copies {
	own := End{Here: true, Nix: here}
	builder, target := own, own
	if k.Builder != nil {
		builder = endOn(k.At)
	}
	switch {
	case k.Machine != nil:
		target = endOn(k.On)
	case k.Builder != nil:
		target.Trusted = trusted()
	}
	return Copies{
		Derivation: ChooseTransfer(own, builder, true),
		System:     ChooseTransfer(builder, target, k.Builder == nil || between),
	}
}
