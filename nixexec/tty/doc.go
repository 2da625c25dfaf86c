// Package tty is about whoever sits at the terminal of this process: it asks there (Ask, AskSecret), finds out whether
// anybody can be asked (CanAsk), reads a secret that comes from a file instead (ReadSecret), and tells what a file of
// the terminal is like (Is, Columns).
//
// What does not live here: what is asked for and why, what is shown but the prompt, and the terminal of a child, which
// is nixexec's. It starts no process, and imports of the rooms of nixhop nixexec alone, for Secret.
package tty
