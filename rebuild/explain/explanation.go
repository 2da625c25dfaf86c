// Package explain says what the output of a child that failed means for this host: what was and was not changed, and
// what to run next.
//
// Here lives only what nothing but the run itself can show. What a check before the build finds out, or the
// connection that is open already rules out, needs no row here; nothing is guessed, and nothing is printed.
package explain

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strconv"

	"nixhop/nixexec"
	"nixhop/rebuild/report"
)

// Explanation says what a text in the output of a failed child means here.
type Explanation struct {
	ID      string // stable: "build-fail"
	Meaning string // one line, lower case, no full stop
	Remedy  []report.Remedy
	Status  int // the exit status that the child hides in its text (`returned non-zero exit status 4`), 0 if none
}

// row is one row of the table: a text that is known, and what is said about it.
type row struct {
	id      string
	rank    int            // the lower one is the more specific one
	phases  []report.Phase // where the text can be the reason; nil: in each phase
	logs    bool           // the text counts in a line of a build log, too
	last    bool           // the last line that matches counts, not the first
	needles []string       // one of them stands in every line that the pattern matches
	pattern string         // of one line
	implies []string       // what goes without saying once this row has matched
	explain func(excerpt, Situation) Explanation
}

// The ranks: what names its cause, what names an effect of several causes, what only follows from something else.
const (
	rankCause = iota
	rankSpecific
	rankEffect
	rankGeneral
	rankConsequence
)

// ExitRow is the row whose match is a status more than a reason.
const ExitRow = "exit-n"

// table returns every row. Where two of the same rank match, the earlier one comes first.
func table() []row {
	return slices.Concat(sshRows(), sudoRows(), hostRows(), platformRows(), flakeRows(),
		buildRows(), refusalRows(), activationRows(), dialectRows())
}

// Explain says what the output of a failed child means, the most specific explanation first. It returns nothing for
// an output of which it knows nothing: it never guesses. The output may hold colours, progress bars and whatever a
// hostile host prints; what is returned is printable, and bounded apart from the texts of the situation itself.
func Explain(output []byte, s Situation) []Explanation {
	var said []Explanation
	status := 0
	silent := map[string]bool{}
	for _, m := range recognise(newTranscript(output), s.Phase) {
		e := m.row.explain(m.excerpt, s)
		if m.row.id == ExitRow {
			status = e.Status
		}
		if e.Meaning == "" {
			continue
		}
		e.ID, e.Meaning = m.row.id, nixexec.Printable(e.Meaning)
		said = append(said, e)
		for _, id := range m.row.implies {
			silent[id] = true
		}
	}
	return mostSpecific(said, silent, status)
}

// mostSpecific leaves out what goes without saying, and hands the status that the child hid to the first explanation.
// The row of the status itself is a reason only where there is no other one before it.
func mostSpecific(said []Explanation, silent map[string]bool, status int) []Explanation {
	var kept []Explanation
	for _, e := range said {
		if silent[e.ID] || e.ID == ExitRow && len(kept) > 0 {
			continue
		}
		kept = append(kept, e)
	}
	if len(kept) > 0 {
		kept[0].Status = cmp.Or(kept[0].Status, status)
	}
	return kept
}

// match is a row and the line that it matched.
type match struct {
	row     row
	excerpt excerpt
}

// recognise returns the rows that match, the most specific first; rows of the same rank stay in the order of the
// table.
func recognise(t transcript, phase report.Phase) []match {
	var found []match
	for _, r := range table() {
		candidates := t.candidates(r)
		if len(candidates) == 0 || !r.applies(phase) {
			continue
		}
		pattern := regexp.MustCompile(r.pattern)
		for _, at := range candidates {
			if groups := pattern.FindStringSubmatch(t.lines[at]); groups != nil {
				found = append(found, match{r, excerpt{groups, t.lines, at}})
				break
			}
		}
	}
	slices.SortStableFunc(found, func(a, b match) int { return cmp.Compare(a.row.rank, b.row.rank) })
	return found
}

// applies says whether the row can be the reason in a phase.
func (r row) applies(phase report.Phase) bool {
	return r.phases == nil || phase == report.PhaseAny || phase == "" || slices.Contains(r.phases, phase)
}

// statusOf is an exit status in a text, 0 where it is none.
func statusOf(text string) int {
	n, err := strconv.Atoi(text)
	if err != nil || n < 0 || n > 255 {
		return 0
	}
	return n
}

// meaning is fmt.Sprintf under a shorter name for the many sentences of the table.
func meaning(format string, values ...any) string { return fmt.Sprintf(format, values...) }
