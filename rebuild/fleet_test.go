package rebuild

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"nixhop/rebuild/phase"
	"nixhop/rebuild/prompt"
	"nixhop/rebuild/report"
	"nixhop/rebuild/request"
	"nixhop/rebuild/selection"
	"nixhop/testdata/standin"
)

func TestMain(m *testing.M) {
	standin.Run()
	os.Exit(m.Run())
}

// fleet is a world of hosts, with a flake that has a configuration for each, and a session there.
type fleet struct {
	standin.World
	t       *testing.T
	hosts   []string
	config  string // the ssh config
	session Session
	watch   func(report.Event) // is told of each event when it happens
	events  []report.Event     // of the last run
}

// newFleet makes a world of hosts. Everything that nixhop starts is a stand-in of it.
func newFleet(t *testing.T, hosts ...string) *fleet {
	t.Helper()
	dir := t.TempDir()
	w, err := standin.NewWorld(filepath.Join(dir, "world"))
	if err != nil {
		t.Fatal(err)
	}
	f := &fleet{World: w, t: t, config: filepath.Join(dir, "ssh_config")}
	for name, value := range w.Environment() {
		t.Setenv(name, value)
	}
	for _, name := range []string{"SSH_AUTH_SOCK", "SUDO_USER", "NIX_SSHOPTS", "NIXOS_NO_CHECK", "XDG_CACHE_HOME"} {
		t.Setenv(name, "")
	}
	t.Setenv("NIXHOP_GUARD", "0") // what is counted here are the commands of the activation alone
	t.Setenv("HOME", dir)
	t.Setenv("NIXHOP_SSH_CONFIG", f.config)
	t.Chdir(dir)
	t.Cleanup(f.gone)
	for _, name := range hosts {
		f.add(name)
	}
	f.hosts = hosts
	f.write("flake.nix", "{ }\n")
	f.write("ssh_config", f.inventory(hosts))
	f.session = Session{Ask: prompt.Nobody{}, Pass: prompt.Nobody{}, Env: os.Getenv, Dir: dir}
	f.session.Stdio.Out, f.session.Stdio.Err = f.create("stdout"), f.create("stderr")
	return f
}

// asks lets somebody be asked, for passwords, too.
func (f *fleet) asks(who prompt.Asker) { f.session.Ask, f.session.Pass = who, who }

// add makes a host, and a configuration for it.
func (f *fleet) add(name string) {
	f.t.Helper()
	if _, err := f.AddHost(name); err != nil {
		f.t.Fatal(err)
	}
	f.configure(name)
}

// inventory is the block of hosts in the ssh config.
func (f *fleet) inventory(hosts []string) string {
	return "Host " + strings.Join(hosts, " ") + "\n  User root\n  UserKnownHostsFile /nonexistent/known_hosts\n"
}

// breakConfig has ssh refuse its config for one host alone.
func (f *fleet) breakConfig(one string) {
	f.t.Helper()
	others := slices.DeleteFunc(slices.Clone(f.hosts), func(host string) bool { return host == one })
	text := f.inventory(others) + "  IgnoreUnknown Colour\n" + f.inventory([]string{one}) + "Host *\n  Colour red\n"
	f.write("ssh_config", text)
}

// loginAs has a host let another user in alone, who has no way to root.
func (f *fleet) loginAs(host, user string) {
	f.t.Helper()
	f.turn(host, "login="+user)
	f.write("ssh_config", "Host "+host+"\n  User "+user+"\n"+f.inventory(f.hosts))
}

// configure changes a configuration: f.configure("web", "build=fail").
func (f *fleet) configure(name string, settings ...string) {
	f.t.Helper()
	if err := f.SetConfiguration(name, settings...); err != nil {
		f.t.Fatal(err)
	}
}

// turn turns a knob of a host: f.turn("web", "down=off").
func (f *fleet) turn(host string, settings ...string) {
	f.t.Helper()
	for _, setting := range settings {
		knob, value, _ := strings.Cut(setting, "=")
		if err := f.Host(host).Set(knob, value); err != nil {
			f.t.Fatal(err)
		}
	}
}

