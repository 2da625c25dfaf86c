#compdef nixhop
# Completion of nixhop for zsh. Put it as _nixhop into a directory of fpath: nixhop completion zsh >DIR/_nixhop

_nixhop() {
    local line word help
    local -a candidates
    for line in ${(f)"$("${words[1]}" __complete "${(@Q)words[2,CURRENT-1]}" "${(Q)PREFIX}" 2>/dev/null)"}; do
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
    compdef _nixhop nixhop
fi
