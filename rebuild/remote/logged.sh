# Runs on the target, as root where that asks nobody: tells what switch-to-configuration has told the journal since a time, a line each. It
# logs as nixos; nobody but root is believed.
# Set by the caller in front of this text: since, in seconds of the host's clock; programs
# shellcheck shell=sh disable=SC2154

PATH=${PATH-}${PATH:+:}$programs
export PATH
journalctl --sync >/dev/null 2>&1
journalctl --boot --quiet --no-pager -o cat -n 50 --since "@$since" SYSLOG_IDENTIFIER=nixos _UID=0 2>/dev/null
exit 0