// write writes a file where nixhop is run.
func (f *fleet) write(name, text string) {
	f.t.Helper()
	if err := os.WriteFile(filepath.Join(filepath.Dir(f.config), name), []byte(text), 0o644); err != nil {
		f.t.Fatal(err)
	}
}

// create makes a file that something is written to.
func (f *fleet) create(name string) *os.File {
	f.t.Helper()
	path := filepath.Join(filepath.Dir(f.config), name)
	file, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR|os.O_APPEND|os.O_TRUNC, 0o644)
	if err != nil {
		f.t.Fatal(err)
	}
	f.t.Cleanup(func() { file.Close() })
	return file
}

// written is what a file holds that the foreground children write to.
func (f *fleet) written(file *os.File) string {
	f.t.Helper()
	text, err := os.ReadFile(file.Name())
	if err != nil {
		f.t.Fatal(err)
	}
	return string(text)
}

// request is a command line as main understands it.
func (f *fleet) request(words ...string) request.Request {
	f.t.Helper()
	r, err := request.Parse(words, func(string) bool { return true })
	if err != nil {
		f.t.Fatal(err)
	}
	return r.WithEnvironment(f.session.Env)
}

// listening runs something with its events recorded.
func (f *fleet) listening(run func(Session) error) error {
	f.t.Helper()
	f.events = nil
	stream := report.NewStream(func(e report.Event) error {
		f.events = append(f.events, e)
		if f.watch != nil {
			f.watch(e)
		}
		return nil
	})
	s := f.session
	s.Say = stream.Say
	err := run(s)
	if left := starting(); left != nil {
		f.t.Errorf("the run has not waited for %q", left)
	}
	if lost := stream.Close(); lost != nil {
		f.t.Error(lost)
	}
	f.tidy()
	return err
}

// runDir finds the directory of a run in the commands that it shows.
var runDir = regexp.MustCompile(`/tmp/nixhop-[0-9]+-[a-z0-9]{8}`)

// tidy wants that no finding was said twice, and that the run has left no directory behind.
func (f *fleet) tidy() {
	f.t.Helper()
	told := map[string]bool{}
	for _, e := range f.events {
		if e.Kind == report.Found {
			text := e.Host + ": " + e.Finding.Head()
			if told[text] {
				f.t.Errorf("this is said twice: %s", text)
			}
			told[text] = true
		}
		for _, dir := range runDir.FindAllString(e.Text, -1) {
			if _, err := os.Stat(dir); !errors.Is(err, os.ErrNotExist) {
				f.t.Errorf("a run has left %s behind", dir)
			}
		}
	}
}

// patience bounds how long something is waited for that comes for sure.
const patience = 30 * time.Second

// gone waits until no program of the world runs any more, and nobody is about to start one: what is looked at beside a
// run may go on for a moment behind its end.
func (f *fleet) gone() {
	var left []string
	for end := time.Now().Add(patience); time.Now().Before(end); time.Sleep(10 * time.Millisecond) {
		left = starting()
		processes, _ := filepath.Glob("/proc/[0-9]*/environ")
		for _, path := range processes {
			text, _ := os.ReadFile(path)
			if strings.Contains(string(text), f.Dir) {
				name, _ := os.ReadFile(filepath.Join(filepath.Dir(path), "cmdline"))
				left = append(left, strings.ReplaceAll(string(name), "\x00", " "))
			}
		}
		if left == nil {
			return
		}
	}
	f.t.Errorf("left behind: %q", left)
}

// waiting finds a goroutine of nixexec that starts nothing: it waits for a context, or for what a program has left
// behind.
var waiting = regexp.MustCompile(`created by nixhop/nixexec\.(withSignals|withoutKeyboard|Patient|\(\*passage\)\.send) `)

