#compdef nixhop nixos-rebuild
# Completion of nixhop for zsh. Put it as _nixhop into a directory of fpath: nixhop completion zsh >DIR/_nixhop

_nixhop() {
    local line word help program=${~words[1]} name=nixhop
    local -a before after candidates
    # A nixos-rebuild may be nixhop, and may be none.
    if [[ ${program:t} == nixos-rebuild ]]; then
        program=nixhop
        [[ ${commands[nixos-rebuild]:-/} -ef ${commands[nixhop]:-} ]] || name=nixos-rebuild
    fi
    before=("${(@Q)words[2,CURRENT-1]}")
    (( CURRENT < $#words )) && after=("${(@Q)words[CURRENT+1,-1]}")
    for line in ${(f)"$("$program" __complete $name $#before "${(@)before}" "${(Q)PREFIX}" "${(@)after}" 2>/dev/null)"}; do
        if [[ $line == ":files" ]]; then
            compset -P '*='
            _files
            continue
        fi
        word=${line%%$'\t'*}
        help=${line#*$'\t'}
        candidates+=("${word//:/\\:}${help:+:$help}")
    done
    (( $#candidates )) && _describe -t nixhop nixhop candidates
}

if [[ $funcstack[1] == _nixhop ]]; then
    _nixhop "$@"
else
    compdef _nixhop nixhop nixos-rebuild
fi
