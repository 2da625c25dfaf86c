# Brings a store path ($1), with all that it needs, from one machine to another in one stream, where a long way lies between them: three
# questions for all of it, not two for each path. It stands behind functions: told and send at the one end, lacks and take at the other, and
# copy, which is nix copy from the one to the other. What a host prints is not trusted: only names of store paths are taken from it.
#
# A stream carries no signatures, and each path lies in the memory of the other end while it comes. So what has a signature, or needs none,
# is left to nix copy, unless $unsigned says that it does not matter; and what is larger than $most bytes is, too.

# Set by the assignments in front, or by those who read it.
# shellcheck shell=sh
# shellcheck disable=SC2154
set -euf
LC_ALL=C
export LC_ALL
newline='
'

# lacking: of the paths on standard input, a line each, those that the other end lacks.
lacking() {
	paths=$(sort -u)
	missing=$(printf '%s\n' "$paths" | lacks | sort -u)
	printf '%s\n' "$paths" "$missing" | sort | uniq -d
}

# known: the lines of told that are about a store path.
known() {
	while read -r path size signs; do
		case $path in *[!A-Za-z0-9+._?=/-]*) continue ;; /nix/store/?*) ;; *) continue ;; esac
		case $size in '' | *[!0-9]*) continue ;; esac
		printf '%s %s %s\n' "$path" "$size" "$signs"
	done
}

all=$(told "$1")
all=$(printf '%s\n' "$all" | known)
wanted=$(printf '%s\n' "$all" | while read -r path _; do printf '%s\n' "$path"; done | lacking)
if [ -z "$wanted" ]; then exit 0; fi

kept='' streamed='' at=''
while read -r path size signs; do
	case $size,$path in
	,*) at=$path && continue ;;
	*",$at") ;;
	*) continue ;;
	esac
	case $unsigned$signs in
	'' | ultimate | yes*) if [ "$size" -le "$most" ]; then streamed=$streamed$path$newline; else kept="$kept $path"; fi ;;
	*) kept="$kept $path" ;;
	esac
done <<END
$(printf '%s\n' "$wanted" "$all" | sort)
END

if [ -n "$kept" ]; then
	# shellcheck disable=SC2086 # a word each
	copy $kept
	if [ -n "$streamed" ]; then streamed=$(printf '%s' "$streamed" | lacking); fi
fi
count=0
for path in $streamed; do count=$((count + 1)); done
case $count in
0) exit 0 ;;
1) echo 'copying 1 path...' >&2 ;;
*) echo "copying $count paths in one stream..." >&2 ;;
esac
printf '%s\n' "$streamed" | send | take >/dev/null
