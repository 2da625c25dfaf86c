package standin

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
)

// systemProfile is what a host boots.
const systemProfile = "/nix/var/nix/profiles/system"

// nixStore is nix-store: --realise, --check-validity, and --serve for the nix copy of another machine.
func (c *call) nixStore() int {
	checks := slices.Contains(c.args, "--check-validity")
	asked := slices.Contains(c.args, "--version") || checks || slices.Contains(c.args, "--query")
	c.record(asked)
	switch {
	case slices.Contains(c.args, "--version"):
		fmt.Println("nix-store (Nix) " + c.place.knob("nix", "2.28.3"))
		return 0
	case checks:
		return c.checkValidity(slices.Contains(c.args, "--print-invalid"))
	case slices.Contains(c.args, "--query"):
		conf, err := c.place.readDerivation(c.place.back(value(c.args, "--outputs")))
		if err != nil {
			return c.fail("%v", err)
		}
		fmt.Println(conf.toplevel())
		return 0
	case slices.Contains(c.args, "--serve"):
		return c.serveStore()
	case slices.Contains(c.args, "internal-json"):
		if status := c.realiseAll(); status != 0 || value(c.args, "--add-root") == "" {
			return status
		}
		return c.realisePath()
	case slices.Contains(c.args, "--realise"):
		return c.realisePath()
	case slices.Contains(c.args, "--export"), slices.Contains(c.args, "--import"):
		return c.streamed()
	}
	return c.fail("error: no operation specified")
}

// checkValidity prints the paths that are not there, or fails for one.
func (c *call) checkValidity(prints bool) int {
	for _, path := range c.args {
		path = c.place.back(path)
		if _, err := os.Stat(c.place.path(path)); err == nil || !strings.HasPrefix(path, "/nix/store/") {
			continue
		}
		if !prints {
			return c.fail("error: path '%s' is not valid", path)
		}
		fmt.Println(path)
	}
	return 0
}

// realisePath builds a derivation, or takes a path that is there, and leaves a link to what came of it.
func (c *call) realisePath() int {
	path := c.place.back(value(c.args, "--realise"))
	out := path
	if strings.HasSuffix(path, ".drv") {
		conf, err := c.place.readDerivation(path)
		if err != nil {
			return c.fail("%v", err)
		}
		out = conf.toplevel()
		if slices.Contains(c.args, "--dry-run") {
			fmt.Fprintf(os.Stderr, "this derivation will be built:\n  %s\n", path)
			return 0
		}
		if _, err := os.Stat(c.place.path(out)); err != nil && value(c.args, "--max-jobs") == "0" {
			return c.fail("error: unable to start any build; either increase '--max-jobs' or enable remote builds.")
		}
		if status := c.realise(conf); status == 1 {
			return 100 // nix-store has a status of its own for a builder that fails
		} else if status != 0 {
			return status
		}
	}
	if c.place.Name != "" {
		out = c.place.path(out)
	}
	if link := value(c.args, "--add-root"); link != "" {
		if err := replaceLink(out, link); err != nil {
			return c.fail("%v", err)
		}
	}
	fmt.Println(out)
	return 0
}

// root reports whether the program runs as root on the host: after a login as root, or by one of its ways to root.
func (c *call) root() bool { return os.Getenv("USER") == "root" }

// nixEnv is nix-env -p PROFILE with --set, --rollback or --switch-generation.
func (c *call) nixEnv() int {
	c.record(false)
	profile := c.place.back(value(c.args, "-p"))
	if profile == "" {
		profile = c.place.back(value(c.args, "--profile"))
	}
	if !c.root() {
		return c.fail("error: opening lock file '%s.lock': Permission denied", profile)
	}
	if pause, err := time.ParseDuration(c.place.knob("slow", "")); err == nil {
		time.Sleep(pause)
	}
	if event := c.place.knob("sets", ""); event != "" {
		_ = c.place.Set("sets", "")
		_ = os.Remove(filepath.Join(c.place.Dir, "happened-"+event))
		fmt.Fprintln(os.Stderr, "setting the profile...")
		c.place.await(event)
	}
	var err error
	switch path := c.place.back(value(c.args, "--set")); {
	case path != "":
		err = c.place.setProfile(profile, path)
	case slices.Contains(c.args, "--switch-generation"):
		n, _ := strconv.Atoi(value(c.args, "--switch-generation"))
		err = c.place.switchTo(profile, n)
	case slices.Contains(c.args, "--rollback"):
		err = c.place.rollBack(profile)
	default:
		return c.fail("error: no operation specified")
	}
	if err != nil {
		return c.fail("%v", err)
	}
	return 0
}

