package nixexec

import (
	"context"
	"testing"
	"time"
)

func TestEcho(t *testing.T) {
	trip, err := Echo(t.Context(), Command{Argv: []string{"cat"}}, 3)
	if err != nil || trip <= 0 {
		t.Errorf("got %v, %v", trip, err)
	}
	slow := `while read -r line; do sleep 0.05; echo "$line"; done`
	if trip, err = Echo(t.Context(), Command{Argv: []string{"/bin/sh", "-c", slow}}, 2); err != nil || trip < 50*time.Millisecond {
		t.Errorf("one that answers late: got %v, %v", trip, err)
	}
	if _, err := Echo(t.Context(), Command{Argv: []string{"false"}}, 1); err == nil {
		t.Error("one that sends nothing back: no error")
	}
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if _, err := Echo(ctx, Command{Argv: []string{"sleep", "60"}}, 1); err == nil {
		t.Error("one that is silent: no error")
	}
}
