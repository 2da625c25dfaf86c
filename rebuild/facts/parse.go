package facts

import (
	"bytes"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"nixhop/nixexec"
)

// Bounds of what is kept of an answer, whatever a host sends.
const (
	factLines  = 256
	FactBytes  = 4 << 10
	putBytes   = 3000 // of a value, as the probe writes it
	noiseBytes = 512
	ShownBytes = 200 // in an error
)

// answer is the lines of a probe's answer by their keys, the values cleaned.
type answer map[string]string

// ParseFacts reads what a host sent back for ProbeScript with the same nonce. Only that no complete answer is there is
// an error, which says what was there instead; whatever else a host sends costs it the fact.
func ParseFacts(output []byte, nonce string) (Host, error) {
	output = output[:min(len(output), ProbeLimit)]
	noise, rest, begun := bytes.Cut(output, []byte(beginMarker(nonce)))
	if !begun && len(output) == 0 {
		return Host{}, fmt.Errorf("the host did not answer the probe: it printed nothing")
	}
	if !begun {
		return Host{}, fmt.Errorf("the host did not answer the probe: it printed %q", output[:min(len(output), ShownBytes)])
	}
	said, err := readAnswer(rest, nonce)
	if err != nil {
		return Host{}, err
	}
	known := said.facts()
	known.Noise = escapeNoise(noise)
	return known, nil
}

// readAnswer reads the lines up to the end marker. Of a repeated key the first line counts: what follows may be forged
// by a value.
func readAnswer(rest []byte, nonce string) (answer, error) {
	said, lines, last := answer{}, 0, ""
	for line := range bytes.Lines(rest) {
		line = bytes.TrimRight(line, "\r\n")
		if string(line) == EndMarker(nonce) {
			return said, nil
		}
		if lines++; lines > factLines {
			continue
		}
		last = string(line[:min(len(line), ShownBytes)])
		key, value, isFact := bytes.Cut(line[:min(len(line), FactBytes)], []byte("="))
		if _, repeated := said[string(key)]; isFact && !repeated {
			said[string(key)] = nixexec.PlainText(string(value))
		}
	}
	return nil, fmt.Errorf("the host's answer to the probe has no end: it stops at %q", last)
}

// facts turns lines into facts.
func (a answer) facts() Host {
	f := Host{
		Login:    a.login(),
		Elevate:  a.elevation(),
		System:   a.system(),
		Spaces:   a.spaces(),
		Mounts:   a.mounts(),
		Kernels:  a.words("kernels", safePath),
		Switches: a.switches(),
		AtWork:   a["at_work"] == "1",
		Failed:   a.words("failed", safeUnit),
		Failing:  map[string]Answer{"0": No, "1": Yes}[a["failing"]],
		Last:     a.last(),
	}
	if seconds, err := strconv.ParseInt(a["clock"], 10, 40); err == nil && seconds > 0 {
		f.Clock = time.Unix(seconds, 0)
	}
	f.Nix = a.nix(f.Login)
	return f
}

var (
	idUser     = regexp.MustCompile(`^uid=([0-9]{1,10})(?:\(([^()]*)\))?`)
	idGroup    = regexp.MustCompile(`\(([^()]*)\)`)
	profileEnd = regexp.MustCompile(`-([0-9]{1,9})-link$`)
	dfRow      = regexp.MustCompile(`([0-9]+) +-?[0-9]+ +(-?[0-9]+) +(?:[0-9]+%|-) +(/.*)$`)
	safePath   = regexp.MustCompile(`^/[A-Za-z0-9@%+=:,./_-]*$`)
	safeUnit   = regexp.MustCompile(`^[A-Za-z0-9:_.\\@-]{1,255}$`)
	safeUser   = regexp.MustCompile(`^[A-Za-z0-9_][A-Za-z0-9_.@\\-]{0,254}\$?$`) // a domain's, too: CORP\ann, ann@corp
	anyWord    = regexp.MustCompile(``)
	lastWord   = regexp.MustCompile(`[^ ]+$`)
	digits     = regexp.MustCompile(`^[0-9]{1,9}$`)
	systemdNo  = regexp.MustCompile(`^systemd ([0-9]{1,6})\b`)
)

func (a answer) login() Login {
	l := Login{Shell: a["shell"], Path: a["path"]}
	if id := idUser.FindStringSubmatch(a["id"]); id != nil {
		l.UID = id[1]
		if safeUser.MatchString(id[2]) { // a name, and no sentence: it is told to people who are asked for a password
			l.User = id[2]
		}
	}
	_, groups, _ := strings.Cut(a["id"], " groups=")
	for _, name := range idGroup.FindAllStringSubmatch(groups, -1) {
		l.Groups = append(l.Groups, name[1])
	}
	return l
}

