package standin

import (
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strings"
)

// World is a directory that holds this machine and all hosts, and what their Nix builds.
type World struct{ Dir string }

// Place is this machine or a host: a directory with
//
//	bin      its programs
//	root     its files, as far as a deployment has to do with them
//	knobs    a file for each setting of a test; see Place.Set
//	units    a file for each unit that systemd runs
//	calls    what the stand-ins were called for, in lines for a shell; see Place.Record
type Place struct {
	World World
	Name  string // empty: this machine
	Dir   string
}

// Names of directories in a World.
const (
	binDir     = "bin"
	hereDir    = "here"
	hostsDir   = "hosts"
	toolsDir   = "tools"
	systemDir  = "system"
	lockFile   = "lock"
	runtimeDir = "run" // XDG_RUNTIME_DIR, which is the user's own
	configDir  = "configurations"
)

// tools are the programs of the system that the stand-ins and nixhop's scripts take as they are.
var tools = []string{
	"base64", "cat", "chmod", "cp", "cut", "date", "env", "false", "grep", "head", "ln", "ls", "make", "mkdir", "mkfifo", "mktemp", "mv",
	"printf", "pwd", "readlink", "rm", "rmdir", "sed", "sh", "sha256sum", "sleep", "sort", "stat", "tail", "timeout", "touch", "tr", "true", "uniq", "wc",
	"xargs",
}

// systemTools are those that this machine has beside them. ssh stands behind the stand-in, which asks it what a
// host means.
var systemTools = []string{"git", "ssh", "ssh-add", "ssh-keygen", "stty", "tee"}

// hostPrograms are the links of a host to the test binary; scripts are its other programs.
var hostPrograms = []string{"cut-link", "nix-command", daemonProgram, "nix-env", "nix-store", "nixos-rebuild", "pgrep", "ssh", "systemd-run"}

// herePrograms are those of this machine; nixos-rebuild is installed by InstallRebuild.
var herePrograms = []string{masterProgram, "nix-command", "nix-store", "ssh-client"}

//go:embed host here
var scripts embed.FS

// NewWorld makes a world in dir, with this machine and nothing else in it.
func NewWorld(dir string) (World, error) {
	w := World{Dir: dir}
	here := w.Here()
	for _, sub := range []string{toolsDir, systemDir, hostsDir, configDir} {
		if err := os.MkdirAll(filepath.Join(dir, sub), 0o755); err != nil {
			return World{}, err
		}
	}
	if err := os.Mkdir(filepath.Join(dir, runtimeDir), 0o700); err != nil {
		return World{}, err
	}
	for sub, names := range map[string][]string{toolsDir: tools, systemDir: systemTools} {
		for _, name := range names {
			path, err := exec.LookPath(name)
			if err != nil {
				continue
			}
			if err := os.Symlink(path, filepath.Join(dir, sub, name)); err != nil {
				return World{}, err
			}
		}
	}
	if err := here.make(herePrograms); err != nil {
		return World{}, err
	}
	return w, errors.Join(here.installScript("here/ssh.sh"), here.installScript("host/nix.sh"))
}

// Here is this machine.
func (w World) Here() *Place { return &Place{World: w, Dir: filepath.Join(w.Dir, hereDir)} }

// Host is a host of this name, whether it is there or not.
func (w World) Host(name string) *Place {
	return &Place{World: w, Name: name, Dir: filepath.Join(w.Dir, hostsDir, name)}
}

// Environment is what a program on this machine has in its environment. There is nothing in PATH of the machine that
// the test runs on but what every system has, git and the tools of ssh. Locks are the world's own, so that tests that
// run at the same time may have hosts of the same name. The race detector would hold each program for a second at its
// end.
func (w World) Environment() map[string]string {
	path := []string{filepath.Join(w.Here().Dir, binDir), filepath.Join(w.Dir, toolsDir), filepath.Join(w.Dir, systemDir)}
	return map[string]string{
		"PATH":            strings.Join(path, string(filepath.ListSeparator)),
		"XDG_RUNTIME_DIR": filepath.Join(w.Dir, runtimeDir),
		"SHELL":           "/bin/sh",
		"GORACE":          "atexit_sleep_ms=0",
		"GOCOVERDIR":      filepath.Join(w.Dir, runtimeDir), // where the tests are measured, each stand-in is, too
	}
}

