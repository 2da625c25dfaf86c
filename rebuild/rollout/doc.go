// Package rollout decides, for many hosts, in which order they are activated, and when no more of them are begun:
// waves, a canary, how many failures are too many. It knows hosts by name alone: nothing here reaches one, waits or
// prints.
package rollout
