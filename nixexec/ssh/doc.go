// Package ssh speaks with hosts by OpenSSH: one connection that all sessions to a host share.
//
// Open makes a Master, whose Command, Script and Hold are sessions on the host, and Close ends it. MasterArgv,
// SessionCommand and ExitArgv are the same as commands of a plan, and OptionsEnv hands the connection to Nix. Here is
// how the user's own options reach ssh, and which do not (SplitOptions, DivideOptions), and the directory of a run
// that the sockets and ssh's log stand in: its name, its lock, the room there, and what becomes of it after a run that
// was killed (SocketDirName, MakeRunDir, TryRoom, SweepRunDirs).
//
// What does not live here: what an ssh config says of a host, and why a connection failed, which ssh's log tells
// (sshcfg); what runs on a host, and what its answers mean. Of the rooms of nixhop it imports nixexec alone, by which
// it starts every process. It never logs.
package ssh
