# Asks a host what a deployment depends on, and prints one KEY=VALUE line for each fact that it could find. probe.go puts the
# assignments of nonce, profile, wanted, runs, target, build, run0, sudo_options, parts and programs before this text; facts.go reads the answer. It changes nothing on the host.
# shellcheck shell=sh disable=SC2154

# Functions come in with the environment where sh is bash.
unset -f command printf read wait id uname date df sed stat readlink timeout systemctl systemd-run nix nix-store sudo doas
set -f
LC_ALL=C SYSTEMD_COLORS=0
NIX_CONFIG="${NIX_CONFIG-}
extra-experimental-features = nix-command"
export LC_ALL SYSTEMD_COLORS NIX_CONFIG
newline='
'

# put KEY VALUE: only the first line of the value, so that no value can pass for another fact, and short enough to be written in
# one piece beside the lines of the parts that run at the same time.
put() {
	if [ -n "$2" ]; then printf '%s=%.3000s\n' "$1" "${2%%"$newline"*}"; fi
}

# link KEY PATH: where the path leads, if it leads anywhere.
link() {
	if [ -e "$2" ]; then put "$1" "$(readlink -f "$2")"; fi
}

# line KEY FILE: the first line of a file, which need not end in a newline.
line() {
	if [ -r "$2" ]; then
		text=
		read -r text <"$2"
		put "$1" "$text"
	fi
}

# bounded COMMAND...: ends it after two seconds, where that can be done; the status is then 124.
bounded() {
	if [ -n "$timeout" ]; then timeout 2 "$@"; else "$@"; fi
}

ask_login() {
	put clock "$(date +%s)"
	put id "$identity"
	put uname "$(uname -snm)"
	put shell "${SHELL-}"
	put path "$login_path"
	if [ -z "$nix_store" ]; then
		for directory in /run/current-system/sw/bin /nix/var/nix/profiles/default/bin "${HOME-}/.nix-profile/bin" /usr/local/bin /usr/bin; do
			if [ -x "$directory/nix-store" ]; then
				put nix_elsewhere "$directory"
				break
			fi
		done
	fi
}

# joined TEXT: its lines in one. facts.go takes them apart again.
joined() {
	printf '%s\n' "$1" | sed -e ':next' -e '$!N' -e 's/\n/ | /' -e 't next'
}

# root_shell PROGRAM OPTIONS: has a program start what an activation starts, and says how that ended; there is nothing for the shell
# to do. sudo may be given options of the user's own, in words for a shell.
root_shell() {
	program=$1
	eval "bounded \"\$program\" $2 /bin/sh -s" 2>&1
}

# other_login: PAM may let a user of sudo in by something else than a password and without a person, which is tried only then: each
# failure counts where logins are counted (pam_faillock).
other_login() {
	more=$(sed -n -e 's/^@include[[:blank:]]*//p' -e 's/^-*auth[[:blank:]]*\(include\|substack\)[[:blank:]]*//p' /etc/pam.d/sudo)
	for service in sudo $more; do
		file=/etc/pam.d/${service##*/}
		if [ -n "$(sed -n -e '/^-*auth[[:blank:]]*\(sufficient\|\[.*success=\)/!d' -e "/pam_\\($people\\)\\.so/!p" "$file")" ]; then return 0; fi
	done
	return 1
}

# The modules of PAM that want a password or a person.
people='unix\|sss\|krb5\|ldap\|winbind\|systemd_home\|userdb\|kanidm\|himmelblau\|deny\|u2f\|fprintd\|duo\|google_authenticator\|oath\|yubico\|pkcs11\|p11'

# What sudo remembers of a password (-k: not that) is forgotten again before a build has ended. -n asks nobody, and leaves PAM out.
ask_sudo() {
	says=$(root_shell "$sudo" "-k -n $sudo_options")
	status=$?
	put sudo_status "$status"
	if [ "$status" -eq 0 ]; then free=1; fi
	case $says in *password* | *authentication*)
		if other_login; then
			tried=$(root_shell "$sudo" "-k $sudo_options")
			status=$?
			put sudo_pam_status "$status"
			if [ "$status" -eq 0 ]; then free=1; fi
			if [ "$status" -eq 124 ]; then put sudo_late 1; fi
			case $tried in '' | *'terminal is required'* | *'no tty present'*) ;; *) says=$tried ;; esac
		fi
		;;
	esac
	if [ -z "$free" ]; then put sudo_says "$(joined "$says")"; fi
	put sudo_rules "$(joined "$(bounded "$sudo" -k -n -l)")"
	put sudo_version "$(bounded "$sudo" --version)"
}

