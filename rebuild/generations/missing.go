package generations

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"nixhop/rebuild/facts"
	"nixhop/rebuild/report"
)

// Missing is the finding that a host has no generation of a number (0: none is wanted), with the nearest ones that it
// has.
func Missing(host string, number int, on facts.System) []report.Finding {
	if number == 0 || on.Wanted != "" {
		return nil
	}
	found := report.Finding{
		Name: "no-generation", Severity: report.Error, Host: host,
		What:   fmt.Sprintf("its profile has no generation %d", number),
		Why:    "it has none at all",
		Remedy: []report.Remedy{report.Nixhop("list-generations", host)},
	}
	if len(on.Generations) > 0 {
		found.Why = "the nearest are: " + listed(Nearest(number, on.Generations))
	}
	return []report.Finding{found}
}

// near is how many generations are named in place of one that is not there.
const near = 4

// Nearest are the generations that are the nearest ones to a number, in their order.
func Nearest(number int, all []int) []int {
	nearest := slices.Clone(all)
	distance := func(n int) int { return max(n-number, number-n) }
	slices.SortStableFunc(nearest, func(a, b int) int { return distance(a) - distance(b) })
	nearest = nearest[:min(near, len(nearest))]
	slices.Sort(nearest)
	return nearest
}

// listed are numbers in a sentence.
func listed(numbers []int) string {
	words := make([]string, len(numbers))
	for i, n := range numbers {
		words[i] = strconv.Itoa(n)
	}
	return strings.Join(words, ", ")
}
