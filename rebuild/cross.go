package rebuild

import (
	"nixhop/nixexec"
	"nixhop/rebuild/request"
)

// unknownBuildSystem says that --cross alone needs a system that nobody told.
func unknownBuildSystem(r request.Request, why string) error {
	hint := "name it: nixhop " + r.Action
	if len(r.Hosts) > 0 {
		hint += " " + nixexec.Quote(r.Hosts[0].Word)
	}
	return &request.UsageError{Message: "--cross: " + why, Hint: hint + " --cross=x86_64-linux"}
}
