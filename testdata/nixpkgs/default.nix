# Stands in for nixpkgs where nixhop's own package and modules are tested: as much as they use, made with what this
# machine has. The builds find Go and its caches in the environment (--impure), and have no network. ./lib is the lab's.
{ system ? builtins.currentSystem }:
let
  lib = import ./lib // {
    cleanSource = path: path;
    optionalString = condition: text: if condition then text else "";
    licenses.mit.spdxId = "MIT";
    platforms = { linux = [ "x86_64-linux" "aarch64-linux" ]; darwin = [ "x86_64-darwin" "aarch64-darwin" ]; };
  };

  shell = name: attributes: script: derivation (builtins.listToAttrs (map (name: { inherit name; value = builtins.getEnv name; }) [ "GOCACHE" "GOMODCACHE" "PATH" ]) // {
    inherit name system;
    builder = builtins.getEnv "NIXHOP_TEST_BASH";
    # Nix kills a builder whose output has come to its end, which that of touch or rm does before they have.
    args = [ "-euc" "${script}\nexit 0" ];
    GOPROXY = "off";
    GOTOOLCHAIN = "local";
  } // attributes);

  # What stdenv.mkDerivation, makeWrapper and installShellFiles do of it.
  setup = ''
    export HOME=$TMPDIR
    runHook() { :; }
    installShellCompletion() {
      [[ $1 == --cmd ]]; local name=$2; shift 2
      while [[ $# -gt 0 ]]; do
        case $1 in
          --bash) install -Dm644 "$2" "$out/share/bash-completion/completions/$name.bash" ;;
          --zsh) install -Dm644 "$2" "$out/share/zsh/site-functions/_$name" ;;
          --fish) install -Dm644 "$2" "$out/share/fish/vendor_completions.d/$name.fish" ;;
          *) exit 1 ;;
        esac
        shift 2
      done
    }
    installManPage() { install -Dm644 "$1" "$out/share/man/man1/$1"; }
    makeWrapper() {
      [[ $3 == --set-default ]]
      printf '#!/bin/sh\nexport %s="''${%s-%s}"\nexec "%s" "$@"\n' "$4" "$4" "$5" "$1" >"$2"
      chmod +x "$2"
    }
  '';

  packages = {
    inherit lib;
    stdenv = {
      hostPlatform = { inherit system; isLinux = builtins.match ".*-linux" system != null; };
      buildPlatform = { inherit system; canExecute = host: host.system == system; };
    };
    installShellFiles = "installShellFiles";
    makeWrapper = "makeWrapper";
    nixpkgs-fmt = shell "nixpkgs-fmt" { } "touch $out";
    mkShell = { packages }: shell "shell" { } "touch $out";
    go = "go";
    git = "git";
    openssh = "openssh";
    shellcheck = "shellcheck";
    fish = "fish";
    zsh = "zsh";
    mandoc = "mandoc";

    buildGoModule = { pname, version, src, vendorHash, env, subPackages, ldflags, nativeBuildInputs, doCheck, checkPhase, postInstall, meta }:
      let
        modules = shell "${pname}-${version}-go-modules"
          { inherit src; outputHashMode = "recursive"; outputHash = vendorHash; }
          ''
            ${setup}
            cp -r "$src" source && chmod -R u+w source && cd source
            go mod vendor
            cp -r vendor "$out"
          '';
      in
      assert env == { CGO_ENABLED = 0; };
      assert subPackages == [ "." ];
      shell "${pname}-${version}"
        { inherit src; CGO_ENABLED = "0"; GOFLAGS = "-trimpath"; }
        ''
          ${setup}
          cp -r "$src" source && chmod -R u+w source && cd source
          cp -r ${modules} vendor
          mkdir -p "$out/bin"
          go build -mod=vendor -trimpath -ldflags '${builtins.concatStringsSep " " ldflags} -buildid=' -o "$out/bin/" .
          # That the tests are there; they run elsewhere.
          go() { command go list -mod=vendor "''${@:3}"; }
          ${if doCheck then checkPhase else ""}
          unset -f go
          ${postInstall}
        '' // { inherit meta; goModules = modules; };

    symlinkJoin = { name, paths, nativeBuildInputs, postBuild, meta }:
      shell name { } ''
        ${setup}
        cp -rs ${builtins.head paths} "$out" && chmod -R u+w "$out"
        ${postBuild}
      '' // { inherit meta; };

    callPackage = path: arguments:
      let f = import path; in
      f (builtins.intersectAttrs (builtins.functionArgs f) packages // arguments);
  };
in
packages
