# Completion of nixhop for bash. Load it with: source <(nixhop completion bash)

_nixhop() {
    local line=${COMP_LINE:0:COMP_POINT} rest=${COMP_LINE:COMP_POINT} word kept="" breaks="" mark candidate quoted
    local program=${1/#"~/"/"$HOME/"} name=nixhop
    local -a before after candidates
    COMPREPLY=()

    # A nixos-rebuild may be nixhop, and may be none.
    if [[ ${1##*/} == nixos-rebuild ]]; then
        program=nixhop
        if ! [[ ${BASH_ALIASES[nixos-rebuild]-} == *nixhop* || $(type -P -- "$1") -ef $(type -P nixhop) ]]; then
            name=nixos-rebuild
        fi
    fi

    # bash takes words apart at the characters of COMP_WORDBREAKS, so user@host and --flag=value come in pieces. Here
    # they are put together again, and what stands before the last break is not given back: bash keeps it, but for an
    # @, with which a piece begins (rl_special_prefixes in bash's bashline.c).
    word=${line##*[[:space:]]}
    read -r -a before <<<"${line%"$word"}"
    read -r -a after <<<"${rest#"${rest%%[[:space:]]*}"}"
    for mark in @ : =; do
        [[ $COMP_WORDBREAKS == *"$mark"* ]] && breaks+=$mark
    done
    [[ -n $breaks && $word == *["$breaks"]* ]] && kept=${word%"${word##*["$breaks"]}"}
    kept=${kept%@}

    before=("${before[@]:1}")
    mapfile -t candidates < <("$program" __complete "$name" "${#before[@]}" "${before[@]}" "$word" "${after[@]}" 2>/dev/null)
    for candidate in "${candidates[@]}"; do
        if [[ $candidate == ":files" ]]; then
            compopt -o filenames 2>/dev/null
            mapfile -t -O "${#COMPREPLY[@]}" COMPREPLY < <(compgen -f -- "${word#"$kept"}")
            continue
        fi
        candidate=${candidate%%$'\t'*}
        # What is given back becomes part of a command line: written so that bash reads this very word, as it may have
        # been typed, too.
        printf -v quoted %q "$candidate"
        if [[ $candidate == "$word"* ]]; then
            printf -v quoted %q "${candidate#"$kept"}"
            COMPREPLY+=("$quoted")
        elif [[ $quoted == "$word"* ]]; then
            COMPREPLY+=("${quoted#"$kept"}")
        fi
    done
    return 0
}

complete -F _nixhop nixhop nixos-rebuild
