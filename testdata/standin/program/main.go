// Command program is the stand-ins of a world without the test binary around them (STANDIN). A test binary with the
// race detector takes three times as long to start, and a world starts hundreds.
package main

import (
	"fmt"
	"os"

	"nixhop/testdata/standin"
)

func main() {
	standin.Run()
	fmt.Fprintln(os.Stderr, "standin: no program of a world:", os.Args[0])
	os.Exit(99)
}
