# Runs on the target: tells what it runs, and what it boots.
# Set by the caller in front of this text: profile programs
# shellcheck shell=sh disable=SC2154

PATH=${PATH-}${PATH:+:}$programs
export PATH
printf 'runs=%s\n' "$(readlink -f /run/current-system)"
printf 'boots=%s\n' "$(readlink -f "$profile")"
