// Package view shows a run. One host's is told in lines, for the terminal is its children's: how long each phase took
// (Passing), and to somebody who has looked away that it is over (Notice). One of many hosts is shown as a view of the
// terminal that is drawn anew while it goes on, or as plain lines with the host in front; as a report of each host's
// end; as a log of each; and as events in JSON. What is shown is decided by functions of what the events have told, and
// of the size of the terminal. Nothing here knows how a host is deployed, and nothing reads the keyboard.
package view
