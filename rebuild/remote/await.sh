# Runs on the target when the connection was lost: waits for the end of the activation that activate.sh has begun there, and prints
# what was reported of it; nothing where this host knows of none. Needs no root.
# Set by the caller in front of this text: outcome run programs
# shellcheck shell=sh disable=SC2154

PATH=${PATH-}${PATH:+:}$programs
export PATH

look() {
    found='' pid='' status=''
    while IFS='=' read -r key value; do
        case $key in
        run) found=$value ;;
        pid) pid=$value ;;
        status) status=$value ;;
        esac
    done <"$outcome"
}

look 2>/dev/null
if [ "$found" != "$run" ]; then exit 0; fi
# It may have been prepared, and not have said yet which process it is.
if [ -z "$pid" ]; then
    sleep 2
    look
fi
while [ -z "$status" ] && [ -n "$pid" ] && [ -d "/proc/$pid" ]; do
    sleep 1
    look
done
look
cat "$outcome"
printf 'current=%s\n' "$(readlink -f /run/current-system)"
