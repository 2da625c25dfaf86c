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

	"nixhop/nixexec"
)

// InstallRebuild puts a nixos-rebuild on this machine: "bash", "ng" or "newest". Like that of the real one, its
// text names the flags that it knows.
func (w World) InstallRebuild(release string, flags []string) error {
	program := "rebuild-" + release
	bin := filepath.Join(w.Here().Dir, binDir)
	self, err := executable()
	if err != nil {
		return err
	}
	if err := link(self, filepath.Join(bin, program)); err != nil {
		return err
	}
	text := "#!/bin/sh\n# " + strings.Join(flags, "\n# ") + "\n" +
		"exec " + nixexec.Quote(filepath.Join(bin, program)) + " \"$@\"\n"
	return os.WriteFile(filepath.Join(bin, "nixos-rebuild"), []byte(text), 0o755)
}

// deployment is what a nixos-rebuild was asked for.
type deployment struct {
	*call
	ng       bool
	action   string
	flake    string // with the attribute
	target   string
	builder  string
	elevate  []string
	special  string
	path     string // of --store-path
	rollback bool
}

func (c *call) rebuildBash() int { return c.rebuild(false) }

func (c *call) rebuildNG() int { return c.rebuild(true) }

// rebuild deploys as nixos-rebuild does, by the same programs in the same order.
func (c *call) rebuild(ng bool) int {
	c.name = "nixos-rebuild"
	c.record(false)
	d := &deployment{call: c, ng: ng}
	d.parse(c.args)
	system := d.path
	if !d.rollback && system == "" {
		fmt.Fprintln(os.Stderr, "building the system configuration...")
		var status int
		if system, status = d.build(); status != 0 {
			return status
		}
	}
	if d.target == "" || !slices.Contains([]string{"switch", "boot", "test", "dry-activate"}, d.action) {
		return 0
	}
	if !d.rollback && d.builder != d.target {
		if status := d.do(append(nixCommand(), "copy", "--to", "ssh://"+d.target, system)...); status != 0 {
			return status
		}
	}
	return d.activate(system)
}

// parse reads the command line.
func (d *deployment) parse(args []string) {
	d.action = args[0]
	with := map[string]*string{
		"--flake": &d.flake, "--target-host": &d.target, "--build-host": &d.builder,
		"--specialisation": &d.special, "--store-path": &d.path,
	}
	for i, word := range args {
		switch to := with[word]; {
		case to != nil && i+1 < len(args):
			*to = args[i+1]
		case word == "--sudo", word == "--use-remote-sudo":
			d.elevate = []string{"sudo"}
		case word == "--elevate" && args[i+1] == "run0":
			d.elevate = []string{"systemd-run", "--uid=0", "--pipe", "--quiet", "--wait", "--collect", "--no-ask-password"}
		case word == "--rollback":
			d.rollback = true
		}
	}
}

// nixCommand opens every call of nix.
func nixCommand() []string {
	return []string{"nix", "--extra-experimental-features", "nix-command flakes"}
}

// build builds the system here or on the build host, and returns its path.
func (d *deployment) build() (system string, status int) {
	if d.flake == "" {
		return d.buildClassic()
	}
	flake, name, _ := strings.Cut(d.flake, "#")
	attribute := flake + `#nixosConfigurations."` + name + `".config.system.build.toplevel`
	if d.builder == "" {
		words := append(nixCommand(), "build", "--print-out-paths", attribute, "--no-link")
		if d.action == "build" {
			words = append(words[:len(words)-1], "--out-link", "result")
		}
		return d.ask(words...)
	}
	derivation, status := d.ask(append(nixCommand(), "eval", "--raw", attribute+".drvPath")...)
	if status != 0 {
		return "", status
	}
	copied := d.do(append(nixCommand(), "copy", "--derivation", "--to", "ssh://"+d.builder, derivation)...)
	if copied != 0 {
		return "", copied
	}
	return d.ask(d.ssh(d.builder, "nix-store", "--realise", derivation)...)
}

// buildClassic builds what <nixpkgs/nixos> holds here: nothing but the import of a derivation.
func (d *deployment) buildClassic() (system string, status int) {
	nixpkgs := strings.TrimPrefix(value(d.args, "-I"), "nixpkgs=")
	text, err := os.ReadFile(filepath.Join(nixpkgs, "nixos", "default.nix"))
	m := imported.FindSubmatch(text)
	if err != nil || m == nil {
		return "", d.fail("error: file 'nixpkgs/nixos' was not found in the Nix search path")
	}
	return d.ask("nix-store", "--realise", string(m[1]))
}

// imported finds the derivation that a <nixpkgs/nixos> of nixhop's is.
var imported = regexp.MustCompile(`import (/nix/store/\S+\.drv);`)

// activate sets the profile and switches to the system.
func (d *deployment) activate(system string) int {
	root := func(words ...string) []string { return d.ssh(d.target, append(slices.Clone(d.elevate), words...)...) }
	if d.action == "switch" || d.action == "boot" {
		words := []string{"nix-env", "-p", systemProfile, "--set", system}
		if d.rollback {
			words = []string{"nix-env", "-p", systemProfile, "--rollback"}
		}
		if status := d.do(root(words...)...); status != 0 {
			return status
		}
	}
	if d.rollback {
		system = systemProfile
	}
	if d.special != "" {
		system += "/specialisation/" + d.special
	}
	unit := []string{"systemd-run", "-E", "LOCALE_ARCHIVE", "-E", "NIXOS_INSTALL_BOOTLOADER=0", "--collect",
		"--no-ask-password", "--pipe", "--quiet", "--service-type=exec",
		"--unit=nixos-rebuild-switch-to-configuration", "--wait"}
	status := d.do(root(append(unit, system+"/bin/"+switchProgram, d.action)...)...)
	if status != 0 && !d.ng {
		fmt.Fprintln(os.Stderr, "warning: error(s) occurred while switching to the new configuration")
	}
	return status
}

// ssh is a command on a host.
func (d *deployment) ssh(host string, words ...string) []string {
	argv := append([]string{"ssh"}, strings.Fields(os.Getenv("NIX_SSHOPTS"))...)
	return append(append(argv, host, "--"), words...)
}

// do runs a program. nixos-rebuild-ng hides its status behind a 1, and names it.
func (d *deployment) do(argv ...string) int {
	_, status := d.run(argv, os.Stderr)
	return status
}

// ask runs a program for what it prints.
func (d *deployment) ask(argv ...string) (string, int) { return d.run(argv, nil) }

func (d *deployment) run(argv []string, stdout *os.File) (string, int) {
	cmd := exec.Command(argv[0], argv[1:]...)
	var out strings.Builder
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, &out, os.Stderr
	if stdout != nil {
		cmd.Stdout = stdout
	}
	// Ctrl-C is for the program that runs: its end says enough.
	signal.Notify(make(chan os.Signal, 1), os.Interrupt)
	code := status(cmd.Run())
	if code == interruptStatus {
		return "", code
	}
	if code != 0 && d.ng {
		fmt.Fprintf(os.Stderr, "Command '%s' returned non-zero exit status %d.\n", strings.Join(argv, " "), code)
		code = 1
	}
	return strings.TrimSpace(out.String()), code
}
