# Runs on the target, as root, from standard input, over a connection that was made for this alone: that it runs is the proof that the host can
# be reached with the new system. It tells the guard so (guard.sh), shows what is printed by what comes of that, and prints the outcome.
# Argument: the directory of the run.
# Set by the caller in front of this text: run want action profile unit beside programs; want: confirm what was activated, restore what was before, look, or
# await the end
# shellcheck shell=sh disable=SC2154

{
    trap '' HUP PIPE
    dir=$1
    PATH=${PATH-}${PATH:+:}$programs
    export PATH
    if ! [ -e "$dir/outcome" ]; then # a boot has come between
        printf 'run=%s\nguard=gone\ncurrent=%s\nprofile_now=%s\n' "$run" "$(readlink -f /run/current-system)" \
            "$(readlink -f "$profile")"
        exit 1
    fi
    look() {
        status='' guard='' closed='' commit_status=0 inhibited='' ended='' pid=''
        while IFS='=' read -r key value; do
            case $key in
            status) status=$value ;;
            guard) guard=$value ;;
            closed) closed=$value ;;
            ended) ended=$value ;;
            inhibited) inhibited=yes ;;
            commit_status) commit_status=$value ;;
            pid) pid=$value ;;
            esac
        done <"$dir/outcome"
    }
    n=0
    # pause: whoever waits knows that this still runs.
    pause() {
        cat <&3 >&2
        [ $((n % 100)) -ne 0 ] || printf 'alive=%s\n' "$n" || exit 1
        n=$((n + 1))
        sleep 0.05
    }
    look
    { command exec 3<"$dir/log"; } 2>/dev/null || command exec 3</dev/null # exec alone would end the shell
    cat <&3 >/dev/null # which was shown already
    while [ -z "$ended" ] && [ -e "$dir/open" ] && grep -qsF "$dir/work" "/proc/$pid/cmdline"; do
        pause
        look
    done
    # Beside a nixos-rebuild nobody but systemd knows whether it is at work, and what was activated boots already.
    while [ -n "$beside" ] && [ -e "$dir/open" ] &&
        systemctl list-units --plain --no-legend --state=active,activating,deactivating,reloading "$unit*" 2>/dev/null | grep -q .; do
        pause
    done
    case $want,$ended,$beside in
    confirm,*,yes) want=keep ;;
    confirm,,) want=restore ;; # it was ended in its middle
    esac
    case $want in
    keep) mv "$dir/open" "$dir/disarm" ;;
    confirm)
        # Units that failed are the new system's own; whatever else failed must not become what boots. What inhibits the switch boots next already.
        decided=disarm
        case $action,$status,$inhibited in switch,0, | switch,4,) decided=commit ;; esac
        mv "$dir/open" "$dir/$decided"
        ;;
    restore | await)
        [ -n "$closed" ] || : >"$dir/asked"
        look
        if [ -n "$closed" ]; then rm -f "$dir/asked"; fi # it leaves nothing, and has tidied before that was there
        if [ "$want" = restore ]; then mv "$dir/open" "$dir/restore"; fi
        ;;
    esac 2>/dev/null
    # A guard that was killed is started anew by systemd. Where nothing does that, it is done here: what was decided stands.
    alive() { read -r watching _ <"$dir/watching" && grep -qsF "$dir/guard" "/proc/$watching/cmdline"; } 2>/dev/null
    gone=0
    while
        look
        [ "$want" != look ] && [ -n "$guard" ] && [ -z "$closed" ]
    do
        pause
        if alive; then gone=0; else gone=$((gone + 1)); fi
        if [ "$gone" -ge 100 ] && [ -e "$dir/guard" ]; then
            gone=0
            set -- /bin/sh "$dir/guard" "$dir"
            if command -v setsid >/dev/null; then set -- setsid "$@"; fi
            "$@" </dev/null >/dev/null 2>&1 3<&- &
        fi
    done
    cat <&3 >&2
    cat "$dir/outcome"
    case $guard in
    '' | committed | kept) [ "$status" = 0 ] && [ "$commit_status" = 0 ] ;;
    *) [ "$want" = look ] ;;
    esac
    exit
}
