#!/bin/sh
# Stand-in for NixOS's switch-to-configuration: the same arguments, order of steps, texts on standard error and exit
# status as pkgs/by-name/sw/switch-to-configuration-ng in nixpkgs, for the few units of a lab system.
#
# exit status: 1 refused or no boot loader, 2 activation failed, 4 units failed, 11 locked, 100 a reboot is needed
set -u

say() { printf '%s\n' "$*" >&2; }

usage() {
	say 'Usage: switch-to-configuration [check|switch|boot|test|dry-activate]'
	say 'check:        run pre-switch checks and exit'
	say 'switch:       make the configuration the boot default and activate now'
	say 'boot:         make the configuration the boot default'
	say "test:         activate the configuration, but don't make it the boot default"
	say 'dry-activate: show what would be done if this configuration were activated'
	exit 1
}

action=${1:-}
case $action in
check | switch | boot | test | dry-activate) ;;
*) usage ;;
esac
export NIXOS_ACTION="$action"

if [ "$(id -u)" != 0 ]; then
	say 'Error: switch-to-configuration must be run as the root user'
	exit 1
fi
if [ ! -f /etc/NIXOS ] && ! grep -q '^ID="\{0,1\}nixos"\{0,1\}$' /etc/os-release; then
	say 'This is not a NixOS installation!'
	exit 1
fi

mkdir -p /run/nixos
exec 9>>/run/nixos/switch-to-configuration.lock
if ! flock -n 9; then
	say 'Could not acquire lock'
	exit 11 # the number of EWOULDBLOCK, which the real one exits with
fi

if [ "${NIXOS_NO_CHECK:-}" != 1 ] && ! $PRE_SWITCH_CHECK "$OUT" "$action"; then
	say 'Pre-switch checks failed'
	exit 1
fi
[ "$action" != check ] || exit 0

case $action in
switch | boot)
	if ! $INSTALL_BOOTLOADER "$OUT" 9>&-; then
		say 'Failed to install bootloader'
		exit 1
	fi
	;;
esac
[ "$action" != boot ] || exit 0

# A lab host that was never deployed to has no current system, which a real host always has; it can take any.
if [ -e /run/current-system ] &&
	[ "$(cat /run/current-system/init-interface-version)" != "$(cat "$OUT/init-interface-version")" ]; then
	# shellcheck disable=SC1112 # the real text has these quotes
	say 'Warning: the new NixOS configuration has an ‘init’ that is'
	say 'incompatible with the current configuration.  The new configuration'
	say "won't take effect until you reboot the system."
	say
	exit 100
fi

trap '' PIPE

# ---- what happens to which unit

old=/run/current-system/etc/systemd/system
new=$OUT/etc/systemd/system
systemd=
[ ! -d /run/systemd/system ] || systemd=yes

active() { systemctl is-active --quiet -- "$1"; }
has() { grep -q "^$2\$" "$new/$1"; } # unit line

# Lists of units, one space before each.
stop='' skip='' reload='' restart='' start='' fresh=''
if [ "$systemd" ]; then
	for file in "$old"/*; do
		unit=${file##*/}
		if [ ! -e "$file" ] || ! active "$unit"; then
			: # started below if it is still there
		elif [ ! -e "$new/$unit" ]; then
			stop="$stop $unit"
		elif cmp -s "$file" "$new/$unit"; then
			:
		elif has "$unit" X-ReloadIfChanged=true; then
			reload="$reload $unit"
		elif has "$unit" X-RestartIfChanged=false; then
			skip="$skip $unit"
		elif has "$unit" X-StopIfChanged=false; then
			restart="$restart $unit"
		else
			stop="$stop $unit"
			start="$start $unit"
		fi
	done
	for file in "$new"/*; do
		unit=${file##*/}
		[ -e "$file" ] || continue
		active "$unit" || fresh="$fresh $unit"
	done
fi

listed() { # text units...
	text=$1
	shift
	[ $# -gt 0 ] || return 0
	list=$1
	shift
	for unit; do
		list="$list, $unit"
	done
	say "$text: $list"
}

# The lists are split into words on purpose from here on.
# shellcheck disable=SC2086
if [ "$action" = dry-activate ]; then
	listed 'would stop the following units' $stop
	listed 'would NOT stop the following changed units' $skip
	say 'would activate the configuration...'
	"$OUT/dry-activate" "$OUT"
	listed 'would reload the following units' $reload
	listed 'would restart the following units' $restart
	listed 'would start the following units' $start $fresh
	exit 0
fi

# ---- switch and test

# Where nothing listens there is nobody who would read it.
log() { [ ! -S /dev/log ] || logger -t nixos "$*" 9>&-; }
finish() { # status
	if [ "$1" = 0 ]; then
		log "finished switching to system configuration $OUT"
	else
		log "switching to system configuration $OUT failed (status $1)"
	fi
	exit "$1"
}
log "switching to system configuration $OUT"
status=0
# shellcheck disable=SC2086
listed 'stopping the following units' $stop
# shellcheck disable=SC2086
[ -z "$stop" ] || systemctl stop -- $stop
# shellcheck disable=SC2086
listed 'NOT restarting the following changed units' $skip

say 'activating the configuration...'
if ! "$OUT/activate" "$OUT" 9>&-; then
	say 'Failed to run activate script'
	status=2
fi

[ "$systemd" ] || finish $status

systemctl reset-failed
systemctl daemon-reload
say 'restarting sysinit-reactivation.target'

each() { # verb units...
	verb=$1
	shift
	for unit; do
		if ! systemctl "$verb" -- "$unit" 2>/dev/null; then
			say "Failed to $verb $unit"
			status=4
		fi
	done
}
# shellcheck disable=SC2086
{
	listed 'reloading the following units' $reload
	each reload $reload
	listed 'restarting the following units' $restart
	each restart $restart
	listed 'starting the following units' $start
	each start $start
	# New ones come with the targets that want them, which nobody lists.
	each start $fresh
}

# A simple service fails a moment after it was started.
[ -z "$start$fresh$restart" ] || sleep 0.25
started=''
for unit in $fresh; do
	! active "$unit" || started="$started $unit"
done
# shellcheck disable=SC2086
listed 'the following new units were started' $started

failed=$(systemctl list-units --failed --no-legend --plain | cut -d' ' -f1)
if [ "$failed" ]; then
	# shellcheck disable=SC2086
	{
		listed 'warning: the following units failed' $failed
		systemctl status --no-pager --full $failed >&2
	}
	status=4
fi
finish $status
