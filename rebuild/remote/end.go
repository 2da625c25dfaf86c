package remote

import (
	"context"
	"errors"
	"time"

	"nixhop/nixexec"
	"nixhop/rebuild/plan"
	"nixhop/rebuild/report"
)

// endTime bounds how long the end of what runs on another host is waited for.
const endTime = 5 * time.Second

// EndThere ends the build or the copy on the build host when the user has ended the run; warn is told where that
// cannot be done, or would end what somebody else waits for.
func EndThere(j plan.Job, step string, results plan.Results, call report.Call, warn func(string)) {
	command, byHand, runs := plan.EndCommand(j, step, results)
	if !runs {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), endTime)
	defer cancel()
	host := j.Build.Host
	end := "to end it: " + call.Lines([]report.Remedy{report.On(host.String(), byHand...)})[0]
	_, err := nixexec.Output(ctx, command)
	var exit *nixexec.ExitError
	switch {
	case errors.As(err, &exit) && exit.Code == plan.EndShared:
		warn("the " + step + " goes on, on " + host.Name + ", where somebody else waits for the same; " + end)
	case err != nil:
		warn("the " + step + " may go on, on " + host.Name + "; " + end)
	}
}
