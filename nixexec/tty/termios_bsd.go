//go:build darwin || freebsd || netbsd || openbsd

package tty

import "golang.org/x/sys/unix"

// The requests by which a terminal tells and takes its settings (tty(4)).
const (
	getTermios = unix.TIOCGETA
	setTermios = unix.TIOCSETA
)
