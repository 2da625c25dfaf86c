package keys

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"nixhop/nixexec"
	"nixhop/rebuild/report"
)

// act runs the actions of the keys that were sent just now, each once, however many have it: behind the keys, as the
// login of the connection, by the shell of that. One that fails is not run again by the next run, for which its key is
// there already.
func (k *Ready) act(ctx context.Context) error {
	var done []string
	for i := range k.keys {
		one := &k.keys[i]
		action := strings.Join(one.Action, " ")
		wanted := one.fresh && action != "" && !slices.Contains(done, action)
		one.fresh = false
		if !wanted {
			continue
		}
		done = append(done, action)
		_, err := nixexec.Output(ctx, k.performer.Link.Script(nil, action))
		var exit *nixexec.ExitError
		switch {
		case err == nil:
			continue
		case nixexec.Interrupted(err) || context.Cause(ctx) != nil:
			return err
		case errors.As(err, &exit):
			err = fmt.Errorf("it ended with %d", exit.Code)
			if said := nixexec.LastLine(strings.TrimSpace(exit.Stderr)); said != "" {
				err = fmt.Errorf("%w: %q", err, said)
			}
		}
		again := k.performer.Call.Lines([]report.Remedy{report.SSH(k.performer.Link.Machine.Host.String(), action)})[0]
		k.performer.Say.Warn("key " + nixexec.Quoted(one.ID) + " is there now, so that the next run leaves out its action; to run that: " + again)
		return fmt.Errorf("key %q was sent, and its action failed: %w", one.ID, err)
	}
	return nil
}
