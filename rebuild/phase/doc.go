// Package phase takes the hosts of a run through its phases, side by side, and keeps what has become of each: who went
// no further, whether so many have failed that nothing further is begun, and what the run comes to, down to its exit
// status. It does not know what a phase does, and prints nothing.
package phase
