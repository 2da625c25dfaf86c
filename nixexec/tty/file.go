package tty

import (
	"os"

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
