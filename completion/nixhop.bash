# Completion of nixhop for bash. Load it with: source <(nixhop completion bash)

_nixhop() {
    local line=${COMP_LINE:0:COMP_POINT} word kept="" breaks="" mark candidate quoted
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

complete -F _nixhop nixhop
