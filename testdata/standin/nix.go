package standin

import (
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"time"

	"nixhop/nixexec"
)

// nix does what the nix command does, but for telling of itself (host/nix.sh): it evaluates and builds configurations
// of the world's flake, and copies.
func (c *call) nix() int {
	c.name = "nix"
	words := c.args
	for len(words) > 1 && strings.HasPrefix(words[0], "--extra-experimental-features") {
		words = words[2:]
	}
	if len(words) == 0 {
		return c.fail("error: no subcommand specified")
	}
	changes := words[0] == "build" || words[0] == "copy" || words[0] == "path-info" && !slices.Contains(words, "--sigs") || words[0] == "eval" && slices.Contains(words, "--raw")
	c.record(!changes)
	switch words[0] {
	case "eval":
		return c.evaluate(words[1:])
	case "path-info":
		return c.pathInfo(words[1:])
	case "flake":
		return c.metadata()
	case "build":
		return c.nixBuild(words[1:])
	case "copy":
		return c.nixCopy(words[1:])
	}
	return c.fail("error: '%s' is not a recognised command", words[0])
}

// named finds the configuration in an attribute path.
var named = regexp.MustCompile(`#nixosConfigurations\.(?:"([^"]*)"|([A-Za-z0-9_-]*))`)

// selected finds a configuration that is taken out of all of them by a function, and unescaped is how a string of Nix
// is read.
var (
	selected  = regexp.MustCompile(` configurations\."((?:[^"\\]|\\.)*)"$`)
	unescaped = strings.NewReplacer(`\\`, `\`, `\"`, `"`, `\$`, `$`)
)

// forced finds the build platform in nixhop's expression.
var forced = regexp.MustCompile(` buildPlatform = "([^"]*)"; }$`)

// chosen is the configuration that words name, or an error of Nix's.
func (c *call) chosen(words []string) (Configuration, error) {
	name := "classic"
	for _, word := range words {
		if m := named.FindStringSubmatch(word); m != nil {
			name, _ = nixexec.FragmentName(m[1] + m[2])
		}
		if m := selected.FindStringSubmatch(word); m != nil {
			name = unescaped.Replace(m[1])
		}
	}
	conf, ok := c.place.World.configuration(name)
	if m := node.FindStringSubmatch(strings.Join(words, " ")); m != nil {
		conf, ok = readConfiguration(filepath.Join(c.place.World.Dir, nodesDir, m[1]), m[1])
	}
	if !ok {
		return conf, fmt.Errorf("error: flake 'path:.' does not provide attribute 'nixosConfigurations.\"%s\"'", name)
	}
	return conf, nil
}

// evaluate is `nix eval` for what is asked of a configuration: its facts alone, or its derivation, with the facts on
// the way.
func (c *call) evaluate(words []string) int {
	if status, asked := c.inventory(words); asked {
		return status
	}
	conf, err := c.chosen(words)
	if err != nil {
		return c.fail("%v", err)
	}
	if m := forced.FindStringSubmatch(value(words, "--apply")); m != nil {
		conf.BuildSystem = m[1]
	}
	if strings.Contains(strings.Join(words, " "), "networking.interfaces") {
		if conf.Evaluation != "" {
			return c.fail("%s", evaluationError(conf.Evaluation))
		}
		fmt.Println(conf.addresses())
		return 0
	}
	whole := slices.Contains(words, "--raw")
	if !whole && conf.Evaluation == "" {
		fmt.Println(conf.facts())
		return 0
	}
	if strings.Contains(strings.Join(words, " "), "nixhop-facts") && conf.Facts != "none" {
		fmt.Fprintln(os.Stderr, "trace: nixhop-facts "+conf.facts())
	}
	if conf.Evaluation != "" {
		return c.fail("%s", evaluationError(conf.Evaluation))
	}
	if conf.Toplevel != "" {
		return c.fail("%s", evaluationError(conf.Toplevel))
	}
	if err := conf.instantiate(c.place); err != nil {
		return c.fail("%v", err)
	}
	fmt.Print(conf.derivation())
	return 0
}

