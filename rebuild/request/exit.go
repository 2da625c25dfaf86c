package request

// The exit statuses of nixhop. What else a child ends with is passed on.
const (
	ExitDone         = 0
	ExitFailed       = 1
	ExitUsage        = 2
	ExitCheck        = 3
	ExitUnits        = 4 // the number that switch-to-configuration uses
	ExitRolledBack   = 5
	ExitPartly       = 6
	ExitNotInstalled = 127
)

// ExitStatus is one row of the table of exit statuses.
type ExitStatus struct {
	Code    string // "0", or "128+n"
	Meaning string
}

// ExitStatuses is the table that the help, the manual page and the README show.
func ExitStatuses() []ExitStatus {
	return []ExitStatus{
		{"0", "done"},
		{"1", "failed; nothing was activated, or not to its end"},
		{"2", "wrong usage"},
		{"3", "a check failed; nothing was built"},
		{"4", "activated, but some units failed"},
		{"5", "activated, then rolled back"},
		{"6", "some hosts done, others not"},
		{"127", "nixos-rebuild, nix or ssh is not installed"},
		{"128+n", "ended by signal n"},
	}
}
