# The same systems without a flake: -f testdata/lab/flake -A web
import ./hosts.nix
