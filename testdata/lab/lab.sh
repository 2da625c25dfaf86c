#!/bin/bash
# Real hosts on one machine: each one a container with its own systemd, sshd, users, Nix and store, on a loopback
# address of its own. For the end-to-end tests and for `make try`. Needs root on Debian or a relative.
set -euo pipefail
shopt -s inherit_errexit

usage() {
	cat <<'END'
usage: lab.sh install                   install the Debian packages that the lab needs, if they are missing
       lab.sh up DIR NAME[:PORT]...     boot hosts; back when all of them answer ssh
       lab.sh status DIR                one line a host
       lab.sh down DIR [NAME...]        stop these hosts, or all and unmount what is in DIR; safe to repeat

DIR gets
  ssh_config            one alias a host, for ssh -F and nixhop --ssh-config; logs in as root
  known_hosts, key      what that config names: the hosts' keys, the key that every login accepts
  env                   to be sourced: Nix and nixhop settings for this machine's side of the lab
  hosts/NAME/root       the host's file system; its sshd log is var/log/sshd.log in there
  log/NAME              the host's console

Logins of a host: root; admin (sudo without a password), pw (sudo with the password "lab"), nosudo;
fish (that login shell), noisy (its shell prints a line before everything else).

environment
  NIXHOP_LAB_CACHE      where the hosts' common file system is kept (/var/cache/nixhop-lab)
  NIXHOP_LAB_MIRROR     the Debian mirror to build it from
  NIXHOP_LAB_OWNER      a process id: the lab goes down when that process ends
END
}

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
cache=${NIXHOP_LAB_CACHE:-/var/cache/nixhop-lab}
# One lock file an address, held as long as a host lives there.
locks=/run/nixhop-lab

fail() {
	printf 'lab: %s\n' "$@" >&2
	exit 1
}

need_root() { [[ $(id -u) == 0 ]] || fail 'the lab needs root: it boots containers'; }

# ---- packages and the hosts' common file system

