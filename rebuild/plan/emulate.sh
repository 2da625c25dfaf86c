# Runs on a build host, from standard input: tries whether Nix there builds for another system, by a derivation of one line whose builder is a
# program of that system. Set by the caller in front of this text: system; more, the system again where nix.conf does not name it;
# program, an ELF file as printf reads it, which creates the directory that is its first argument; programs, directories for the end of PATH.
# It reports in lines of key=value. What it adds to the store is garbage at once.
# shellcheck shell=sh disable=SC2154

PATH=${PATH-}${PATH:+:}$programs
export PATH
LC_ALL=C
export LC_ALL

fail() {
    if grep -q 'Exec format error' "$dir/says"; then
        printf 'says=%s\n' 'Exec format error'
    elif [ -s "$dir/says" ]; then
        # Of several errors the last one says what is wrong.
        printf 'says=%s\n' "$(sed -n 's/^.*error: *//p' "$dir/says" | tail -n 1)"
    else
        printf 'says=%s failed\n' "$1"
    fi
    exit 1
}

dir=$(mktemp -d) || exit
trap 'rm -rf "$dir"' EXIT
: >"$dir/says"
# shellcheck disable=SC2059 # that is what it is made for
printf "$program" >"$dir/nixhop-emulated" && chmod 755 "$dir/nixhop-emulated"
builder=$(nix-store --add "$dir/nixhop-emulated" 2>"$dir/says") || fail 'nix-store --add'
# The nonce makes it a new build each time.
cat >"$dir/derivation.nix" <<END
derivation {
  name = "nixhop-emulated";
  system = "$system";
  builder = builtins.storePath "$builder";
  args = [ (placeholder "out") ];
  nonce = "$(date +%s)-$$";
}
END
derivation=$(nix-instantiate "$dir/derivation.nix" --add-root "$dir/root" --indirect 2>"$dir/says") || fail nix-instantiate
set --
[ -z "$more" ] || set -- --option extra-extra-platforms "$more"
nix-store --realise "$derivation" --option builders '' --option substitute false "$@" </dev/null >/dev/null 2>"$dir/says" ||
    fail 'nix-store --realise'
echo emulated=yes
