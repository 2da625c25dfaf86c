# Runs on the target, as root, from standard input: has a system activated there (work.sh, which the caller puts in front as a function, as guard.sh) and
# shows what that prints, until it has ended. Nothing is changed by this script itself, and nothing that it starts is bound to it: it may be
# killed, and its connection may go away, at any moment (NixOS/nixpkgs#39118, #462179). What became of the run stands in a file of its own there,
# in lines of key=value; that is what is printed on standard output at the end, and what await.sh tells later.
# Arguments: the directory of the run, which is new; the store path of the system, or nothing for a rollback.
# Set by the caller in front of this text: unit patience run by bootloader no_check guard programs
# shellcheck shell=sh disable=SC2154

# All of it must have come in before the first command runs: the end of a text that was cut off is no command.
{
    # Somebody at this machine's own keyboard may end the looking on. Only a shell that is told to ignores a signal for its children, too.
    stop=
    trap '' HUP QUIT PIPE
    trap 'stop=1' INT TERM

    dir=$1 toplevel=${2-}
    PATH=${PATH-}${PATH:+:}$programs
    export PATH

    begun() { [ -e "$dir/begun" ]; }
    refuse() {
        begun || rm -rf "$dir"
        printf 'run=%s\nstep=prepare\nwhy=%s\nended=yes\n' "$run" "$1"
        exit 1
    }

    # look: what work.sh has told so far.
    look() {
        pid='' status='' ended=''
        while IFS='=' read -r key value; do
            case $key in
            pid) pid=$value ;;
            status) status=$value ;;
            ended) ended=$value ;;
            esac
        done <"$dir/outcome"
    }
    at_work() {
        look
        [ -z "$ended" ] && [ -n "$pid" ] && grep -qsF "$dir/work" "/proc/$pid/cmdline"
    }

    # prepare: everything that is written for the run, before anything is changed; a full disk shows here. The outcome has its block of the file
    # system with its first line: what follows has room in it.
    prepare() {
        umask 022
        mkdir -p "${dir%/*}" || return
        if [ -e "$dir/outcome" ]; then # a printed plan that runs once more
            if at_work; then
                echo "this run is at work there already"
                return 1
            fi
            rm -rf "$dir"
        fi
        mkdir "$dir" && work >"$dir/work" && printf 'run=%s\nby=%s\n' "$run" "$by" >"$dir/outcome" || return
        printf '%s\n' "$PATH" "${NIX_REMOTE-}" >"$dir/login" || return
        (umask 077 && : >"$dir/log" && mkfifo "$dir/output") || return
        if [ -n "$guard" ]; then guard >"$dir/guard" && [ "$(cat "$dir/guard")" = "$(guard)" ] || return; fi
        # Not every shell tells that what it has printed was not written.
        if ! [ -s "$dir/work" ] || [ "$(cat "$dir/work")" != "$(work)" ] || ! grep -qxF "run=$run" "$dir/outcome"; then
            echo "not all of it was written"
            return 1
        fi
    }
    if ! said=$(prepare 2>&1); then
        refuse "nothing can be written to ${dir%/*}: $(printf '%s' "$said" | tail -n 1)"
    fi
    exec 3<"$dir/log"

    # The unit is what keeps two activations apart: systemd has only one of a name, and nixos-rebuild takes the same (nixpkgs#258571).
    active() {
        case $(systemctl is-active "$unit.service" 2>/dev/null) in
        active | activating | deactivating | reloading) return 0 ;;
        *) return 1 ;;
        esac
    }
    in_unit() {
        systemctl reset-failed "$unit.service" >/dev/null 2>&1
        systemd-run -E "LOCALE_ARCHIVE=${LOCALE_ARCHIVE-}" -E "NIXOS_INSTALL_BOOTLOADER=$bootloader" -E "NIXOS_NO_CHECK=$no_check" \
            --collect --no-ask-password --quiet --service-type=exec --unit="$unit" \
            /bin/sh "$dir/work" "$dir" unit "$toplevel" </dev/null >/dev/null 2>"$dir/complaint"
    }
    # whose: who has begun the activation that runs, where that was a nixhop.
    whose() {
        if read -r holder name <"${dir%/*}/holder" && [ -d "/proc/$holder" ]; then printf ', by %s' "$name"; fi
    } 2>/dev/null
    # Whether systemd-run works at all shows only when it is tried, and what it ends with does not say whether the unit was started.
    start_in_unit() {
        left=$patience
        until in_unit || begun; do
            if ! active; then
                # The other one has just ended; or it is not that.
                systemd-run --quiet --collect --no-ask-password --wait true >/dev/null 2>&1 || return 1
                refused=$((${refused-0} + 1))
                [ "$refused" -lt 5 ] || refuse "systemd-run does not start the activation: $(tail -n 1 "$dir/complaint")"
            elif [ "$left" -eq "$patience" ]; then
                printf 'nixhop: another activation is running here (%s%s); waiting for its end, %s seconds at most\n' "$unit.service" \
                    "$(whose)" "$patience" >&2
            fi
            [ "$left" -gt 0 ] || refuse "another activation is still running here ($unit.service)"
            [ -z "$stop" ] || refuse "the run was stopped"
            left=$((left - 1))
            [ $((left % 5)) -ne 0 ] || printf 'alive=%s\n' "$left" || exit 1
            sleep 1
        done
    }
    start_alone() {
        set -- env -i PATH="$PATH" LOCALE_ARCHIVE="${LOCALE_ARCHIVE-}" NIXOS_INSTALL_BOOTLOADER="$bootloader" NIXOS_NO_CHECK="$no_check" \
            /bin/sh "$dir/work" "$dir" alone "$toplevel"
        if command -v setsid >/dev/null; then set -- setsid "$@"; fi
        "$@" </dev/null >/dev/null 2>&1 3<&- &
    }
    [ -z "$stop" ] || refuse "the run was stopped"
    if ! [ -d /run/systemd/system ] || ! start_in_unit; then start_alone; fi

    # It tells its process id first of all. What was printed before the last look is shown behind that look.
    n=0
    until look && [ -n "$pid$ended" ] || [ "$n" -ge 500 ]; do
        n=$((n + 1))
        sleep 0.02
    done
    n=0 pause=0.02 # most have nothing to do
    while
        going=''
        if at_work; then going=1; fi
        cat <&3 >&2
        [ -n "$going" ] && [ -z "$stop" ]
    do
        n=$((n + 1))
        # Nobody hears it any more where that cannot be printed.
        [ $((n % 25)) -ne 0 ] || printf 'alive=%s\n' "$n" || exit 1
        [ "$n" -lt 50 ] || pause=0.2
        sleep "$pause"
    done
    look
    cat "$dir/outcome"
    [ "$status" = 0 ] && [ "$ended" = yes ]
    exit
}
