#!/bin/bash
# A demonstration of nixhop on two real hosts, made for it on this machine and gone at its end: make try
set -euo pipefail

lab=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
project=$(cd "$lab/../.." && pwd)

fail() {
	printf 'try: %s\n' "$@" >&2
	exit 1
}

missing=()
[[ $(id -u) == 0 ]] || missing+=('root, to boot two containers (sudo make try)')
command -v apt-get >/dev/null || missing+=('Debian or a relative, for their file system and the packages to make it')
command -v go >/dev/null || missing+=('Go 1.25 or newer, to build nixhop (https://go.dev/dl)')
[[ ${#missing[@]} == 0 ]] || fail 'this demonstration needs' "${missing[@]/#/- }"

# The login that deploys is root here, with settings of its own.
unset SUDO_USER SUDO_UID SUDO_GID SUDO_COMMAND NIX_SSHOPTS NIXHOP_NIXOS_REBUILD

work=$(mktemp -d /tmp/nixhop-try.XXXXXX)
tidy() {
	"$lab/lab.sh" down "$work/lab"
	rm -rf "$work"
}
trap tidy EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

if [[ -t 1 && -z ${NO_COLOR:-} ]]; then
	bold=$'\e[1m' plain=$'\e[0m'
else
	bold='' plain=''
fi

say() { printf '\n%s\n' "$*"; }

# show prints a command and runs it.
show() {
	local word line=''
	for word; do
		[[ $word =~ ^[A-Za-z0-9_@%+=:,./-]+$ ]] || word=${word@Q}
		line+=" $word"
	done
	printf '%s$%s%s\n' "$bold" "$line" "$plain"
	"$@"
}

steps=0
# step runs a command of which a certain exit status is expected.
step() { # status command...
	local expected=$1 status=0
	shift
	steps=$((steps + 1))
	show "$@" || status=$?
	[[ $status == "$expected" ]] || fail "exit status $status, expected $expected"
	[[ $status == 0 ]] || echo "(exit status $status)"
}

on() { # host command...: as anybody would ask the host
	ssh -F "$NIXHOP_SSH_CONFIG" -o BatchMode=yes "$@"
}

# is shows what a host is now and checks the message that its configuration gave it.
is() { # host message
	local message
	message=$(on "$1" cat /etc/nixhop-message)
	printf '  %s is now %s\n' "$1" "$(on "$1" readlink /run/current-system)"
	printf '  and says: %s\n' "$message"
	[[ $message == "$2" ]] || fail "expected: $2"
}

say '# What it takes: Nix, OpenSSH and containers on this machine, nixhop, two hosts'
show "$lab/lab.sh" install
(cd "$project" && show go build -o "$work/bin/nixhop" .)
NIXHOP_LAB_OWNER=$$ show "$lab/lab.sh" up "$work/lab" web db
started=$SECONDS
export PATH=$work/bin:$PATH

say '# An ssh config in which the hosts are aliases (named in lab/env), and a flake that has their configurations'
show . "$work/lab/env"
cp -r "$lab/flake" "$work/systems"
show cd "$work/systems"
nix eval --raw --expr builtins.currentSystem --impure | sed 's/.*/"&"/' >platform.nix
git init -q
git add -A
git -c user.name=try -c user.email=try@localhost commit -qm 'systems for web and db'
step 0 nixhop hosts

say '# Built here, activated there'
step 0 nixhop switch web
is web 'hello from web'

say '# Built on the host itself'
step 0 nixhop switch db --build-host target
is db 'hello from db'

say '# A change'
show sed -i 's/hello from web/something new/' hosts.nix
step 0 nixhop switch web
is web 'something new'

say '# And back'
step 0 nixhop switch web --rollback
is web 'hello from web'

say '# A host that is switched off: found before anything is built'
show "$lab/lab.sh" down "$work/lab" db
step 3 nixhop check db

say "try: all $steps commands did what they should, in $((SECONDS - started)) s; the hosts go away now"