// AddHost makes a NixOS host that is up, where root logs in, and that runs a first generation. Its knobs are
// changed by Set.
func (w World) AddHost(name string) (*Place, error) {
	h := w.Host(name)
	if err := h.make(hostPrograms); err != nil {
		return nil, err
	}
	entries, err := scripts.ReadDir("host")
	if err != nil {
		return nil, err
	}
	for _, entry := range entries {
		program := strings.TrimSuffix(entry.Name(), ".sh")
		if slices.Contains([]string{switchProgram, "sudo", "doas"}, program) {
			continue
		}
		if err := h.installScript("host/" + entry.Name()); err != nil {
			return nil, err
		}
	}
	return h, h.install()
}

// installScript gives a place one of the programs that are scripts.
func (h *Place) installScript(name string) error {
	text, err := scripts.ReadFile(name)
	if err != nil {
		return err
	}
	program := strings.TrimSuffix(path.Base(name), ".sh")
	return os.WriteFile(filepath.Join(h.Dir, binDir, program), text, 0o755)
}

// install fills the files of a host: those that the probe reads, and a first system.
func (h *Place) install() error {
	for path, text := range map[string]string{
		"etc/NIXOS":                      "",
		"etc/os-release":                 "ID=nixos\nPRETTY_NAME=\"NixOS 25.05 (Warbler)\"\n",
		"etc/pam.d/sudo":                 "auth sufficient pam_exec.so quiet /bin/true\nauth sufficient pam_unix.so\n",
		"etc/nix/nix.conf":               "trusted-users = root @wheel\n",
		"proc/sys/kernel/random/boot_id": "11111111-2222-3333-4444-" + hash(h.Name)[:12] + "\n",
		"proc/sys/fs/binfmt_misc/status": "enabled\n",
		"run/systemd/system/keep":        "",
		"boot/EFI/nixos/keep":            "",
		"tmp/keep":                       "",
		"root/keep":                      "",
		"nix/var/nix/profiles/keep":      "",
	} {
		if err := h.write(path, text); err != nil {
			return err
		}
	}
	first := Configuration{Name: "first", HostName: h.Name, System: "x86_64-linux"}
	if err := first.build(h); err != nil {
		return err
	}
	if err := h.setProfile(systemProfile, first.toplevel()); err != nil {
		return err
	}
	for _, link := range []string{"run/current-system", "run/booted-system"} {
		if err := os.Symlink(h.path(first.toplevel()), filepath.Join(h.Root(), link)); err != nil {
			return err
		}
	}
	return nil
}

// make makes the directories of a place, and the links to the test binary.
func (h *Place) make(links []string) error {
	for _, sub := range []string{binDir, "root/nix/store", "knobs", "units", "links"} {
		if err := os.MkdirAll(filepath.Join(h.Dir, sub), 0o755); err != nil {
			return err
		}
	}
	self, err := executable()
	if err != nil {
		return err
	}
	for _, name := range links {
		if err := os.Symlink(self, filepath.Join(h.Dir, binDir, name)); err != nil {
			return err
		}
	}
	return nil
}

// openPlace finds the place that a directory is, if it is one.
func openPlace(dir string) (*Place, bool) {
	if _, err := os.Stat(filepath.Join(dir, "knobs")); err != nil {
		return nil, false
	}
	if parent := filepath.Dir(dir); filepath.Base(parent) == hostsDir {
		return World{Dir: filepath.Dir(parent)}.Host(filepath.Base(dir)), true
	}
	return World{Dir: filepath.Dir(dir)}.Here(), true
}

// Root is the directory that is / on the host.
func (h *Place) Root() string { return filepath.Join(h.Dir, "root") }

// path is where a path of the host lies in truth.
func (h *Place) path(path string) string {
	if strings.HasPrefix(path, h.Root()) {
		return path
	}
	return h.Root() + path
}

// back names a path as the host knows it.
func (h *Place) back(text string) string { return strings.ReplaceAll(text, h.Root(), "") }

func (h *Place) write(path, text string) error {
	path = filepath.Join(h.Root(), path)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	return os.WriteFile(path, []byte(text), 0o644)
}

