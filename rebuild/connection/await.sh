# Runs on the target when an activation was not seen to its end: waits until the host is at rest, which is when no process has the directory of
# the run among its words any more, or the outcome that work.sh leaves there has its end. Then it prints that outcome, if there is one, and
# whether it came to rest. Needs no root.
# Set by the caller in front of this text: dir patience hasty programs; hasty: an activation that goes on by itself is not waited for.
# shellcheck shell=sh disable=SC2154

PATH=${PATH-}${PATH:+:}$programs
export PATH

look() {
    step='' ended=''
    while IFS='=' read -r key value; do
        case $key in
        step) step=$value ;;
        ended) ended=$value ;;
        esac
    done <"$dir/outcome"
}
# No word of grep's own holds the directory. Where this user sees no others' processes (hidepid), it stays as long as work.sh is not done.
at_work() {
    if [ -d /proc/1 ]; then
        set -- /proc/[0-9]*/cmdline
        printf '%s\n' "$dir" | grep -qsF -f - "$@"
    else
        [ -e "$dir/begun" ] || [ "$n" -lt 10 ]
    fi
}

{
    n=0
    while
        going=''
        if at_work; then going=1; fi
        look 2>/dev/null
        [ -n "$going" ] && [ -z "$ended" ] && [ "$n" -lt "$patience" ] && ! { [ -n "$hasty" ] && [ "$step" = activate ]; }
    do
        # A word now and then: whoever waits knows that this still runs.
        [ $((n % 5)) -ne 0 ] || printf 'alive=%s\n' "$n" || exit
        n=$((n + 1))
        sleep 1
    done
    cat "$dir/outcome" 2>/dev/null
    if [ -z "$going" ] || [ -n "$ended" ]; then echo rest=yes; fi
    exit 0
}
