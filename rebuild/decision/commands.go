package decision

import (
	"slices"
	"strconv"
	"strings"

	"nixhop/rebuild/facts"
)

// ToplevelWord stands in a command for the system that is activated, where that is still to be built. No argument of a
// program can hold a NUL, so it can never be meant otherwise.
const ToplevelWord = "\x00toplevel"

// Commands are what an activation runs as root where sudo lets a login run a few commands and no shell: those of
// nixos-rebuild, word for word, for people write rules for them (colmena#165, jappeace/linux-config#62). A word may
// hold ToplevelWord for the system that is activated.
type Commands struct {
	Profile []string // sets the profile; empty: the action sets none
	Switch  []string // activates
}

// permitted chooses, for each of the two, the first of the forms that rules let a login run without a password. missing
// are the commands for which there is no rule; they are worth a word where there is one for the other. system is any
// system of the host: rules may go by its name.
func permitted(rules facts.SudoRules, a Activation, system string) (found *Commands, missing []string) {
	free := func(forms [][]string) []string {
		i := slices.IndexFunc(forms, func(form []string) bool { return rules.Free(forSystem(form, system)...) })
		if i < 0 {
			missing = append(missing, strings.Join(forSystem(forms[0], "/nix/store/*"), " "))
			return nil
		}
		return forms[i]
	}
	var c Commands
	if a.commands() > 1 {
		c.Profile = free(a.profileForms())
	}
	c.Switch = free(a.switchForms())
	if len(missing) == 0 && system != "" && !(a.Back() && a.Action == "test") { // which takes the number of a generation
		return &c, nil
	}
	return nil, missing
}

// NotHandedOn says what of the environment here does not come to the activation, though it would to a shell of root:
// sudo keeps none for single commands. Empty: nothing that was set.
func (d Decision) NotHandedOn(env func(string) string) string {
	if d.Commands == nil || d.Engine != nil || env("NIXOS_NO_CHECK") != "1" {
		return ""
	}
	return "NIXOS_NO_CHECK=1 is not handed on: sudo there lets this login run single commands only, without an environment; " +
		"the checks of the system itself are made before it is activated"
}

// On are the commands for a system.
func (c Commands) On(system string) [][]string {
	commands := [][]string{forSystem(c.Switch, system)}
	if len(c.Profile) > 0 {
		commands = append(commands, forSystem(c.Profile, system))
	}
	return commands
}

// forSystem puts a system in its place.
func forSystem(form []string, system string) []string {
	words := make([]string, len(form))
	for i, word := range form {
		words[i] = strings.ReplaceAll(word, ToplevelWord, system)
	}
	return words
}

// profileForms set the profile: as every nixos-rebuild does, and as colmena does.
func (a Activation) profileForms() [][]string {
	switch {
	case a.Rollback:
		return [][]string{{"nix-env", "--rollback", "-p", a.Profile}}
	case a.Generation > 0:
		return [][]string{{"nix-env", "-p", a.Profile, "--switch-generation", strconv.Itoa(a.Generation)}}
	}
	return [][]string{
		{"nix-env", "-p", a.Profile, "--set", ToplevelWord},
		{"nix-env", "--profile", a.Profile, "--set", ToplevelWord},
	}
}

// switchForms activate, as the releases of nixos-rebuild do: the one in bash to 25.05, with --same-dir until 24.11, the
// ng from 24.11 on; without systemd; and as colmena does. sudo hands no variable on: what is to be set stands in words.
func (a Activation) switchForms() [][]string {
	program := ToplevelWord
	if a.Specialisation != "" {
		program += "/specialisation/" + a.Specialisation
	}
	start := []string{program + "/bin/switch-to-configuration", a.Action}
	unit := func(sameDir, wait bool, variables ...string) []string {
		words := []string{"systemd-run"}
		for _, v := range variables {
			words = append(words, "-E", v)
		}
		words = append(words, "--collect", "--no-ask-password", "--pipe", "--quiet")
		if sameDir {
			words = append(words, "--same-dir")
		}
		words = append(words, "--service-type=exec", "--unit="+facts.ActivationUnit)
		if wait {
			words = append(words, "--wait")
		}
		return append(words, start...)
	}
	const locale, install = "LOCALE_ARCHIVE", "NIXOS_INSTALL_BOOTLOADER"
	bash, ng := install+"=", install+"=0"
	if a.Bootloader {
		bash, ng = install+"=1", install+"=1"
	}
	forms := [][]string{
		unit(false, true, locale, bash),
		unit(true, true, locale, bash),
		unit(false, true, locale, ng),
		append([]string{"env", ng}, unit(false, false, locale, install)...),
	}
	if !a.Bootloader {
		forms = append(forms, unit(false, false, locale, install), unit(false, false, locale, install, "NIXOS_NO_CHECK"))
	}
	forms = append(forms, append([]string{"env", "-i", locale + "=", bash}, start...), append([]string{"env", ng}, start...))
	if !a.Bootloader {
		forms = append(forms, start)
	}
	return forms
}
