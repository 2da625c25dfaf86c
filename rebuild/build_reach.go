package rebuild

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"nixhop/nixexec"
	"nixhop/sshcfg"
)

//go:embed reach.sh
var reachScript string

// reachTime bounds how long a build host may take to say whether it reaches the target.
const reachTime = 12 * time.Second

// WaysBetween are the names by which a third build host may know the target: the one that was typed here, and the address that ssh here makes
// of it, unless that is reached over a jump host only. What an alias means is the build host's own business.
func WaysBetween(target sshcfg.Host, e sshcfg.Endpoint) []sshcfg.Host {
	ways := []sshcfg.Host{target}
	address := sshcfg.Host{User: e.User, Name: e.HostName, Port: e.Port}
	direct := e.ProxyJump == "" && e.ProxyCommand == "" && e.HostName != "" && !strings.Contains(e.HostName, ":")
	if direct && (address.Name != target.Name || target.User == "") {
		ways = append(ways, address)
	}
	return ways
}

// AskReach asks a build host, over its open connection, by which of the ways it reaches the target, and whether that is the machine whose facts
// these are, with the same login: what it may not be trusted with from there it could not be given. The answer is for CheckReach.
func AskReach(ctx context.Context, build nixexec.MasterOptions, ways []sshcfg.Host, target Facts) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, reachTime)
	defer cancel()
	words := []string{"/bin/sh", "-s", "--"}
	for _, way := range ways {
		port := ""
		if way.Port != 0 {
			port = strconv.Itoa(way.Port)
		}
		words = append(words, way.String(), port)
	}
	command := nixexec.SessionCommand(build, words...)
	command.Stdin = assignments(
		[2]string{"boot_id", target.System.BootID},
		[2]string{"node", target.System.HostName},
		[2]string{"uid", target.Login.UID},
	) + reachScript
	out, err := nixexec.Output(ctx, command)
	return string(out), err
}

// CheckReach reads the answer to AskReach: the way from the build host to the target, or nil and why the system is to go through this machine.
// It never stops a run: the way through here is always there.
func CheckReach(build, target string, ways []sshcfg.Host, out string, err error) (*sshcfg.Host, []Finding) {
	why := "the build host gave no answer in time"
	var exit *nixexec.ExitError
	switch {
	case errors.Is(err, context.DeadlineExceeded):
	case errors.As(err, &exit) && exit.Code == nixexec.Status(&nixexec.NotFoundError{}):
		why = "there is no ssh on the build host"
	case err != nil:
		why = "the build host could not be asked: " + plainText(firstLine(err.Error()))
	default:
		key, value, _ := strings.Cut(strings.TrimSpace(out), "=")
		if n, bad := strconv.Atoi(value); key == "way" && bad == nil && n >= 0 && n < len(ways) {
			return &ways[n], nil
		}
		why = fmt.Sprintf("asked for %q there, %s", target, plainText(value[:min(len(value), shownBytes)]))
	}
	return nil, []Finding{{
		Name: "build-host", Severity: Note, Host: build,
		What: fmt.Sprintf("it does not reach %q by itself: what it builds is copied through this machine", target),
		Why:  why,
	}}
}

// lookBetween asks a third build host whether it reaches the target, beside the evaluation; d.settleBetween waits for the answer.
func (d *deployment) lookBetween(ctx context.Context) {
	d.settleBetween = func() {}
	if d.on == nil || d.at == nil || d.on == d.at || !d.request.evaluates() || d.on.facts.System.BootID == "" {
		return
	}
	build, target := d.at.machine, d.on.machine
	ways := WaysBetween(target.Host, target.Endpoint)
	var way *sshcfg.Host
	var found []Finding
	asked := make(chan struct{})
	go func() {
		defer close(asked)
		out, err := AskReach(ctx, build.Master, ways, d.on.facts)
		way, found = CheckReach(build.Host.String(), target.Host.String(), ways, out, err)
	}()
	d.settleBetween = func() {
		<-asked
		d.job.Between = way
		if d.checking {
			d.found = append(d.found, found...)
		}
	}
}