func (a answer) elevation() Elevation {
	return Elevation{
		Sudo:        a.path("program.sudo"),
		SudoVersion: a["sudo_version"],
		SudoFree:    a.status("sudo_status"),
		SudoByPAM:   a.status("sudo_pam_status"),
		SudoLate:    a["sudo_late"] == "1",
		SudoSays:    a["sudo_says"],
		SudoRules:   a.sudoRules(),
		Doas:        a.path("program.doas"),
		DoasFree:    a.status("doas_status"),
		DoasSays:    a["doas_says"],
		Run0Free:    a.status("run0_status"),
		Run0Says:    a["run0_says"],
	}
}

// sudoRules are the rules of sudo. What did not fit into an answer may have lost the end of its last one, which would
// allow more.
func (a answer) sudoRules() SudoRules {
	text := a["sudo_rules"]
	rules := parseSudoRules(text)
	if len(text) >= putBytes && len(rules) > 0 {
		rules = rules[:len(rules)-1]
	}
	return rules
}

func (a answer) nix(login Login) Nix {
	n := Nix{
		Store:          a.path("program.nix-store"),
		Env:            a.path("program.nix-env"),
		Nix:            a.path("program.nix"),
		Daemon:         a.path("program.nix-daemon"),
		Elsewhere:      a.path("nix_elsewhere"),
		Version:        lastWord.FindString(a["nix_version"]),
		Trusted:        a.trusted(login),
		StoreError:     a["store_error"],
		System:         a["nix_system"],
		ExtraPlatforms: a.words("nix_extra_platforms", anyWord),
		Features:       a.words("nix_system_features", anyWord),
		MaxJobs:        a["nix_max_jobs"],
		Experimental:   a.words("nix_experimental_features", anyWord),
		BuilderSystems: a.builderSystems(),
		Emulators:      a.words("binfmt", anyWord),
		TrustedKeys:    keyNames(a["nix_trusted_keys"]),
		SignsBy:        a.words("nix_signs", anyWord),
	}
	if n.Version == "" {
		n.Version = a["store_version"]
	}
	switch a["nix_require_sigs"] {
	case "true":
		n.RequireSigs = Yes
	case "false":
		n.RequireSigs = No
	}
	return n
}

// trusted follows the daemon's own rule (nix.conf(5), trusted-users) where its Nix, before 2.15, does not say
// "Trusted".
func (a answer) trusted(login Login) Answer {
	switch {
	case login.UID == "0", a["store_trusted"] == "1", a["store_url"] == "local":
		return Yes
	case a["store_trusted"] == "0":
		return No
	case a["nix_trusted_users"] == "" || login.User == "":
		return Unsaid
	}
	for _, name := range strings.Fields(a["nix_trusted_users"]) {
		group, isGroup := strings.CutPrefix(name, "@")
		if name == "*" || name == login.User || isGroup && slices.Contains(login.Groups, group) {
			return Yes
		}
	}
	return No
}

// keyNames are the names of keys of Nix: what stands in front of the colon.
func keyNames(keys string) []string {
	var names []string
	for key := range strings.FieldsSeq(keys) {
		if name, _, found := strings.Cut(key, ":"); found && name != "" {
			names = append(names, name)
		}
	}
	return names
}

// builderSystems reads the setting builders, which is a list of machines or, after "@", the file that holds it
// (nix.conf(5)); of files only the default one was read.
func (a answer) builderSystems() []string {
	switch setting := a["nix_builders"]; {
	case setting == "@/etc/nix/machines":
		return strings.FieldsFunc(a["nix_machines"], func(r rune) bool { return r == ' ' || r == ',' })
	case strings.HasPrefix(setting, "@"):
		return nil
	default:
		var systems []string
		for machine := range strings.SplitSeq(setting, ";") {
			if words := strings.Fields(machine); len(words) > 1 {
				systems = append(systems, strings.Split(words[1], ",")...)
			}
		}
		return systems
	}
}

