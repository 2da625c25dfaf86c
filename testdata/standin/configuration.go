package standin

import (
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// Configuration is one of the flake's, as its file in the world's directory configurations describes it, in lines
// of key=value.
type Configuration struct {
	Name            string
	HostName        string   // networking.hostName
	System          string   // what it is for
	BuildSystem     string   // what it is built on, where that is another one
	Evaluation      string   // an error
	Facts           string   // "none": that error comes before it has told its facts
	Toplevel        string   // an error, behind the facts
	Build           string   // "fail": a builder fails; "wait": it runs until it is stopped
	Kernel          string   // its version
	Release         string   // any other system has another one
	Specialisations []string // names
	Addresses       []string // of its interfaces
	Domain          string   // networking.domain
	Refused         []string // why it takes no other build platform
}

// SetConfiguration adds a configuration to the flake, or changes it: settings are words of key=value.
func (w World) SetConfiguration(name string, settings ...string) error {
	return setConfiguration(filepath.Join(w.Dir, configDir, name), name, settings)
}

func setConfiguration(path, name string, settings []string) error {
	text, err := os.ReadFile(path)
	if err != nil {
		text = []byte("hostName=" + name + "\n")
	}
	return os.WriteFile(path, []byte(string(text)+strings.Join(settings, "\n")+"\n"), 0o644)
}

// configuration reads the one of a name.
func (w World) configuration(name string) (Configuration, bool) {
	return readConfiguration(filepath.Join(w.Dir, configDir, name), name)
}

func readConfiguration(path, name string) (Configuration, bool) {
	text, err := os.ReadFile(path)
	if err != nil {
		return Configuration{}, false
	}
	c := Configuration{Name: name, System: "x86_64-linux"}
	fields := map[string]*string{
		"hostName": &c.HostName, "system": &c.System, "buildSystem": &c.BuildSystem,
		"evaluation": &c.Evaluation, "facts": &c.Facts, "toplevel": &c.Toplevel, "build": &c.Build, "kernel": &c.Kernel, "release": &c.Release, "domain": &c.Domain,
	}
	for line := range strings.Lines(string(text)) {
		key, value, _ := strings.Cut(strings.TrimSuffix(line, "\n"), "=")
		switch field := fields[key]; {
		case field != nil:
			*field = value
		case key == "specialisations":
			c.Specialisations = strings.Fields(value)
		case key == "addresses":
			c.Addresses = strings.Fields(value)
		case key == "refused":
			c.Refused = strings.Fields(value)
		}
	}
	return c, true
}

// facts are what nixhop's facts.nix tells of it.
func (c Configuration) facts() string {
	build := c.BuildSystem
	if build == "" {
		build = c.System
	}
	text, err := json.Marshal(map[string]any{
		"hostName": c.HostName, "system": c.System, "buildSystem": build, "implied": false,
		"refused": append([]string{}, c.Refused...), "files": []string{},
	})
	if err != nil {
		panic(err)
	}
	return string(text)
}

// addresses are what nixhop's addresses.nix tells of it.
func (c Configuration) addresses() string {
	families := map[bool][]string{false: {}, true: {}}
	for _, address := range c.Addresses {
		six := strings.Contains(address, ":")
		families[six] = append(families[six], address)
	}
	name := ""
	if c.Domain != "" {
		name = c.HostName + "." + c.Domain
	}
	text, err := json.Marshal(map[string]any{"ipv4": families[false], "ipv6": families[true], "name": name})
	if err != nil {
		panic(err)
	}
	return string(text)
}

// storeLetters are those of hashes in store paths.
const storeLetters = "0123456789abcdfghijklmnpqrsvwxyz"

// hash is the hash of a store path that depends on a text.
func hash(text string) string {
	sum := sha256.Sum256([]byte(text))
	out := make([]byte, 32)
	for i := range out {
		out[i] = storeLetters[sum[i]%32]
	}
	return string(out)
}

// release is the version of NixOS.
const release = "25.05.20250601.abcdef0"

func (c Configuration) system() string { return "nixos-system-" + c.HostName + "-" + release }

// toplevel is the store path of the system.
func (c Configuration) toplevel() string {
	return "/nix/store/" + hash("out "+c.Name+c.System+c.BuildSystem+c.Kernel+c.Release) + "-" + c.system()
}

// derivation is what the system is built from.
func (c Configuration) derivation() string {
	return "/nix/store/" + hash("drv "+c.Name+c.System+c.BuildSystem+c.Kernel+c.Release) + "-" + c.system() + ".drv"
}

// kernel is the store path of the kernel.
func (c Configuration) kernel() string {
	version := c.Kernel
	if version == "" {
		version = "6.12.31"
	}
	return "/nix/store/" + hash("kernel "+version) + "-linux-" + version
}

// instantiate writes the derivation into the store of a place: a description that build reads again, wherever it
// was copied to.
func (c Configuration) instantiate(h *Place) error {
	text, err := json.Marshal(c)
	if err != nil {
		return err
	}
	return h.write(c.derivation(), string(text))
}

// readDerivation reads what instantiate wrote.
func (h *Place) readDerivation(path string) (c Configuration, err error) {
	text, err := os.ReadFile(h.path(path))
	if err != nil {
		return c, fmt.Errorf("error: path '%s' is not valid", h.back(path))
	}
	return c, json.Unmarshal(text, &c)
}

// switchProgram is the script that activates a system.
const switchProgram = "switch-to-configuration"

// build writes the system, its specialisations and its kernel into the store of a place.
func (c Configuration) build(h *Place) error {
	program, err := scripts.ReadFile("host/" + switchProgram + ".sh")
	if err != nil {
		return err
	}
	top, kernel := c.toplevel(), c.kernel()
	files := map[string]string{
		kernel + "/bzImage":           strings.Repeat("k", 1000),
		top + "/nixos-version":        release,
		top + "/system":               c.System,
		top + "/bin/" + switchProgram: string(program),
	}
	for path, text := range files {
		if err := h.write(path, text); err != nil {
			return err
		}
	}
	if err := os.Chmod(h.path(top+"/bin/"+switchProgram), 0o755); err != nil {
		return err
	}
	for _, part := range []string{"kernel", "initrd", "kernel-modules"} {
		if err := link("../"+filepath.Base(kernel)+"/bzImage", h.path(top+"/"+part)); err != nil {
			return err
		}
	}
	for _, name := range c.Specialisations {
		if err := c.specialise(h, name); err != nil {
			return err
		}
	}
	return nil
}

// specialise builds a specialisation: another system, that the first one has a link to.
func (c Configuration) specialise(h *Place, name string) error {
	special := c
	special.Name, special.Specialisations = c.Name+"/"+name, nil
	if err := special.build(h); err != nil {
		return err
	}
	dir := h.path(c.toplevel() + "/specialisation")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	return link("../../"+filepath.Base(special.toplevel()), filepath.Join(dir, name))
}

// link makes a symbolic link, unless there is one already.
func link(target, path string) error {
	if err := os.Symlink(target, path); !errors.Is(err, fs.ErrExist) {
		return err
	}
	return nil
}

// closure lists the store paths that a path needs, itself last, as far as a place has them.
func (h *Place) closure(path string) []string {
	entries, _ := filepath.Glob(h.path(path) + "/specialisation/*")
	links := append(entries, h.path(path)+"/kernel")
	var all []string
	for _, link := range links {
		target, err := os.Readlink(link)
		if err != nil {
			continue
		}
		name, _, _ := strings.Cut(strings.TrimLeft(target, "./"), "/")
		all = append(all, h.closure("/nix/store/"+name)...)
	}
	all = append(all, path)
	slices.Sort(all[:len(all)-1])
	return slices.Compact(all)
}

// Toplevel is the store path of what the flake has under a name.
func (w World) Toplevel(name string) (string, error) {
	c, found := w.configuration(name)
	if !found {
		return "", fmt.Errorf("there is no configuration %q", name)
	}
	return c.toplevel(), nil
}
