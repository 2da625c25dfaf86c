package included

import (
	"context"
	"fmt"

	"nixhop/rebuild/prompt"
	"nixhop/rebuild/report"
)

// Offer has ssh read the file, where it does not: after a yes the user's config begins with the line that includes it.
// Where nobody can be asked, or the answer is another one, the line is said, and included is false.
func (f File) Offer(ctx context.Context, say report.Sink, who prompt.Asker) (included bool, err error) {
	if f.Included() {
		return true, nil
	}
	yes := false
	if prompt.Somebody(who) {
		question := "ssh does not read it yet: %s lacks the line\n  %s\nwrite it there, in front of all else?"
		if yes, err = who.Agree(ctx, fmt.Sprintf(question, f.Config, f.Line)); err != nil {
			return false, err
		}
	}
	if !yes {
		say.Warn(fmt.Sprintf("ssh does not read it yet: %s lacks this line, in front of all else: %s", f.Config, f.Line))
		return false, nil
	}
	if err := f.Include(); err != nil {
		return false, err
	}
	if !f.Included() {
		return false, fmt.Errorf("ssh does not read %q, although %q has the line now", f.Path, f.Config)
	}
	say.Info("ssh reads it now: " + f.Config + " begins with " + f.Line)
	return true, nil
}