install_packages() {
	need_root
	command -v apt-get >/dev/null || fail 'the lab needs Debian or a relative: there is no apt-get here'
	local missing=() pair
	for pair in nix:nix-bin ssh:openssh-client git:git flock:util-linux mount:mount \
		systemd-nspawn:systemd-container debootstrap:debootstrap; do
		command -v "${pair%%:*}" >/dev/null || missing+=("${pair#*:}")
	done
	[[ -e /usr/share/keyrings/debian-archive-keyring.gpg ]] || missing+=(debian-archive-keyring)
	[[ ${#missing[@]} -gt 0 ]] || return 0
	echo "lab: installing ${missing[*]}" >&2
	export DEBIAN_FRONTEND=noninteractive
	{ apt-get update -q && apt-get install -qy --no-install-recommends "${missing[@]}"; } >&2 </dev/null
}

# remains removes what a build that was cut short left behind, mounts included.
remains() { # directory...
	local directory mounted
	for directory; do
		awk -v under="$directory/" 'index($2, under) == 1 { print $2 }' /proc/mounts | tac | while read -r mounted; do
			umount "$mounted"
		done
		rm -rf --one-file-system "$directory"
	done
}

# rootfs prints the directory with the hosts' common file system and builds it where there is none for this recipe.
# It gets its name only when it is whole, so that a build that was cut short is never taken for one.
rootfs() {
	local sum
	sum=$(cat "$here/rootfs.sh" "$here/boot.sh" | cksum)
	local root=$cache/root-${sum%% *}
	mkdir -p "$cache"
	(
		flock 8
		[[ ! -d $root ]] || exit 0
		remains "$cache"/building.*
		local new old
		new=$(mktemp -d "$cache/building.XXXXXX") && chmod 755 "$new"
		echo "lab: building the hosts' file system in $cache (once; a minute or two)" >&2
		if ! sh "$here/rootfs.sh" "$new/root" >"$cache/build.log" 2>&1; then
			tail -n 20 "$cache/build.log" >&2
			fail "building the hosts' file system failed; all of it: $cache/build.log"
		fi
		for old in "$cache"/root-*; do
			grep -qF "lowerdir=$old," /proc/mounts || rm -rf "$old"
		done
		mv "$new/root" "$root"
		rmdir "$new"
	) 8>"$cache/lock"
	echo "$root"
}

# ---- processes: a pid counts only together with its start time, so that a reused one is never taken for ours

started_at() { # pid -> start time in ticks since boot; nothing when there is no such process or it is a zombie
	local stat
	{ read -r stat <"/proc/$1/stat"; } 2>/dev/null || return 0
	local fields
	read -ra fields <<<"${stat##*) }"
	[[ ${fields[0]} == Z ]] || echo "${fields[19]}"
}

remember() { echo "$2 $(started_at "$2")" >"$1"; } # file pid

living() { # file -> pid, while the process that was remembered there lives
	local pid since
	{ read -r pid since <"$1"; } 2>/dev/null || return 1
	[[ -n $since && $(started_at "$pid") == "$since" ]] && echo "$pid"
}

end() { # signal seconds file...: ends the process of the first file; true when those of all files are gone
	local signal=$1 tries=$(($2 * 20)) pid told='' file left
	shift 2
	while :; do
		# A host that is just rebooting has another process a moment later.
		if pid=$(living "$1") && [[ $pid != "$told" ]]; then
			kill "-$signal" "$pid" 2>/dev/null || true
			told=$pid
		fi
		left=
		for file; do
			! living "$file" >/dev/null || left=yes
		done
		[[ $left ]] || return 0
		((tries-- > 0)) || return 1
		sleep 0.05
	done
}

# ---- up

taken() { # address port: does something listen there?
	(exec 3<>"/dev/tcp/$1/$2") 2>/dev/null
}

# claim takes a free address for a host: the lock is held by this process and handed on to the host's keeper.
# Sets claimed and claim_fd.
claim() { # port
	local n
	mkdir -p "$locks"
	for n in {21..250}; do
		claimed=127.0.0.$n
		exec {claim_fd}>"$locks/$claimed"
		if flock -n "$claim_fd" && ! taken "$claimed" "$1"; then
			return
		fi
		exec {claim_fd}>&-
	done
	fail "no free loopback address with port $1"
}

write_local_side() { # dir
	rm -f "$1/key" "$1/key.pub"
	ssh-keygen -q -t ed25519 -N '' -C lab -f "$1/key"
	: >"$1/known_hosts"
	: >"$1/ssh_config"
	mkdir -p "$1/nix" "$1/log"
	# The machine's own nix.conf stays as it is: this directory replaces /etc/nix, and the user's file is left out.
	printf '%s\n' 'experimental-features = nix-command flakes' 'sandbox = false' 'build-users-group =' 'substituters =' >"$1/nix/nix.conf"
	: >"$1/nix/user.conf"
	cat >"$1/env" <<-END
		export NIX_CONF_DIR=$1/nix
		export NIX_USER_CONF_FILES=$1/nix/user.conf
		export NIXHOP_SSH_CONFIG=$1/ssh_config
	END
}

write_host() { # dir name address port lower
	local host=$1/hosts/$2 dest=$3
	local root=$host/root home
	mkdir -p "$host/upper" "$host/work" "$root"
	mount -t overlay nixhop-lab -o "lowerdir=$5,upperdir=$host/upper,workdir=$host/work" "$root"
	echo "$2" >"$root/etc/hostname"
	printf '127.0.0.1 localhost\n%s %s\n' "$3" "$2" >"$root/etc/hosts"
	tr -d - </proc/sys/kernel/random/uuid >"$root/etc/machine-id"
	ssh-keygen -q -t ed25519 -N '' -C "root@$2" -f "$root/etc/ssh/ssh_host_ed25519_key"
	printf 'ListenAddress %s\nPort %s\n' "$3" "$4" >"$root/etc/ssh/sshd_config.d/address.conf"
	cp "$1/key.pub" "$root/root/.ssh/authorized_keys"
	for home in "$root"/home/*; do
		cp "$1/key.pub" "$home/.ssh/authorized_keys"
	done

	[[ $4 == 22 ]] || dest="[$3]:$4"
	printf '%s %s\n' "$dest" "$(cut -d' ' -f1,2 "$root/etc/ssh/ssh_host_ed25519_key.pub")" >>"$1/known_hosts"
	cat >>"$1/ssh_config" <<-END
		Host $2
		  HostName $3
		  Port $4
		  User root
		  IdentityFile $1/key
		  IdentitiesOnly yes
		  UserKnownHostsFile $1/known_hosts
		  GlobalKnownHostsFile /dev/null
	END
}

# boot starts a host in a session of its own. The keeper (the outer shell) holds the lock on the address until the
# host is gone, and starts it again when it ends with 133, which is nspawn's word for a reboot. Each host gets a
# control group of its own: without one all would be in the same, and one host's systemd would manage the services of
# the others.
boot() { # dir name; claim_fd is the lock
	local groups=() hierarchy
	for hierarchy in /sys/fs/cgroup /sys/fs/cgroup/systemd /sys/fs/cgroup/unified; do
		if [[ -e $hierarchy/cgroup.procs ]] && mkdir -p "$hierarchy/nixhop-lab.$$.$2" 2>/dev/null; then
			groups+=("$hierarchy/nixhop-lab.$$.$2")
		fi
	done
	printf '%s\n' "${groups[@]}" >"$1/run/$2.groups"
	# shellcheck disable=SC2016 # expanded by the inner shells
	setsid bash -c '
		. "$1"
		dir=$2 name=$3 machine=$4
		remember "$dir/run/$name.keeper" $$
		status=133
		while [[ $status == 133 && -d $dir/run && ! -e $dir/run/$name.stop ]]; do
			status=0
			(
				remember "$dir/run/$name.pid" "$BASHPID"
				while read -r group; do
					[[ -z $group ]] || echo "$BASHPID" >"$group/cgroup.procs"
				done <"$dir/run/$name.groups"
				exec systemd-nspawn -q -D "$dir/hosts/$name/root" --machine="$machine" --hostname="$name" \
					--register=no --keep-unit --resolv-conf=off --timezone=off --link-journal=no \
					--boot --kill-signal=SIGRTMIN+3
			) || status=$?
			echo "lab: the host ended with status $status"
		done
	' - "$here/lab.sh" "$1" "$2" "lab-$$-$2" </dev/null >"$1/log/$2" 2>&1 &
	remember "$1/run/$2.keeper" $!
	exec {claim_fd}>&-
}

answers() { # dir name address port: wait until the host answers ssh
	local tries=0 line
	while ! line=$({ exec 3<>"/dev/tcp/$3/$4" && head -c 4 <&3; } 2>/dev/null) || [[ $line != SSH- ]]; do
		((++tries < 1200)) || return 1
		living "$1/run/$2.keeper" >/dev/null || return 1
		sleep 0.05
	done
	ssh -F "$1/ssh_config" -o BatchMode=yes -o ConnectTimeout=20 "$2" true
}

up() { # dir name...
	need_root
	local dir=$1 lower word name port
	shift
	[[ $# -gt 0 ]] || fail 'which hosts? lab.sh up DIR NAME...'
	for word in nix ssh ssh-keygen flock setsid systemd-nspawn debootstrap; do
		command -v "$word" >/dev/null || fail "$word is not installed" "$0 install"
	done
	for word; do
		[[ $word =~ ^[a-z][a-z0-9-]{0,30}(:[0-9]+)?$ ]] || fail "not a name for a host: $word"
	done
	mkdir -p "$dir"
	down "$dir"
	trap 'trap - EXIT; down "$dir"' EXIT
	trap 'exit 130' INT
	trap 'exit 143' TERM HUP
	lower=$(rootfs)
	mkdir -p "$dir/run" "$dir/hosts"
	write_local_side "$dir"
	# A tmpfs of the lab's own: an overlay's upper directory cannot be in another overlay, where DIR may well be.
	mount -t tmpfs -o mode=755 nixhop-lab "$dir/hosts"

	# Where a server of the machine itself has port 22 of every address, 2222 will do.
	local ordinary=22
	! taken 127.0.0.20 22 || ordinary=2222
	local names=() addresses=() ports=() waiting=() claimed claim_fd n
	for word; do
		name=${word%:*} port=$ordinary
		[[ $word != *:* ]] || port=${word#*:}
		claim "$port"
		write_host "$dir" "$name" "$claimed" "$port" "$lower"
		boot "$dir" "$name"
		names+=("$name") addresses+=("$claimed") ports+=("$port")
	done
	for n in "${!names[@]}"; do
		answers "$dir" "${names[n]}" "${addresses[n]}" "${ports[n]}" &
		waiting+=($!)
	done
	for n in "${!names[@]}"; do
		wait "${waiting[n]}" && continue
		echo "lab: ${names[n]} does not answer; the end of its console:" >&2
		tail -n 20 "$dir/log/${names[n]}" >&2
		exit 1
	done
	if [[ -n ${NIXHOP_LAB_OWNER:-} ]]; then
		# shellcheck disable=SC2016 # expanded by the inner shell
		setsid bash -c 'tail --pid="$1" -f /dev/null; rm -f "$3/run/owner"; exec "$2" down "$3"' - \
			"$NIXHOP_LAB_OWNER" "$here/lab.sh" "$dir" </dev/null >/dev/null 2>&1 &
		remember "$dir/run/owner" $!
	fi
	trap - EXIT INT TERM HUP
}

# ---- down and status

stop() { # dir name: an orderly shutdown, and a short one if that takes too long; nspawn hands TERM on as SIGRTMIN+3
	local run=$1/run/$2 group
	: >"$run.stop"
	end TERM 8 "$run.pid" "$run.keeper" || end KILL 5 "$run.pid" "$run.keeper" ||
		echo "lab: $2 does not end: process $(living "$run.pid")" >&2
	while read -r group; do
		# The groups of a host that just ended can be busy for a moment.
		for _ in {1..20}; do
			[[ -d $group ]] || break
			find "$group" -depth -type d -exec rmdir {} + 2>/dev/null || sleep 0.05
		done
	done <"$run.groups"
	rm -f "$run".*
}

unmount() { # directory
	for _ in {1..40}; do
		mountpoint -q "$1" || return 0
		umount "$1" 2>/dev/null || sleep 0.05
	done
	umount --lazy "$1"
}

down() { # dir [name...]
	local dir=$1 file root names=()
	shift
	[[ -d $dir ]] || return 0
	if [[ $# -gt 0 ]]; then
		names=("$@")
	else
		end TERM 2 "$dir/run/owner" || true
		for file in "$dir"/run/*.groups; do
			[[ ! -e $file ]] || names+=("$(basename "$file" .groups)")
		done
	fi
	for file in "${names[@]}"; do
		[[ ! -e $dir/run/$file.groups ]] || stop "$dir" "$file" &
	done
	wait
	[[ $# == 0 ]] || return 0
	for root in "$dir"/hosts/*/root; do
		unmount "$root"
	done
	unmount "$dir/hosts"
	rm -rf --one-file-system "$dir/run" "$dir/hosts"
}

status() { # dir
	local alias address='' port key value
	[[ -e $1/ssh_config ]] || fail "no lab in $1"
	while read -r key value; do
		case $key in
		Host) alias=$value ;;
		HostName) address=$value ;;
		Port) # the last of the three
			port=$value
			if ! living "$1/run/$alias.pid" >/dev/null; then
				echo "$alias $address:$port down"
			elif taken "$address" "$port"; then
				echo "$alias $address:$port up"
			else
				echo "$alias $address:$port no-ssh"
			fi
			;;
		esac
	done <"$1/ssh_config"
}

directory() { # DIR as given: absolute, and of characters that mean nothing to ssh, mount or a shell
	local dir
	[[ -n $1 ]] || fail 'which directory? see lab.sh help'
	dir=$(realpath -m -- "$1")
	[[ $dir =~ ^[A-Za-z0-9/._+@=-]+$ ]] || fail "choose a directory of plain characters, not $dir"
	echo "$dir"
}

main() {
	local command=${1:-help} dir
	[[ $# == 0 ]] || shift
	case $command in
	install) install_packages ;;
	up | down | status)
		dir=$(directory "${1:-}")
		shift || true
		"$command" "$dir" "$@"
		;;
	help | --help | -h) usage ;;
	*)
		usage >&2
		exit 2
		;;
	esac
}

# Sourced by the shell that becomes a host, which needs only the functions.
[[ ${BASH_SOURCE[0]} != "$0" ]] || main "$@"
