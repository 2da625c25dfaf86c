package nixexec

import (
	"fmt"
	"syscall"
)

// WithoutCores switches core dumps off, for this process and for all that it starts from now on. A secret goes through
// ssh's master, which starts before it is asked for: so they are off since before that.
func WithoutCores() error {
	if err := syscall.Setrlimit(syscall.RLIMIT_CORE, &syscall.Rlimit{}); err != nil {
		return fmt.Errorf("switching core dumps off: %w", err)
	}
	return nil
}
