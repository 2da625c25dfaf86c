package view

import (
	"os"
	"os/signal"
	"syscall"
	"time"
)

// suspended is how old a view is that was not drawn by a process that runs: it is drawn anew ten times a second.
const suspended = time.Second

// watchSuspension has the view drawn below all that stands on the terminal when this process goes on after it was
// stopped (Ctrl-Z): what stands there then is the shell's. That it is stopped cannot be caught, for a Go program cannot
// be stopped by that signal any more once it has caught it (golang/go: runtime.sigInstallGoHandler); nor must it, for
// the cursor stands below the view already.
func (s *Screen) watchSuspension() (stop func()) {
	continued := make(chan os.Signal, 1)
	signal.Notify(continued, syscall.SIGCONT)
	stopping, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		for {
			select {
			case <-stopping:
				return
			case <-continued:
				s.mu.Lock()
				s.drawn = nil
				s.mu.Unlock()
			}
		}
	}()
	return func() {
		signal.Stop(continued)
		close(stopping)
		<-ended
	}
}

// outdated reports, with the lock held, whether somebody else may have written on the terminal since the view was
// drawn: this process was stopped, or has left the foreground. The signal that it goes on may come late.
func (s *Screen) outdated() bool {
	return time.Since(s.at) > suspended || !s.front()
}
