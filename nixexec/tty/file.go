package tty

import (
	"os"

	"golang.org/x/sys/unix"
	"golang.org/x/term"
)

// Columns returns how many columns the terminal has that file is, or 0 where it is none, or does not tell.
func Columns(file *os.File) int {
	if file == nil {
		return 0
	}
	columns, _, err := term.GetSize(int(file.Fd()))
	if err != nil {
		return 0
	}
	return columns
}

// Is reports whether file is a terminal.
func Is(file *os.File) bool { return file != nil && term.IsTerminal(int(file.Fd())) }

// Foreground reports whether this process may write to a terminal without being in the way of another one: it is in the
// foreground there, or it is not the terminal that it was started on.
func Foreground(terminal *os.File) bool {
	group, err := unix.IoctlGetInt(int(terminal.Fd()), unix.TIOCGPGRP)
	return err != nil || group == unix.Getpgrp()
}