ask_root() {
	free=
	if [ -n "$sudo" ]; then ask_sudo; fi
	if [ -n "$doas" ]; then
		says=$(root_shell "$doas" -n)
		status=$?
		put doas_status "$status"
		if [ "$status" -eq 0 ]; then free=1; else put doas_says "${says##*"$newline"}"; fi
	fi
	if [ -z "$free" ] || [ "$run0" = 1 ]; then ask_run0; fi
}

# What run0 does where there is no terminal: a unit of root's, granted by polkit (org.freedesktop.systemd1.manage-units) or not. No agent
# is started that could ask for a password. Only the attempt itself shows what a rule of polkit makes of it.
ask_run0() {
	if [ -z "$systemd_run" ] || ! [ -d /run/systemd/system ]; then return; fi
	says=$(bounded "$systemd_run" --uid=0 --pipe --quiet --wait --collect --no-ask-password -E LOCALE_ARCHIVE /bin/sh -s 2>&1)
	status=$?
	put run0_status "$status"
	if [ "$status" -ne 0 ]; then put run0_says "${says##*"$newline"}"; fi
}

ask_store() {
	answer=$(bounded nix store ping 2>&1)
	if [ "$?" -eq 124 ]; then answer='error: no answer within two seconds'; fi
	case $answer in *recogni[sz]ed*) answer=$(bounded nix store info 2>&1) ;; esac
	printf '%.3000s\n' "$answer" | sed -n -e 's/^Store URL: /store_url=/p' -e 's/^Version: /store_version=/p' \
		-e 's/^Trusted: /store_trusted=/p' -e 's/^.*error:[^ ]* /store_error=/p'
}

ask_config() {
	config=$(bounded nix show-config) || config=$(bounded nix config show)
	config=$(
		printf '%s\n' "$config" | sed -n -e 's/^system = /nix_system=/p' -e 's/^extra-platforms = /nix_extra_platforms=/p' \
			-e 's/^system-features = /nix_system_features=/p' -e 's/^max-jobs = /nix_max_jobs=/p' \
			-e 's/^experimental-features = /nix_experimental_features=/p' -e 's/^builders = /nix_builders=/p' \
			-e 's/^require-sigs = /nix_require_sigs=/p' -e 's/^secret-key-files = /nix_secret_keys=/p' \
			-e 's/^trusted-users = /nix_trusted_users=/p' -e 's/^trusted-public-keys = /nix_trusted_keys=/p'
		sed -n 's/^[[:blank:]]*trusted-users[[:blank:]]*=/nix_trusted_users=/p' /etc/nix/nix.conf
	)
	printf '%.3900s\n' "$config"
	# Of the keys that Nix signs with here the names: what stands in front of the colon.
	signs=
	for file in $(printf '%s\n' "$config" | sed -n 's/^nix_secret_keys=//p'); do
		name='?'
		if [ -r "$file" ]; then IFS=: read -r name _ <"$file"; fi
		signs="$signs $name"
	done
	put nix_signs "${signs# }"
	put binfmt "$(
		set +f
		cd /proc/sys/fs/binfmt_misc && for name in *; do
			case $name in register | status | '*') ;; *) printf '%s ' "$name" ;; esac
		done
	)"
	if [ -r /etc/nix/machines ]; then
		systems=
		while read -r machine kinds _; do
			case $machine in '' | '#'*) ;; *) systems="$systems $kinds" ;; esac
		done </etc/nix/machines
		put nix_machines "$systems"
	fi
}

