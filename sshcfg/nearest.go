package sshcfg

import (
	"slices"
	"strings"
)

// Nearest returns at most limit of the names that somebody who typed name may have meant, the likeliest first: those a
// few slips of the keys away (one for every three characters, at least one), and those that one of the two begins.
func Nearest(name string, names []string, limit int) []string {
	type candidate struct {
		name     string
		distance int
	}
	var near []candidate
	folded := strings.ToLower(name)
	for _, other := range names {
		lower := strings.ToLower(other)
		d := distance(folded, lower)
		if len(folded) > 1 && len(lower) > 1 && (strings.HasPrefix(lower, folded) || strings.HasPrefix(folded, lower)) {
			d = min(d, 1)
		}
		if other != name && d <= max(1, len(folded)/3) {
			near = append(near, candidate{other, d})
		}
	}
	slices.SortStableFunc(near, func(a, b candidate) int { return a.distance - b.distance })
	var result []string
	for _, c := range near {
		if len(result) < limit && !slices.Contains(result, c.name) {
			result = append(result, c.name)
		}
	}
	return result
}

// ByNearness sorts names by how near each is to the name that somebody typed, the nearest first.
func ByNearness(name string, names []string) []string {
	folded := strings.ToLower(name)
	far := make(map[string]int, len(names))
	for _, other := range names {
		far[other] = max(len(folded), len(other)) // what is much longer is not looked at
		if len(other) < 2*len(folded)+16 {
			far[other] = distance(folded, strings.ToLower(other))
		}
	}
	sorted := slices.Clone(names)
	slices.SortStableFunc(sorted, func(a, b string) int { return far[a] - far[b] })
	return sorted
}

// distance counts the insertions, deletions, replacements and swaps of neighbours that make b of a (optimal string
// alignment).
func distance(a, b string) int {
	from, to := []rune(a), []rune(b)
	before, above := []int(nil), make([]int, len(to)+1)
	for j := range above {
		above[j] = j
	}
	for i := range from {
		row := make([]int, len(to)+1)
		row[0] = i + 1
		for j := range to {
			cost := 1
			if from[i] == to[j] {
				cost = 0
			}
			row[j+1] = min(above[j+1]+1, row[j]+1, above[j]+cost)
			if i > 0 && j > 0 && from[i] == to[j-1] && from[i-1] == to[j] {
				row[j+1] = min(row[j+1], before[j-1]+1)
			}
		}
		before, above = above, row
	}
	return above[len(to)]
}