// pathInfo is `nix path-info --derivation` of a configuration's system, or with --sigs of a store path.
func (c *call) pathInfo(words []string) int {
	if slices.Contains(words, "--sigs") {
		return c.signatures(words)
	}
	conf, err := c.chosen(words)
	if err != nil {
		return c.fail("%v", err)
	}
	if broken := conf.Evaluation + conf.Toplevel; broken != "" {
		return c.fail("%s", evaluationError(broken))
	}
	if err := conf.instantiate(c.place); err != nil {
		return c.fail("%v", err)
	}
	fmt.Println(conf.derivation())
	return 0
}

// signatures is `nix path-info --recursive --sigs`: each path, with --size that, too, and by which key it is signed.
func (c *call) signatures(words []string) int {
	signature, size := "", ""
	if slices.Contains(words, "--size") {
		size = "1000\t"
	}
	if text, err := os.ReadFile(c.place.knob("signs", "")); err == nil {
		name, _, _ := strings.Cut(string(text), ":")
		signature = " " + name + ":c2ln"
	}
	path := c.place.back(words[len(words)-1])
	if _, err := os.Stat(c.place.path(path)); err != nil {
		return c.fail("error: path '%s' is not valid", path)
	}
	for _, each := range c.place.closure(path) {
		fmt.Printf("%s\t%sultimate%s\n", each, size, signature)
	}
	return 0
}

// metadata is `nix flake metadata --json` of the flake, where its world says what that is (World.Lock).
func (c *call) metadata() int {
	text, err := os.ReadFile(filepath.Join(c.place.World.Dir, lockFile))
	if err != nil {
		return c.fail("error: getting status of '%s': No such file or directory", c.place.World.Dir)
	}
	fmt.Println(string(text))
	return 0
}

// evaluationError is what Nix says of a configuration that cannot be evaluated.
func evaluationError(reason string) string {
	return "error:\n       … while calling the 'head' builtin\n\n       error: " + reason
}

// nixBuild is `nix build`, as nixos-rebuild calls it: of a configuration's toplevel, whose path it prints.
func (c *call) nixBuild(words []string) int {
	conf, err := c.chosen(words)
	if err != nil {
		return c.fail("%v", err)
	}
	if conf.Evaluation != "" {
		return c.fail("%s", evaluationError(conf.Evaluation))
	}
	if status := c.realise(conf); status != 0 {
		return status
	}
	if link := value(words, "--out-link"); link != "" {
		if err := replaceLink(conf.toplevel(), link); err != nil {
			return c.fail("%v", err)
		}
	}
	fmt.Println(conf.toplevel())
	return 0
}

// realise builds a configuration in the store of this place.
func (c *call) realise(conf Configuration) int {
	if _, err := os.Stat(c.place.path(conf.toplevel())); err == nil {
		return 0
	}
	if conf.Build == "wait" {
		return c.wait(conf)
	}
	fmt.Fprintf(os.Stderr, "building '%s'...\n", conf.derivation())
	c.whileBuilding()
	if conf.Build == "fail" {
		fmt.Fprintf(os.Stderr, "error: builder for '%s' failed with exit code 1;\n       last 1 log lines:\n       > hi\n"+
			"       For full logs, run:\n         nix log %s\n", conf.derivation(), conf.derivation())
		return 1
	}
	if err := conf.build(c.place); err != nil {
		return c.fail("%v", err)
	}
	return 0
}

// whileBuilding runs what a test wants to happen in the middle of a build, once: the script while-building of the
// world.
func (c *call) whileBuilding() {
	path := filepath.Join(c.place.World.Dir, "while-building")
	if _, err := os.Stat(path); err != nil {
		return
	}
	cmd := exec.Command("/bin/sh", path)
	cmd.Dir, cmd.Stderr = c.place.World.Dir, os.Stderr
	cmd.Env = append(os.Environ(), "PATH="+filepath.Join(c.place.World.Dir, toolsDir))
	if err := cmd.Run(); err != nil {
		fmt.Fprintf(os.Stderr, "while-building: %v\n", err)
	}
	_ = os.Remove(path)
}

// wait builds until it is stopped by a signal.
func (c *call) wait(conf Configuration) int {
	stopped := make(chan os.Signal, 1)
	signal.Notify(stopped, os.Interrupt, syscall.SIGTERM)
	fmt.Fprintf(os.Stderr, "building '%s'...\n", conf.derivation())
	select {
	case <-stopped:
		fmt.Fprintln(os.Stderr, "error: interrupted by the user")
		return interruptStatus
	case <-time.After(masterTime):
		return c.fail("error: the build of '%s' was not stopped", conf.derivation())
	}
}
