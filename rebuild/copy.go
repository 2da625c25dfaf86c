package rebuild

import (
	"context"
	"fmt"
	"slices"

	"nixhop/nixexec"
	"nixhop/rebuild/plan"
	"nixhop/rebuild/request"
)

// copy brings the built system to where it is activated, or to where it is linked to. Where a build host's own copy
// fails, it goes by the way through here.
func (r *Run) copy(ctx context.Context, b Built) (Copied, error) {
	c := b.Checked
	job, results := r.job(c), plan.Results{"toplevel": b.System}
	if err := r.keep(ctx, c, "copy"); err != nil {
		return Copied{b}, err
	}
	heard, err := r.performer(c).TakeAll(ctx, plan.Copy(job), results)
	if c.Between != nil && failedThere(err) {
		r.Say.Warn(fmt.Sprintf("%s could not copy what it has built to %s; copying through here", c.Builder.Host.Name, c.Machine.Host.Name))
		job.Between = nil
		heard, err = r.performer(c).TakeAll(ctx, plan.Copy(job), results)
	}
	if err != nil {
		return Copied{b}, r.stepFailed(c, heard, results, err)
	}
	if !slices.Contains(request.ContactActions, c.Request.Action) {
		r.printSystem(b.System)
	}
	return Copied{b}, nil
}

// printSystem is the store path of a system on standard output. Of a dry run on a build host it is whatever the host
// printed.
func (r *Run) printSystem(path string) {
	if nixexec.StorePath.MatchString(path) {
		r.Say.Print(path + "\n")
	}
}