ask_nix() {
	if ! command -v nix >/dev/null; then
		put nix_version "$(bounded nix-store --version)"
		return
	fi
	store=
	if [ -z "$root" ]; then
		store=$(ask_store)
		printf '%s\n' "$store"
	fi
	case $store in *store_version=*) ;; *) put nix_version "$(bounded nix --version)" ;; esac
	case $build,$root,$store in
	1,*) ask_config ;;
	*,1,* | *store_trusted=1*) ;;
	*) ask_config ;;
	esac
}

ask_system() {
	if [ -e /etc/NIXOS ]; then put nixos 1; fi
	if [ -r /etc/os-release ]; then
		while IFS='=' read -r key value; do
			case $key in
			ID) put os_id "$value" ;;
			VARIANT_ID) put os_variant "$value" ;;
			PRETTY_NAME) put os_name "$value" ;;
			esac
		done </etc/os-release
	fi
	line boot_id /proc/sys/kernel/random/boot_id
	put pid_space "$(readlink /proc/self/ns/pid)" # containers may share a kernel, and with it the boot id
	line nixos_version /run/current-system/nixos-version
	link current /run/current-system
	link booted /run/booted-system
	# Links that are made anew with each activation, and each boot.
	put current_at "$(stat -c %Y /run/current-system 2>/dev/null)"
	put booted_at "$(stat -c %Y /run/booted-system 2>/dev/null)"
	link profile "$profile"
	put profile_link "$(readlink "$profile")"
	if [ -n "$wanted" ]; then
		link wanted "$profile-$wanted-link"
		put generations "$(
			set +f
			for name in "$profile"-*-link; do
				name=${name%-link} name=${name##*-}
				case $name in '' | *[!0-9]*) ;; *) printf '%s ' "$name" ;; esac
			done
		)"
	fi
	stale=
	for part in $parts; do
		booted=/run/booted-system/$part current=/run/current-system/$part
		# shellcheck disable=SC3013
		if [ -e "$booted" ] && [ -e "$current" ] && ! [ "$booted" -ef "$current" ]; then stale="$stale $part"; fi
	done
	put stale "${stale# }"
	case $stale in *' kernel'*)
		link booted_kernel /run/booted-system/kernel
		link current_kernel /run/current-system/kernel
		;;
	esac
	if [ -e /run/current-system/kernel ]; then
		total=0
		for size in $(stat -L -c %s /run/current-system/kernel /run/current-system/initrd); do total=$((total + size)); done
		put kernel_bytes "$total"
	fi
}

