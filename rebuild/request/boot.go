package request

import (
	"time"

	"nixhop/nixexec"
)

// Reboot says when a host is booted anew behind its deployment.
type Reboot string

// The answers.
const (
	RebootNever    Reboot = ""
	RebootIfNeeded Reboot = "if-needed" // where something of its system comes to run only with a boot
	RebootAlways   Reboot = "always"
)

// defaultRebootTime is how long a host may take to boot.
const defaultRebootTime = 10 * time.Minute

// Reboots is when the hosts are booted anew, and how long each may take until it lets a login in again. The error is a
// *UsageError.
func (r Request) Reboots() (Reboot, time.Duration, error) {
	patience, err := r.Seconds("--reboot-timeout", defaultRebootTime, time.Second, 24*time.Hour)
	switch {
	case !r.Has("--reboot"):
		return RebootNever, patience, err
	case r.Value("--reboot") == "":
		return RebootAlways, patience, err
	}
	return Reboot(r.Value("--reboot")), patience, err
}

// takeReboot refuses a time to reboot that there is not.
func takeReboot(value string) error {
	if value == "" || value == string(RebootIfNeeded) {
		return nil
	}
	return &UsageError{Message: "--reboot takes if-needed or nothing, not " + nixexec.Quoted(value), Hint: "as in: --reboot=if-needed"}
}

// refusedBoot refuses what only a boot brings beside what a boot does not take, or could not be seen to its end.
func refusedBoot(r Request, _ Action) error {
	const without = "what boots next is the system without it"
	switch _, _, err := r.Reboots(); {
	case err != nil:
		return err
	case r.Value("--on-inhibit") == "boot" && r.Has("--specialisation"):
		return &UsageError{Message: "--on-inhibit boot cannot be used with --specialisation", Hint: without}
	case r.Has("--reboot-timeout") && !r.Has("--reboot"):
		return &UsageError{Message: "--reboot-timeout goes with --reboot", Hint: "as in: --reboot --reboot-timeout " + nixexec.ShellWord(r.Value("--reboot-timeout"))}
	case !r.Has("--reboot"):
		return nil
	case r.Has("--specialisation"):
		return &UsageError{Message: "--reboot cannot be used with --specialisation", Hint: without}
	case r.Has("--expect"):
		return &UsageError{Message: "--reboot cannot be used with --expect", Hint: "deploy first, then reboot by the name as which the host answers then"}
	case len(r.Hosts) == 0:
		return &UsageError{Message: "--reboot is for hosts, not for this machine", Hint: "nobody would see whether it comes back"}
	}
	return nil
}
