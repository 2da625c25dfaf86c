# Runs on a third build host, from standard input: tries whether ssh from there reaches the target, and logs in there as the same user.
# Arguments: the ways to try, each as two words: the host, and its port, which may be empty.
# Set by the caller in front of this text: boot_id node uid, as the target itself has told them.
# shellcheck shell=sh disable=SC2154

command -v ssh >/dev/null || exit 127
way=0
said=
while [ "$#" -gt 0 ]; do
    host=$1 port=$2
    shift 2
    answer=$(ssh ${port:+-p "$port"} -o BatchMode=yes -o ConnectTimeout=4 -o ConnectionAttempts=1 -- "$host" \
        'cat /proc/sys/kernel/random/boot_id && uname -n && id -u' </dev/null 2>&1)
    status=$?
    case "
$answer
" in
    *"
$boot_id
$node
$uid
"*)
        printf 'way=%s\n' "$way"
        exit
        ;;
    *"
$boot_id
$node
"*) said="it logs in there as another user" ;;
    *)
        if [ "$status" -eq 0 ]; then
            said="the host of that name there is another one"
        elif [ -z "$said" ]; then
            said="ssh says: ${answer##*"
"}"
        fi
        ;;
    esac
    way=$((way + 1))
done
printf 'said=%s\n' "$said"
