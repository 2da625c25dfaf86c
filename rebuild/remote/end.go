package remote

import (
	"context"
	"time"

	"nixhop/nixexec"
	"nixhop/rebuild/plan"
)

// endTime bounds how long the end of what runs on another host is waited for.
const endTime = 5 * time.Second

// EndThere ends the build or the copy on the build host when the user has ended the run; warn is told where that
// cannot be done.
func EndThere(j plan.Job, step string, results plan.Results, warn func(string)) {
	command, runs := plan.EndCommand(j, step, results)
	if !runs {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), endTime)
	defer cancel()
	if _, err := nixexec.Output(ctx, command); err != nil {
		warn("the " + step + " may go on, on " + j.Build.Host.Name + "; to end it: " + command.String())
	}
}
