// Package nixlog reads what Nix says in its format internal-json, a line of JSON for each thing that happens (Read),
// and has nix-output-monitor show a command that says it (Monitored).
//
// What does not live here: for whom something is built, and what a failure means. It imports of the rooms of nixhop
// nixexec alone.
package nixlog
