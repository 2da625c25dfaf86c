# Runs on a host, as root: tells which keys are there already, or writes them. What is secret stands in this text alone, which
# goes to the standard input of a shell, and in no argument or environment of a program.
# Set by the caller in front of this text: salt programs. Behind it stand calls of look and of send.
# shellcheck shell=sh disable=SC2154

PATH=${PATH-}${PATH:+:}$programs LC_ALL=C
export PATH LC_ALL
umask 077

# PATH: a hash of what the file holds.
digest() { { printf %s "$salt" && cat -- "$1"; } | sha256sum | cut -d ' ' -f 1; }

# passwd|group NAME: there is one of this name; any number is one.
known() {
    case $2 in *[!0-9]*) ;; *) return 0 ;; esac
    if command -v getent >/dev/null; then
        getent "$1" "$2" >/dev/null
    else
        grep -q "^$2:" "/etc/$1"
    fi
}

# PATH USER GROUP MODE DIGEST: the key is there, as it is to be.
same() {
    [ -f "$1" ] && [ ! -L "$1" ] || return
    stat=$(stat -c '%U:%G %u:%G %U:%g %u:%g ' -- "$1")
    case " $stat" in *" $2:$3 "*) ;; *) return 1 ;; esac
    [ "$(stat -c %a -- "$1")" = "$4" ] && [ "$(digest "$1")" = "$5" ]
}

# DIRECTORY PATH USER GROUP MODE DIGEST: tells what is to be done for a key, in a line.
look() {
    if ! [ -d "$1" ]; then
        state=no-directory
    elif [ -d "$2" ] && ! [ -L "$2" ]; then
        state=a-directory
    elif ! known passwd "$3"; then
        state=no-user
    elif ! known group "$4"; then
        state=no-group
    elif shift && same "$@"; then
        state=same
    else
        state=differs
    fi
    printf 'key=%s\n' "$state"
}

# DIRECTORY PATH USER GROUP MODE DIGEST CONTENT: writes a key, in a directory of root's beside it, so that nobody sees a part of
# it and nobody who may write to DIRECTORY can put something else in its place; then it takes its own place at once.
send() (
    place=$(mktemp -d "$1/.nixhop-key.XXXXXX") || exit
    trap 'cd / && rm -f -- "$place/key" && rmdir -- "$place"' EXIT
    trap 'exit 1' HUP INT TERM
    if ! cd -P -- "$place" || [ "$(stat -c %u .)" != "$(id -u)" ]; then
        echo "$place is not what was made" >&2
        exit 1
    fi
    printf %s "$7" | base64 -d >key && [ "$(digest ./key)" = "$6" ] && chown -- "$3:$4" key && chmod "$5" key &&
        mv -f -T -- key "$2" && printf 'key=sent\n'
)
