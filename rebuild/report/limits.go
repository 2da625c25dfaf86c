package report

import (
	"fmt"
	"strings"

	"nixhop/nixexec"
)

// Limits of the checks. What a host falls short of by a limit that ends in Error stops the run, by one that ends in
// Warning it does not.
const (
	StoreSpaceError   = 256 << 10 // KiB left where /nix/store lies; a switch writes this much without any new package
	StoreSpaceWarning = 2 << 20   // KiB; about what an update of a small system takes
	BootSpaceError    = 2 << 10   // KiB left in /boot or the ESP; a boot loader cannot even write its entries
	BootSpaceWarning  = 60 << 10  // KiB; where the size of the running kernel and initrd is not known
	BootKernels       = 3         // kernels and initrds that /boot has room for; below that it is worth a note
	TmpSpaceWarning   = 1 << 20   // KiB left in /tmp of a build host
	RoomError         = 64        // KiB left where an activation only leaves notes: /run, /tmp, the profiles
	RoomInodes        = 16        // likewise
	InodesError       = 2_000     // left where /nix/store lies
	InodesWarning     = 50_000    // about what an update of a small system takes
)

// Kib writes a size.
func Kib(n int64) string {
	switch {
	case n >= 10<<20:
		return fmt.Sprintf("%d GiB", n>>20)
	case n >= 1<<20:
		return fmt.Sprintf("%.1f GiB", float64(n)/(1<<20))
	case n >= 1<<10:
		return fmt.Sprintf("%d MiB", n>>10)
	}
	return fmt.Sprintf("%d KiB", n)
}

// MostListed is how many names a message lists.
const MostListed = 20

// Joined are names in a sentence. A name of a flake may be anything: a line break in one must not begin a line of ours.
func Joined(names []string, between string) string {
	shown := make([]string, len(names))
	for i, name := range names {
		shown[i] = nixexec.Printable(name)
	}
	return strings.Join(shown, between)
}

// Listed lists the first names, and counts the others: there may be ten thousand.
func Listed(names []string) string { return First(names, MostListed) }

// First lists at most so many names, and counts the others.
func First(names []string, most int) string {
	text := Joined(names[:min(len(names), most)], ", ")
	if more := len(names) - most; more > 0 {
		text += fmt.Sprintf(" and %d more", more)
	}
	return text
}
