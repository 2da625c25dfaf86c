package rollout

import (
	"fmt"
	"strconv"
	"strings"
)

// Limit is a number of hosts, or a share of those of the run in percent.
type Limit struct {
	Count   int
	Percent bool
}

// ParseLimit reads "3" or "25%", from 0 up, a share to 100%.
func ParseLimit(text string) (Limit, error) {
	digits, percent := strings.CutSuffix(text, "%")
	n, err := strconv.Atoi(digits)
	if err != nil || n < 0 || strings.HasPrefix(digits, "+") || percent && n > 100 {
		return Limit{}, fmt.Errorf("%q is neither a number of hosts nor a share of them such as 25%%", text)
	}
	return Limit{Count: n, Percent: percent}, nil
}

// AtLeast is how many of so many hosts that are, of a share the next whole number above: a quarter of two hosts is one.
func (l Limit) AtLeast(hosts int) int {
	if !l.Percent {
		return l.Count
	}
	return (hosts*l.Count + 99) / 100
}

// AtMost is how many of so many hosts that are, of a share the next whole number below.
func (l Limit) AtMost(hosts int) int {
	if !l.Percent {
		return l.Count
	}
	return hosts * l.Count / 100
}
