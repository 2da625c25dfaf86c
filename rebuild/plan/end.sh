# Runs on a build host, from standard input: ends what a run has left at work there. Where others wait for the same it is left alone, for
# their Nix may be waiting for ours: then the status is 3. The caller sets ours and same, which are patterns of command lines, and
# programs, which extends PATH.
# shellcheck shell=sh disable=SC2154
PATH=$PATH:$programs
mine=$(pgrep -f -- "$ours") || exit 0
for process in $(pgrep -f -- "$same"); do
	case "
$mine
" in
	*"
$process
"*) ;;
	*) exit 3 ;;
	esac
done
for process in $mine; do
	kill -INT "$process"
done
