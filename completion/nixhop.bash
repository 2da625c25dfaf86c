# Completion of nixhop for bash. Load it with: source <(nixhop completion bash)

_nixhop() {
    local line=${COMP_LINE:0:COMP_POINT} word kept="" breaks="" mark candidate
    local -a before candidates
    COMPREPLY=()

    # bash takes words apart at the characters of COMP_WORDBREAKS, so user@host and --flag=value come in pieces. Here
    # they are put together again, and what stands before the last break is not given back: bash keeps it.
    word=${line##*[[:space:]]}
    read -r -a before <<<"${line%"$word"}"
    for mark in @ : =; do
        [[ $COMP_WORDBREAKS == *"$mark"* ]] && breaks+=$mark
    done
    [[ -n $breaks && $word == *["$breaks"]* ]] && kept=${word%"${word##*["$breaks"]}"}

    mapfile -t candidates < <("$1" __complete "${before[@]:1}" "$word" 2>/dev/null)
    for candidate in "${candidates[@]}"; do
        if [[ $candidate == ":files" ]]; then
            compopt -o filenames 2>/dev/null
            mapfile -t -O "${#COMPREPLY[@]}" COMPREPLY < <(compgen -f -- "${word#"$kept"}")
            continue
        fi
        candidate=${candidate%%$'\t'*}
        [[ $candidate == "$word"* ]] && COMPREPLY+=("${candidate#"$kept"}")
    done
    return 0
}

complete -F _nixhop nixhop
