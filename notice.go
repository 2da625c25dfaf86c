package main

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"nixhop/nixexec"
	"nixhop/rebuild/phase"
	"nixhop/rebuild/request"
	"nixhop/rebuild/view"
)

// notice tells the terminal that a run is over, where that was asked for (--notify) and took long enough for somebody
// to have looked away: nobody who has pressed Ctrl-C has.
func notice(r request.Request, stdio nixexec.Stdio, env func(string) string, took time.Duration, err error) {
	var interrupted *nixexec.InterruptedError
	if !r.Has("--notify") || took < view.NoticedAfter || errors.As(err, &interrupted) || !drawn(stdio.Err, env) {
		return
	}
	var hosts []string
	for _, h := range r.Hosts {
		hosts = append(hosts, h.Word)
	}
	what := strings.TrimSpace(r.Action + " " + strings.Join(hosts, " "))
	ended := view.Ended{What: what, How: how(phase.Status(err)), Took: took}
	_, _ = fmt.Fprint(stdio.Err, view.Notice(ended, env))
}

// how is what an exit status means, in the words of its table.
func how(status int) string {
	code := fmt.Sprint(status)
	at := slices.IndexFunc(request.ExitStatuses(), func(s request.ExitStatus) bool { return s.Code == code })
	if at < 0 {
		return "ended with status " + code
	}
	return request.ExitStatuses()[at].Meaning
}
