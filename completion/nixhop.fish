# Completion of nixhop for fish. Put it where fish looks: nixhop completion fish >~/.config/fish/completions/nixhop.fish

function __nixhop_complete
    set -l words (commandline -opc)
    set -l word (commandline -ct)
    for candidate in ($words[1] __complete $words[2..-1] $word 2>/dev/null)
        if test $candidate = :files
            __fish_complete_path $word
        else
            echo $candidate
        end
    end
end

complete -c nixhop -f -a '(__nixhop_complete)'
