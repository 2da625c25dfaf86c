package evaluation

import (
	"bytes"
	"context"

	"nixhop/nixexec"
	"nixhop/rebuild/source"
)

// Settings are those of all that a flake sets which nix has applied in an evaluation, and which so count for the steps
// behind it, too. Where it would have asked the user on the terminal it asks now; more is true where the answer lets
// the flake set something that the evaluation has not seen.
func (v Evaluator) Settings(ctx context.Context, w source.Wanted, all []source.Setting, said []byte) (set []source.Setting, more bool, err error) {
	set = source.Accepted(all, said)
	if len(set) == len(all) || !v.Alone || !v.Asks {
		return set, false, nil
	}
	if v.Pause != nil {
		defer v.Pause()()
	}
	var answers bytes.Buffer
	err = nixexec.ReadAlong(ctx, v.Stdio, &answers, true, func(s nixexec.Stdio) error {
		_, err := nixexec.Capture(ctx, source.NamesCommand(w.Source.Flake, w.Request), s)
		return err
	})
	if err != nil {
		return nil, false, err
	}
	now := source.Accepted(all, answers.Bytes())
	return now, len(now) > len(set), nil
}
