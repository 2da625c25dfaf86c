// Package nixexec runs other programs. No other package starts a process.
//
// A Command runs in the foreground, on the real terminal (Run, Capture, Watch, ReadAlong), in the background, in a
// session of its own that the keyboard does not reach (Output, OutputLines), or until it is let go (Hold). How a
// program ended, and what stopped it, is told by the errors of this package, and Status makes an exit status of them.
// One context does for all of them: WithSignals.
//
// Beside that the small words live here that belong to running programs: what is fed to them (Secret, Quote, the
// strings of the Nix language), what of their output is kept (lines, Ring), and what of it may be shown (Printable,
// PlainText).
//
// What does not: anything that a host, a configuration or a request means, what is found out about them, and what is
// planned or said because of it; nor ssh, which is nixexec/ssh, and questions to whoever sits at the terminal, which
// are nixexec/tty. This package knows how nix and a shell are called; what a program said it returns, and leaves to
// the caller what that means. It imports no other package of nixhop and never logs.
package nixexec
