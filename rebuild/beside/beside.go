// Package beside has what a node of an inventory is given beside its system, in the order in which that goes with an
// activation: keys before it and behind it, then profiles. What each of these is lives in a room of its own.
package beside

import (
	"context"
	"slices"

	"nixhop/rebuild/inventory"
	"nixhop/rebuild/keys"
	"nixhop/rebuild/plan"
	"nixhop/rebuild/profiles"
	"nixhop/rebuild/remote"
)

// Ready is what one host gets, ready to be given.
type Ready struct {
	keys     *keys.Ready
	profiles *profiles.Ready
}

// Prepare makes what a request gives to the host of a performer, and brings there what can be. An error is one before
// anything is activated.
func Prepare(ctx context.Context, p remote.Performer, n *inventory.Node) (r Ready, err error) {
	if r.profiles, err = profiles.Prepare(ctx, p, n); err == nil {
		r.keys, err = keys.Prepare(ctx, p, n)
	}
	return r, err
}

// Before gives what comes before an activation.
func (r Ready) Before(ctx context.Context) error { return r.keys.Before(ctx) }

// After gives what comes behind an activation, of which err is what came.
func (r Ready) After(ctx context.Context, err error) error {
	return r.profiles.After(ctx, r.keys.After(ctx, err))
}

// Again gives what is not there any more, where the host was booted since.
func (r Ready) Again(ctx context.Context, booted bool, err error) error {
	return r.keys.Again(ctx, booted, err)
}

// Described is what a request gives beside a system, for its plan.
func Described(ctx context.Context, j plan.Job, n *inventory.Node) []string {
	return slices.Concat(keys.Described(ctx, j, n), profiles.Described(j, n))
}
