package rebuild

import (
	"os"

	"nixhop/nixexec"
	"nixhop/rebuild/plan"
	"nixhop/rebuild/request"
)

// hostName is this machine's own name, or empty.
func (s *Session) hostName() string {
	name, _ := os.Hostname()
	return name
}

// localElevate stands in front of what needs root on this machine.
func (s *Session) localElevate(r request.Request) []string {
	if os.Geteuid() == 0 {
		return nil
	}
	return plan.LocalElevation(r.Ways(), nixexec.Installed)
}
