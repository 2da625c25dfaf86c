package nixexec

import (
	"context"
	"errors"
	"fmt"
	"syscall"
	"testing"
)

func TestStatus(t *testing.T) {
	exit4 := &ExitError{Program: "nix", Code: 4}
	for _, test := range []struct {
		err  error
		want int
	}{
		{nil, 0},
		{exit4, 4},
		{fmt.Errorf("deploying: %w", exit4), 4},
		{&ExitError{Program: "nix", Code: -1, Signal: syscall.SIGKILL}, 137},
		{&NotFoundError{Program: "nix"}, 127},
		{errors.New("broken"), 1},
		{&InterruptedError{Signal: syscall.SIGINT}, 130},
		{&InterruptedError{Signal: syscall.SIGINT, Err: exit4}, 130},
		{&InterruptedError{Signal: syscall.SIGTERM, Err: exit4}, 143},
		{fmt.Errorf("x: %w: %w", context.DeadlineExceeded, exit4), 1},
		{errors.Join(errors.New("one"), exit4), 4},
	} {
		if got := Status(test.err); got != test.want {
			t.Errorf("Status(%v) = %d, want %d", test.err, got, test.want)
		}
	}
}

func TestErrorTexts(t *testing.T) {
	for _, test := range []struct {
		err  error
		want string
	}{
		{&ExitError{Program: "nix", Code: 1, Stderr: "error: x"}, `"nix" exited with status 1`},
		{&ExitError{Program: "nix", Code: -1, Signal: syscall.SIGINT}, `"nix" was ended by signal interrupt`},
		{&NotFoundError{Program: "nix"}, `"nix" is not installed`},
		{&InterruptedError{Signal: syscall.SIGINT}, "stopped by signal interrupt"},
		{&InterruptedError{Signal: syscall.SIGTERM, Err: &ExitError{Program: "nix", Code: 1}}, `stopped by signal terminated: "nix" exited with status 1`},
	} {
		if got := test.err.Error(); got != test.want {
			t.Errorf("got %s, want %s", got, test.want)
		}
	}
}