// generations are the numbers of a profile's generations, and the one that it stands at.
func (h *Place) generations(profile string) (all []int, current int) {
	number := func(link string) int {
		link = strings.TrimSuffix(link, "-link")
		n, _ := strconv.Atoi(link[strings.LastIndex(link, "-")+1:])
		return n
	}
	links, _ := filepath.Glob(h.path(profile) + "-*-link")
	for _, link := range links {
		all = append(all, number(link))
	}
	slices.Sort(all)
	if link, err := os.Readlink(h.path(profile)); err == nil {
		current = number(link)
	}
	return all, current
}

// setProfile makes a generation of a system. One that is the current generation already stays it.
func (h *Place) setProfile(profile, path string) error {
	all, current := h.generations(profile)
	generation := func(n int) string { return fmt.Sprintf("%s-%d-link", h.path(profile), n) }
	if target, err := os.Readlink(generation(current)); err == nil && target == h.path(path) {
		return nil
	}
	next := 1
	if len(all) > 0 {
		next = all[len(all)-1] + 1
	}
	if err := os.MkdirAll(filepath.Dir(generation(next)), 0o755); err != nil {
		return err
	}
	if err := os.Symlink(h.path(path), generation(next)); err != nil {
		return err
	}
	return replaceLink(filepath.Base(generation(next)), h.path(profile))
}

// rollBack puts a profile to the generation before.
func (h *Place) rollBack(profile string) error {
	all, current := h.generations(profile)
	i := slices.Index(all, current)
	if i <= 0 {
		return fmt.Errorf("error: no generation older than the current (%d) exists", current)
	}
	fmt.Fprintf(os.Stderr, "switching profile from version %d to %d\n", current, all[i-1])
	return replaceLink(fmt.Sprintf("%s-%d-link", filepath.Base(profile), all[i-1]), h.path(profile))
}

// switchTo puts a profile to a generation that it has.
func (h *Place) switchTo(profile string, n int) error {
	all, current := h.generations(profile)
	if !slices.Contains(all, n) {
		return fmt.Errorf("error: generation %d does not exist", n)
	}
	fmt.Fprintf(os.Stderr, "switching profile from version %d to %d\n", current, n)
	return replaceLink(fmt.Sprintf("%s-%d-link", filepath.Base(profile), n), h.path(profile))
}

// replaceLink makes a symbolic link in place of what stands there.
func replaceLink(target, path string) error {
	if err := os.RemoveAll(path); err != nil {
		return err
	}
	return os.Symlink(target, path)
}

// listGenerations is nixos-rebuild on a host: list-generations and nothing else.
func (c *call) listGenerations() int {
	c.record(true)
	if len(c.args) == 0 || c.args[0] != "list-generations" {
		return c.fail("error: the stand-in on a host knows list-generations alone")
	}
	all, current := c.place.generations(systemProfile)
	if slices.Contains(c.args, "--json") {
		fmt.Printf("[{\"generation\": %d, \"current\": true}]\n", current)
		return 0
	}
	fmt.Println("Generation  NixOS version")
	for _, n := range slices.Backward(all) {
		mark := ""
		if n == current {
			mark = " current"
		}
		fmt.Printf("%-11s %s\n", fmt.Sprint(n, mark), release)
	}
	return 0
}

// takes reports whether the Nix of a host takes a path from a login that is not root: a derivation, whose name says
// what is in it, always; else from one that it trusts, or with a signature by a key that it knows, or any.
func (h *Place) takes(from *Place, path string, unsigned bool) bool {
	name := ""
	if text, err := os.ReadFile(from.knob("signs", "")); err == nil {
		name, _, _ = strings.Cut(string(text), ":")
	}
	if _, err := os.Stat(h.path(path)); err == nil {
		return true // it is not sent
	}
	signed := name != "" && strings.Contains(" "+h.knob("keys", ""), " "+name+":")
	return strings.HasSuffix(path, ".drv") || unsigned && h.knob("trusted", "yes") != "no" || h.knob("sigs", "true") == "false" || signed
}

// Runs is the system that the host runs.
func (h *Place) Runs() string { return h.leadsTo("/run/current-system") }

// Boots is the system that the profile of the host stands at.
func (h *Place) Boots() string { return h.leadsTo(systemProfile) }

func (h *Place) leadsTo(path string) string {
	system, _ := filepath.EvalSymlinks(h.path(path))
	return h.back(system)
}
