# Runs on a host: sets a profile of a user to what was copied there, and activates it as that user, unless it is that already. It
# prints profile=same, set, or restored, where what there was before is active again; what the activation prints goes to
# standard error.
# Set by the caller in front of this text: user name place path boot restore force programs
# shellcheck shell=sh disable=SC2154

PATH=${PATH-}${PATH:+:}$programs
export PATH

# As the user: sets and activates.
# shellcheck disable=SC2016
own='
    user=$1 name=$2 place=$3 path=$4 boot=$5 restore=$6 force=$7
    profiles=${NIX_STATE_DIR:-/nix/var/nix}/profiles/per-user/$user
    if [ -z "$place" ] && { [ "$user" = root ] || [ -d "$profiles" ]; }; then
        place=$profiles/$name
    elif [ -z "$place" ]; then
        place=${XDG_STATE_HOME:-$HOME/.local/state}/nix/profiles/$name
    fi

    # PROFILE: activates what it is.
    activate() {
        run=$1/activate
        [ ! -e "$1/deploy-rs-activate" ] || run=$1/deploy-rs-activate
        (cd "$1" && PROFILE=$1 DRY_ACTIVATE=0 BOOT=$boot "$run" </dev/null >&2)
    }

    if ! [ -e "$path/deploy-rs-activate" ] && ! [ -e "$path/activate" ]; then
        echo "$path has neither deploy-rs-activate nor activate" >&2
        exit 1
    fi
    before=$(readlink -f -- "$place" 2>/dev/null)
    if [ "$before" = "$path" ] && [ -z "$force" ]; then
        echo profile=same
        exit
    fi
    mkdir -p -- "${place%/*}" && nix-env -p "$place" --set "$path" || exit
    activate "$place" && echo profile=set && exit
    status=$?
    if [ -n "$restore" ] && [ -e "$before" ] && [ "$before" != "$path" ]; then
        nix-env -p "$place" --set "$before" && activate "$place" && echo profile=restored
    fi
    exit "$status"
'

set -- "$user" "$name" "$place" "$path" "$boot" "$restore" "$force"
if [ "$(id -un)" = "$user" ]; then
    exec /bin/sh -c "$own" sh "$@"
fi
entry=$(getent passwd "$user") || {
    echo "the host has no user $user" >&2
    exit 1
}
shell=${entry##*:} home=${entry%:*}
home=${home##*:}
cd / && exec runuser -u "$user" -- env -i HOME="$home" USER="$user" LOGNAME="$user" SHELL="$shell" PATH="$PATH" /bin/sh -c "$own" sh "$@"