// Set turns a knob. Those of a host, and what they are without:
//
//	address    where ssh finds it: the name
//	down       "off": nobody listens; "silent", "key-changed", "key-unknown", "denied": how else ssh fails
//	key        the fingerprint of the key that it shows: that of every host
//	login      who may log in: root
//	forced     the one command that each session runs: what it asks for
//	hostname   of the host: its name
//	machine    as uname -m has it: x86_64
//	sudo       "free", "password" (it is "secret"), "pam" (PAM lets everybody in, where it is asked), "rules" (those that
//	           sudo-rules are), "locked" (no new privileges), "unserved" (after the password), "host" (with the option
//	           --host='NAME of ann'); else there is none
//	sudo-rules commands that take no password, by commas: /bin/nix-env *, /bin/systemd-run *
//	run0       "free": systemd-run works without root
//	doas       "free", "denied"; else there is none
//	nix        version of Nix: 2.28.3
//	trusted    "no": the login is no trusted user of Nix
//	space      KiB that are left in each file system: 50000000
//	readonly   a directory that is mounted read-only: none
//	journal    "none": nobody may read it, or it has nothing
//	failed     failed units
//	units      units that fail with the next activation
//	status     exit status of the next activation
//	inhibits   what inhibits the switch to each system: dbus-implementation : dbus -> broker
//	keeps      "yes": an activation ends well, and the system that runs is kept
//	cut        "copy": the link is lost while a system is copied; "activation": when the next activation has begun;
//	           "last": when it has done everything, "end": when it has ended and nixos-rebuild waits for that
//	reboots    how a reboot ends: it is back at once, with what its profile has; "slow": after a moment; "never"; "key": with
//	           another host key; "old": with what it ran before; "refused"; "panics": once, and then what its loader has
//	loader     "systemd-boot" or "grub": there is none
//	no-oneshot "yes": bootctl cannot write its variables
//	boot       the file system of /boot: ext2/ext3
//	goes-on    the next activation ends only after a "connection" was opened, a "session" was begun, somebody has
//	           looked at the "units", or whatever else there is a file happened-... of
//	slow       how long nix-env takes to set a profile: 0s
//	sets       the next profile is set only after that, as goes-on has it
//	reaches    hosts that its own ssh finds: none
//	nixos-rebuild  "none": it has none
//	far        how long a line takes that goes there and back, in seconds
//	nix-daemon "none": it has none; "broken": one that does not answer
//	keys, sigs, signs  trusted-public-keys, require-sigs and secret-key-files of its Nix
//
// and those of this machine: nix and signs, as above.
func (h *Place) Set(knob, value string) error {
	if h.Name != "" {
		if _, err := os.Stat(h.Dir); err != nil {
			return fmt.Errorf("there is no host %q: %w", h.Name, err)
		}
	}
	path, program := filepath.Join(h.Dir, "knobs", knob), filepath.Join(h.Dir, binDir, knob)
	isProgram := knob == "sudo" || knob == "doas"
	if value == "" {
		if isProgram {
			_ = os.Remove(program)
		}
		if err := os.Remove(path); !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		return nil
	}
	if isProgram {
		if err := h.installScript("host/" + knob + ".sh"); err != nil {
			return err
		}
	}
	if knob == "nixos-rebuild" {
		missing := "#!/bin/sh\necho 'sh: nixos-rebuild: command not found' >&2\nexit 127\n"
		if err := errors.Join(os.Remove(program), os.WriteFile(program, []byte(missing), 0o755)); err != nil {
			return err
		}
	}
	if knob == daemonProgram {
		daemon := filepath.Join(h.Dir, binDir, daemonProgram)
		if value == "none" {
			return os.Remove(daemon)
		}
	}
	if knob == "loader" && value == "systemd-boot" {
		text := "\x06\x00\x00\x00s\x00y\x00s\x00t\x00e\x00m\x00d\x00-\x00b\x00o\x00o\x00t\x00\x00\x00"
		if err := h.write("sys/firmware/efi/efivars/LoaderInfo-4a67b082-0a4c-41cf-b6c7-440b29bb8c4f", text); err != nil {
			return err
		}
	}
	if knob == "readonly" {
		return h.write("proc/self/mountinfo", "1 0 0:1 / / rw shared:1 - ext4 /dev/vda1 rw\n2 1 0:1 / "+h.path(value)+" ro shared:1 - ext4 /dev/vda1 ro\n")
	}
	return os.WriteFile(path, []byte(value+"\n"), 0o644)
}

// knob reads a setting.
func (h *Place) knob(name, otherwise string) string {
	text, err := os.ReadFile(filepath.Join(h.Dir, "knobs", name))
	if err != nil {
		return otherwise
	}
	return strings.TrimSuffix(string(text), "\n")
}

// Record is the file with the calls of a place's stand-ins that change something, or may. Those that only look
// stand in the file looks beside it: several look at once, in no order.
func (h *Place) Record() string { return filepath.Join(h.Dir, recordFile) }

const recordFile = "calls"

// Lock makes the flake a commit of that name, with nothing left open: flake is the directory that it lies in.
func (w World) Lock(flake, commit string) error {
	text := fmt.Sprintf(`{"path":%q,"revision":%q,"locked":{"type":"git","rev":%q},"locks":{"nodes":{}},"resolved":{"type":"git"}}`, flake, commit, commit)
	return os.WriteFile(filepath.Join(w.Dir, lockFile), []byte(text), 0o644)
}