func (a answer) system() System {
	s := System{
		ID:            unquote(a["os_id"]),
		Variant:       unquote(a["os_variant"]),
		Name:          unquote(a["os_name"]),
		Version:       a["nixos_version"],
		Current:       a.path("current"),
		Booted:        a.path("booted"),
		Profile:       a.path("profile"),
		Wanted:        a.path("wanted"),
		Generations:   a.generations(),
		Stale:         a.words("stale", anyWord),
		BootedKernel:  a.path("booted_kernel"),
		CurrentKernel: a.path("current_kernel"),
		BootID:        a["boot_id"],
		PIDSpace:      a["pid_space"],
		SystemdRun:    a.path("program.systemd-run"),
	}
	if uname := strings.Fields(a["uname"]); len(uname) == 3 {
		s.Kernel, s.HostName, s.Machine = uname[0], uname[1], uname[2]
		s.NixOS, s.Systemd = No, No
	}
	s.Activated, s.BootedAt = a.second("current_at"), a.second("booted_at")
	if a["nixos"] == "1" || s.ID == "nixos" {
		s.NixOS = Yes
	}
	if a["systemd"] == "running" {
		s.Systemd = Yes
	}
	if match := profileEnd.FindStringSubmatch(a["profile_link"]); match != nil {
		s.Generation, _ = strconv.Atoi(match[1])
	}
	if match := systemdNo.FindStringSubmatch(a["systemd_version"]); match != nil {
		s.SystemdVersion, _ = strconv.Atoi(match[1])
	}
	s.KernelBytes, _ = strconv.ParseInt(a["kernel_bytes"], 10, 64)
	s.KernelBytes = max(s.KernelBytes, 0)
	return s
}

// second is a time in seconds since 1970; 0: none that there was on a computer, before the year 3000.
func (a answer) second(key string) int64 {
	n, err := strconv.ParseInt(a[key], 10, 64)
	if err != nil || n < 0 || n > 32503680000 {
		return 0
	}
	return n
}

// generations are numbers in the order of their names. The last one may have been cut off.
func (a answer) generations() (all []int) {
	words := a.words("generations", digits)
	if len(a["generations"]) >= putBytes && len(words) > 0 {
		words = words[:len(words)-1]
	}
	for _, word := range words {
		n, _ := strconv.Atoi(word)
		all = append(all, n)
	}
	slices.Sort(all)
	return all
}

// spaces reads rows of `df -P`, from their end, since the device's name may hold anything.
func (a answer) spaces() []Space {
	var spaces []Space
	for _, path := range []string{"/nix/store", "/boot", "/boot/efi", "/efi", "/tmp", "/nix/var/nix", "/run"} {
		space := Space{Path: path}
		if row := dfRow.FindStringSubmatch(a["blocks."+path]); row != nil {
			space.TotalKiB, space.FreeKiB, space.Mount = dfCount(row[1]), dfCount(row[2]), row[3]
		}
		if row := dfRow.FindStringSubmatch(a["inodes."+path]); row != nil {
			space.Inodes, space.FreeInodes, space.Mount = dfCount(row[1]), dfCount(row[2]), row[3]
		}
		if space.Mount != "" {
			spaces = append(spaces, space)
		}
	}
	return spaces
}

func (a answer) mounts() []Mount {
	var mounts []Mount
	for _, word := range strings.Fields(a["mounts"]) {
		parts := strings.Split(word, ",")
		if len(parts) >= 3 && safePath.MatchString(parts[0]) {
			mounts = append(mounts, Mount{At: parts[0], ReadOnly: parts[1] == "ro", Sealed: parts[2] == "ro"})
		}
	}
	return mounts
}

func (a answer) switches() []Unit {
	var units []Unit
	for _, word := range strings.Fields(a["switches"]) {
		parts := strings.Split(word, ",")
		if len(parts) == 3 && safeUnit.MatchString(parts[0]) {
			units = append(units, Unit{Name: parts[0], Active: parts[1], Sub: parts[2]})
		}
	}
	return units
}

// path returns a value that can stand in a command that is offered for pasting, or nothing.
func (a answer) path(key string) string {
	if safePath.MatchString(a[key]) {
		return a[key]
	}
	return ""
}

// words returns those words of a value that match, nil for none.
func (a answer) words(key string, match *regexp.Regexp) []string {
	var words []string
	for word := range strings.FieldsSeq(a[key]) {
		if match.MatchString(word) {
			words = append(words, word)
		}
	}
	return words
}

// status turns the exit status of a command that was tried into whether it worked.
func (a answer) status(key string) Answer {
	switch a[key] {
	case "":
		return Unsaid
	case "0":
		return Yes
	default:
		return No
	}
}

// dfCount reads a number of df, which may be below zero when root has used what is kept for it.
func dfCount(digits string) int64 {
	n, err := strconv.ParseInt(digits, 10, 64)
	if err != nil || n < 0 {
		return 0
	}
	return n
}

// unquote takes the quotes off a value of os-release(5).
func unquote(value string) string {
	if len(value) >= 2 && (value[0] == '"' || value[0] == '\'') && value[len(value)-1] == value[0] {
		return value[1 : len(value)-1]
	}
	return value
}

// escapeNoise is plainText for noise, of which every byte matters: nothing is lost but what is too long.
func escapeNoise(noise []byte) string {
	quoted := strconv.Quote(string(noise[:min(len(noise), noiseBytes)]))
	return quoted[1 : len(quoted)-1]
}
