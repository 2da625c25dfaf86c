package remote

import (
	"context"
	"errors"

	"nixhop/rebuild/request"
	"nixhop/rebuild/selection"
)

// errNotMeant ends a run whose hosts were not meant.
var errNotMeant = errors.New("not confirmed: nothing was done")

// Confirm has somebody say that the chosen hosts are meant, where nobody has named each of them. Where nobody is there to
// be asked that is wrong usage.
func Confirm(ctx context.Context, who Asker, r request.Request, chosen selection.Choice) error {
	if !chosen.ToConfirm(r) {
		return nil
	}
	if _, nobody := who.(Nobody); nobody {
		return chosen.Unconfirmed(r.Action)
	}
	yes, err := who.Yes(ctx, chosen.Question(r.Action))
	if err == nil && !yes {
		err = errNotMeant
	}
	return err
}
