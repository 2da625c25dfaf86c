# Completion of nixhop for fish. Put it where fish looks: nixhop completion fish >~/.config/fish/completions/nixhop.fish

function __nixhop_complete
    # fish shows its completions the line as far as the cursor; what stands behind it is not known here.
    set -l before (commandline -opc)
    set -l word (commandline -ct)
    set -l program (string replace -r '^~/' $HOME/ -- $before[1])
    set -l name nixhop
    # A nixos-rebuild may be nixhop, and may be none.
    if test (path basename -- $program) = nixos-rebuild
        set program nixhop
        test (realpath -- (command -s nixos-rebuild; or echo /)) = (realpath -- (command -s nixhop; or echo /nowhere)); or set name nixos-rebuild
    end
    for candidate in ($program __complete $name (math (count $before) - 1) $before[2..-1] $word 2>/dev/null)
        if test $candidate = :files
            __fish_complete_path $word
        else
            echo $candidate
        end
    end
end

complete -c nixhop -f -a '(__nixhop_complete)'
complete -c nixos-rebuild -f -a '(__nixhop_complete)'