# ask_df KEY FLAGS DIRECTORY...: one df for all prints a row for each, in their order, unless it fails for one of them.
ask_df() {
	key=$1 flags=$2
	shift 2
	if rows=$(bounded df "$flags" "$@"); then
		{
			read -r _
			for directory; do
				read -r row
				put "$key.$directory" "$row"
			done
		} <<-END
			$rows
		END
	elif [ $# -gt 1 ]; then
		for directory; do ask_df "$key" "$flags" "$directory"; done
	fi
}

ask_space() {
	kernels=
	set --
	for directory in /nix/store /boot /boot/efi /efi /tmp /nix/var/nix /run; do
		[ -d "$directory" ] || continue
		set -- "$@" "$directory"
		if [ -d "$directory/EFI/nixos" ] || [ -d "$directory/kernels" ]; then kernels="$kernels $directory"; fi
	done
	put kernels "${kernels# }"
	[ $# -gt 0 ] || return
	ask_df blocks -Pk "$@" &
	ask_df inodes -Pi "$@"
	wait
}

# ask_mounts: where file systems are mounted that a deployment writes to, in their order, for of two at one place the later one counts;
# each with how it is mounted, and with how the file system itself is.
ask_mounts() {
	mounts=
	while read -r _ _ _ _ at options rest; do
		case $at in / | /boot | /efi | /nix | /run | /tmp | /var | /boot/* | /nix/*) mounts="$mounts $at,${options%%,*},${rest##* }" ;; esac
	done </proc/self/mountinfo
	put mounts "${mounts# }"
}

ask_units() {
	[ -d /run/systemd/system ] || return
	put systemd running
	bounded systemctl list-units --all --plain --no-legend --no-pager 'nixos-rebuild-switch-to-configuration*' nixos-upgrade.service |
		{
			units=
			while read -r unit _ active sub _; do units="$units $unit,$active,$sub"; done
			put switches "${units# }"
		}
	put systemd_version "$(bounded systemctl --version)"
}

# What belongs to an activation and is no unit: the profile is set before there is one.
ask_work() {
	set +f
	words=$(cat /proc/[0-9]*/cmdline | tr '\0' ' ')
	case $words in *"nix-env -p $profile "* | *'/bin/switch-to-configuration '*) put at_work 1 ;; esac
}

ask_failed() {
	[ -d /run/systemd/system ] || return
	if rows=$(bounded systemctl list-units --failed --plain --no-legend --no-pager); then
		units=
		while read -r unit _; do units="$units${unit:+ }$unit"; done <<-END
			$rows
		END
		put failed "${units# }"
		if [ -n "$units" ]; then put failing 1; else put failing 0; fi
	fi
}

# ask_last: what the last activation by nixhop was that has changed something, and how it ended; with a guard, what became of it. Nobody
# remembers that over a boot.
ask_last() {
	# shellcheck disable=SC2045 # the names are nixhop's own
	for run in $(ls -t "$runs"); do
		action='' status='' started='' ended='' guard='' committed='' closed='' pid=''
		while IFS='=' read -r key value; do
			case $key in action) action=$value ;; status) status=$value ;; started) started=$value ;; ended) ended=$value ;;
			guard) guard=$value ;; commit_status) committed=$value ;; closed) closed=$value ;; pid) pid=$value ;; esac
		done <"$runs/$run/outcome"
		case $run,$action,$pid,$guard in
		nixhop-*,dry-activate,*) ;;
		nixhop-*,*,,armed | nixhop-*,*,,kept) ;; # beside a nixos-rebuild, which tells nobody how it ended
		nixhop-*)
			if [ -n "$ended$closed" ]; then put last "$action ${status:-none} ${started:-none} ${guard:-none} ${committed:-none}"; fi
			return
			;;
		esac
	done
}

probe() {
	printf 'nixhop-begin-%s\n' "$nonce"
	login_path=${PATH-}
	for program in nix nix-store nix-env nix-daemon sudo doas systemd-run; do
		found=$(command -v "$program")
		put "program.$program" "$found"
		case $program in nix-store) nix_store=$found ;; sudo) sudo=$found ;; doas) doas=$found ;; systemd-run) systemd_run=$found ;; esac
	done
	PATH=${PATH:+$PATH:}$programs
	export PATH
	timeout=$(command -v timeout)
	identity=$(id)
	case $identity in 'uid=0('* | 'uid=0 '*) root=1 ;; *) root= ;; esac
	ask_nix &
	if [ "$target" = 1 ]; then
		if [ -z "$root" ]; then ask_root & fi
		ask_units &
		ask_failed &
		ask_last &
		ask_work &
	fi
	ask_space &
	ask_mounts
	ask_login
	ask_system
	wait
	printf 'nixhop-end-%s\n' "$nonce"
}

# The script itself comes in over standard input: no command may read from it, and all of it must be read before the first one
# runs. After the answer the session keeps its connection open, until the other end closes it.
{
	probe </dev/null 2>/dev/null
	exec >/dev/null 2>&1
	while read -r _; do :; done
	exit 0
}