// starting are the goroutines that run a program.
func starting() []string {
	all := make([]byte, 4<<20)
	all = all[:runtime.Stack(all, true)]
	var found []string
	for one := range strings.SplitSeq(string(all), "\n\n") {
		// Those that wait for the end of a context come to theirs only a moment behind it.
		waits := waiting.MatchString(one)
		if strings.Contains(one, "nixhop/nixexec.") && !waits {
			found = append(found, one)
		}
	}
	return found
}

// run does what a command line asks for.
func (f *fleet) run(ctx context.Context, words ...string) error {
	f.t.Helper()
	r := f.request(words...)
	return f.listening(func(s Session) error {
		switch r.Action {
		case "check":
			return s.Check(ctx, r)
		case "hosts":
			return selection.Hosts(ctx, r, s.Say, s.Dir, s.Env)
		}
		return s.Deploy(ctx, r)
	})
}

// deploy is Deploy for the hosts of a command line.
func (f *fleet) deploy(ctx context.Context, words ...string) error {
	f.t.Helper()
	r := f.request(words...)
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	return f.listening(func(s Session) error { return s.Deploy(ctx, r) })
}

// here is the place of this machine among those of the hosts.
const here = "."

// place is a host, or this machine.
func (f *fleet) place(name string) *standin.Place {
	if name == here {
		return f.Here()
	}
	return f.Host(name)
}

// calls are what the stand-ins of a place were called for so far that changes something.
func (f *fleet) calls(place string) string {
	f.t.Helper()
	text, err := os.ReadFile(f.place(place).Record())
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		f.t.Fatal(err)
	}
	return string(text)
}

// looks are what those of a place were called for that only looks.
func (f *fleet) looks(place string) []string {
	f.t.Helper()
	text, err := os.ReadFile(filepath.Join(f.place(place).Dir, "looks"))
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		f.t.Fatal(err)
	}
	return slices.Collect(strings.Lines(string(text)))
}

// generation is the number of the generation that a host would boot, and whether it runs it.
func (f *fleet) generation(host string) (number string, runs bool) {
	f.t.Helper()
	root := f.Host(host).Root()
	link, err := os.Readlink(filepath.Join(root, "nix/var/nix/profiles/system"))
	if err != nil {
		f.t.Fatal(err)
	}
	current, err1 := filepath.EvalSymlinks(filepath.Join(root, "run/current-system"))
	profile, err2 := filepath.EvalSymlinks(filepath.Join(root, "nix/var/nix/profiles/system"))
	if err := errors.Join(err1, err2); err != nil {
		f.t.Fatal(err)
	}
	return strings.TrimSuffix(strings.TrimPrefix(link, "system-"), "-link"), current == profile
}

// found are the findings of the last run about a host, by their names.
func (f *fleet) found(host string) []string {
	var names []string
	for _, e := range f.events {
		if e.Kind == report.Found && e.Host == host {
			names = append(names, e.Finding.Name)
		}
	}
	return names
}

// tells wants that the run has said something.
func (f *fleet) tells(want string) {
	f.t.Helper()
	if said := f.said(report.Said); !strings.Contains(said, want) {
		f.t.Errorf("no %q in what was said:\n%s", want, said)
	}
}

// refused wants that a run was refused, for these findings about a host.
func (f *fleet) refused(err error, host string, found ...string) {
	f.t.Helper()
	if got := f.found(host); phase.Status(err) != request.ExitCheck || !slices.Equal(got, found) {
		f.t.Errorf("%v: found %q, want %q", err, got, found)
	}
}

// said is what the run itself has said, and what it has printed as a result.
func (f *fleet) said(kind report.Kind) string {
	var text strings.Builder
	for _, e := range f.events {
		if e.Kind == kind {
			text.WriteString(strings.TrimSuffix(e.Text, "\n") + "\n")
		}
	}
	return text.String()
}

// ended is a host of a run that went no further.
func ended(err error, host string) (one report.Ended, found bool) {
	var all *phase.HostsError
	if !errors.As(err, &all) {
		return one, false
	}
	i := slices.IndexFunc(all.Ended, func(e report.Ended) bool { return e.Host == host })
	if i < 0 {
		return one, false
	}
	return all.Ended[i], true
}
