package building

import (
	"slices"
	"strings"

	"nixhop/nixexec"
	"nixhop/nixexec/nixlog"
	"nixhop/rebuild/report"
)

// Bounds of what is kept until it is known what has failed: bytes of the log of each derivation, and how many logs of
// those that have ended, for an error may be said a moment behind that.
const (
	logBytes  = 16 << 10
	endedLogs = 50
)

// transcript tells hosts what one nix-store says. A line goes to the first of the hosts that it is about, or to the
// first of all where it is about none: the same line is not said a hundred times. What has failed is told to each that
// it has failed for, at the end, where that has not seen it.
type transcript struct {
	say   []report.Sink // of each host
	needs *needs

	running map[uint64]*log // by their activities
	ended   []*log
	endings []ending
	seen    []bool // of each host: the last that it was told is an ending
	others  []bool // of each host: there is an ending that another one was told

	list    string   // of what will be built, as far as it was said
	planned []string // the derivations in it
}

// log is the end of what the build of a derivation has printed.
type log struct {
	derivation string
	ring       *nixexec.Ring
	lines      *nixexec.Stream // into that
}

// ending is an error, with the log behind it.
type ending struct {
	hosts []int // that it is about; empty: about none in particular
	text  string
}

func newTranscript(orders []*order) *transcript {
	var systems []string
	t := &transcript{running: map[uint64]*log{}, seen: make([]bool, len(orders)), others: make([]bool, len(orders))}
	for _, o := range orders {
		systems, t.say = append(systems, o.derivation), append(t.say, o.Say)
	}
	t.needs = newNeeds(systems)
	return t
}

// take takes a line of nix-store.
func (t *transcript) take(line string) {
	e, ok := nixlog.Read(line)
	if !ok || e.Action != "msg" || e.Level == nixlog.AsError {
		t.tellList()
	}
	switch {
	case !ok:
		t.tell(nil, line+"\n", false) // a program behind nix has said it
	case e.Action == "start":
		t.start(e)
	case e.Action == "stop":
		if l := t.running[e.ID]; l != nil {
			delete(t.running, e.ID)
			t.ended = append(t.ended[max(0, len(t.ended)+1-endedLogs):], l)
		}
	case e.Logs():
		if l := t.running[e.ID]; l != nil {
			text := e.Says() + "\n"
			_, _ = l.lines.Write([]byte(text))
			t.tell(t.needs.of(l.derivation), text, false)
		}
	case e.Action == "msg":
		t.message(e)
	}
}

// start takes the beginning of an activity.
func (t *transcript) start(e nixlog.Event) {
	var hosts []int
	if e.Type == nixlog.Builds {
		ring := nixexec.NewRing(logBytes)
		t.running[e.ID] = &log{e.Field(), ring, ring.Stream()}
		hosts = t.needs.of(e.Field())
	}
	if text := e.Says(); text != "" {
		t.tell(hosts, text+"\n", false)
	}
}

// message takes a sentence of nix.
func (t *transcript) message(e nixlog.Event) {
	text := e.Message()
	if e.Level != nixlog.AsError {
		t.sentence(text + "\n")
		return
	}
	about := derivation.FindAllString(text, -1)
	systems := 0
	for _, d := range about {
		if slices.Contains(t.needs.systems, d) {
			systems++
		}
	}
	if systems > 1 {
		return // the list of all that have failed, each of which was an error already
	}
	end := ending{text: text + "\n"}
	for _, d := range about {
		for _, host := range t.needs.of(d) {
			if !slices.Contains(end.hosts, host) {
				end.hosts = append(end.hosts, host)
			}
		}
		end.text = t.log(d) + end.text
	}
	t.endings = append(t.endings, end)
	t.tell(end.hosts, text+"\n", true)
}

// sentence takes one that is no error. A list of derivations is kept until it is whole: only then it is known whom it is about.
func (t *transcript) sentence(text string) {
	if m := listed.FindStringSubmatch(strings.TrimSuffix(text, "\n")); m != nil {
		t.needs.plan(m[1])
		t.list, t.planned = t.list+text, append(t.planned, m[1])
		return
	}
	t.tellList()
	if strings.HasSuffix(text, ":\n") {
		t.list = text
		return
	}
	t.tell(nil, text, false)
}

// tellList tells the list that there is, which is whole.
func (t *transcript) tellList() {
	text, planned := t.list, t.planned
	t.list, t.planned = "", nil
	if text == "" {
		return
	}
	var hosts []int
	for _, d := range planned {
		hosts = append(hosts, t.needs.of(d)...)
	}
	t.tell(hosts, text, false)
}

// log is the end of the log of a derivation.
func (t *transcript) log(d string) string {
	all := slices.Clone(t.ended)
	for _, l := range t.running {
		all = append(all, l)
	}
	for _, l := range all {
		if l.derivation == d {
			return string(l.ring.Bytes())
		}
	}
	return ""
}

// tell tells the first of some hosts a text, which may be an ending.
func (t *transcript) tell(hosts []int, text string, ending bool) {
	first := 0
	if len(hosts) > 0 {
		first = slices.Min(hosts)
	}
	t.say[first].Output(text)
	t.seen[first] = ending
	if !ending {
		return
	}
	for host := range t.say {
		if host != first && (len(hosts) == 0 || slices.Contains(hosts, host)) {
			t.others[host] = true
		}
	}
}

// ending is what has failed for a host. The host is told, where that is not the last that it was told.
func (t *transcript) ending(host int) string {
	t.tellList()
	var b strings.Builder
	for _, end := range t.endings {
		if len(end.hosts) == 0 || slices.Contains(end.hosts, host) {
			b.WriteString(end.text)
		}
	}
	if b.Len() > 0 && (t.others[host] || !t.seen[host]) {
		t.say[host].Output(b.String())
	}
	return b.String()
}
