package decision

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"nixhop/nixexec"
	"nixhop/rebuild/facts"
	"nixhop/rebuild/report"
	"nixhop/sshcfg"
)

// WaysBetween are the names by which a third build host may know the target: the one that was typed here, and the
// address that ssh here makes of it, unless that is reached over a jump host only. What an alias means is the build
// host's own business.
func WaysBetween(target sshcfg.Host, e sshcfg.Endpoint) []sshcfg.Host {
	ways := []sshcfg.Host{target}
	address := sshcfg.Host{User: e.User, Name: e.HostName, Port: e.Port}
	direct := e.ProxyJump == "" && e.ProxyCommand == "" && e.HostName != "" && !strings.Contains(e.HostName, ":")
	if direct && (address.Name != target.Name || target.User == "") {
		ways = append(ways, address)
	}
	return ways
}

// Between reads what a build host has answered that was asked by which of the ways it reaches the target: the way from
// the build host to the target, or nil and why the system is to go through this machine. It never stops a run: the way
// through here is always there.
func Between(build, target string, ways []sshcfg.Host, out string, err error) (*sshcfg.Host, []report.Finding) {
	why := "the build host gave no answer in time"
	var exit *nixexec.ExitError
	switch {
	case errors.Is(err, context.DeadlineExceeded):
	case errors.As(err, &exit) && exit.Code == nixexec.Status(&nixexec.NotFoundError{}):
		why = "there is no ssh on the build host"
	case err != nil:
		why = "the build host could not be asked: " + nixexec.PlainText(nixexec.FirstLine(err.Error()))
	default:
		key, value, _ := strings.Cut(strings.TrimSpace(out), "=")
		if n, bad := strconv.Atoi(value); key == "way" && bad == nil && n >= 0 && n < len(ways) {
			return &ways[n], nil
		}
		why = fmt.Sprintf("asked for %q there, %s", target, nixexec.PlainText(value[:min(len(value), facts.ShownBytes)]))
	}
	return nil, []report.Finding{{
		Name: "build-host", Severity: report.Note, Host: build,
		What: fmt.Sprintf("it does not reach %q by itself: what it builds is copied through this machine", target),
		Why:  why,
	}}
}
