# Functions for a target, as root: a system is booted once, while what boots without anybody's help stays what it was.
# Set by the caller in front of this text: profile
# shellcheck shell=sh disable=SC2154

# generation_of finds the newest generation of the profile that is a system.
generation_of() {
    generation=0
    for link in "$profile"-*-link; do
        n=${link#"$profile"-}
        n=${n%-link}
        case $n in '' | *[!0-9]*) continue ;; esac
        if [ "$n" -gt "$generation" ] && [ "$(readlink -f "$link")" = "$1" ]; then generation=$n; fi
    done
    [ "$generation" -gt 0 ]
}

# set_default makes a generation, which is a system, what boots: also the menu has all generations then.
set_default() {
    nix-env -p "$profile" --switch-generation "$1" >&2 && "$2/bin/switch-to-configuration" boot >&2
}

# find_loader finds what boots this host, as it has told of itself, and whether it boots something once: it fails, and says why, where not.
find_loader() {
    loader='' why=''
    variables=/sys/firmware/efi/efivars vendor=4a67b082-0a4c-41cf-b6c7-440b29bb8c4f menu=/boot/grub/grub.cfg
    if { tr -d '\000' <"$variables/LoaderInfo-$vendor"; } 2>/dev/null | grep -q systemd-boot; then
        loader=systemd-boot
        esp=$(bootctl --print-esp-path 2>/dev/null) || why="bootctl does not tell where its partition is"
        boot=$(bootctl --print-boot-path 2>/dev/null) || boot=$esp
        # It would count before what the system writes (loader.conf(5)).
        if [ -e "$variables/LoaderEntryDefault-$vendor" ]; then why="bootctl set-default has given it another default"; fi
    elif command -v grub-reboot >/dev/null && [ -r "$menu" ]; then
        loader=grub
        grep -q next_entry "$menu" || why="its GRUB menu boots nothing once"
        # What GRUB cannot write to, it cannot forget either (info grub, "Environment block").
        case $(stat -f -c %T "${menu%/*}" 2>/dev/null) in
        ext* | msdos | vfat | xfs) ;;
        *) why="GRUB cannot write to the file system of /boot/grub" ;;
        esac
        case $(df -P "${menu%/*}" 2>/dev/null | tail -n 1) in /dev/mapper/* | /dev/dm-* | /dev/md*) why="GRUB cannot write to the device of /boot/grub" ;; esac
    else
        why="what boots it is neither systemd-boot nor GRUB, as far as it tells"
    fi
    [ -z "$why" ]
}

# entry_of finds the entry of a system in the menu of the loader.
entry_of() {
    entry=
    case $loader in
    systemd-boot)
        for file in "$boot"/loader/entries/*.conf; do
            if grep -qsF "init=$1/init" "$file"; then entry=${file##*/}; fi
        done
        entry=$(printf '%s\n' "$entry" | sed 's/+[0-9][0-9-]*\.conf$/.conf/') # tries that are left are no part of its name
        ;;
    grub)
        submenu='' title=''
        while IFS= read -r line; do
            case $line in
            *submenu\ \"*) submenu=${line#*\"} && submenu=${submenu%%\"*}\> ;;
            *menuentry\ \"*) title=${line#*\"} && title=${title%%\"*} ;;
            *" init=$1/init "* | *" init=$1/init") [ -n "$entry" ] || [ -z "$submenu" ] || entry=$submenu$title ;;
            esac
        done <"$menu"
        ;;
    esac
    [ -n "$entry" ]
}

# is_default reports whether the loader boots a system by itself.
is_default() {
    case $loader in
    systemd-boot) entry_of "$1" && grep -qsxF "default $entry" "$esp/loader/loader.conf" ;;
    grub)
        grep -q '^ *set default="\{0,1\}0"\{0,1\}$' "$menu" &&
            sed -n -e '/^ *menuentry /,/^}/{' -e p -e '/^}/q' -e '}' "$menu" | grep -q " init=$1/init\( \|\$\)"
        ;;
    esac
}

# boot_once has the loader boot an entry with the next boot alone.
boot_once() {
    case $loader in
    systemd-boot) bootctl set-oneshot "$1" >&2 ;;
    grub) grub-reboot --boot-directory="${menu%/grub/*}" "$1" >&2 ;;
    esac
}

# prepare_once prepares one boot of the system that is the default by now; what was booted last becomes the default. It fails, and says why,
# where that cannot be had: before anything was changed (why), or with the default as it was (undone).
prepare_once() {
    new=$1 old=$2 undone=
    find_loader || return
    if ! generation_of "$old" || ! [ -x "$old/bin/switch-to-configuration" ]; then
        why="what it has booted is no generation of its profile"
        return 1
    fi
    before=$generation
    generation_of "$new" && after=$generation
    if ! entry_of "$old"; then
        why="the menu of $loader has no entry for what it has booted"
    elif ! is_default "$new"; then
        why="$loader does not boot the new system by itself, as far as its menu tells"
    fi
    [ -z "$why" ] || return
    if ! set_default "$before" "$old"; then
        undone="the system before could not be made what boots"
    elif ! entry_of "$new"; then
        undone="the menu of $loader has no entry for the new system"
    elif ! is_default "$old"; then
        undone="$loader does not boot the system before by itself"
    elif ! { entry_of "$new" && boot_once "$entry"; }; then
        undone="$loader could not be told to boot the new system once"
    else
        return 0
    fi
    set_default "$after" "$new" || undone="$undone; and what boots next is not known"
    return 1
}
