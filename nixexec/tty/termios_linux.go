package tty

import "golang.org/x/sys/unix"

// The requests by which a terminal tells and takes its settings (ioctl_tty(2)).
const (
	getTermios = unix.TCGETS
	setTermios = unix.TCSETS
)
