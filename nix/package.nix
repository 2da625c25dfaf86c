# The package, for callPackage: static, with completions and manual; the tests that need no network and no root run as it
# is built.
{ lib
, stdenv
, buildGoModule
, installShellFiles
, gitMinimal
, openssh
, version ? "unstable"
  # The day of the last change, YYYY-MM-DD, which the manual names.
, date ? ""
}:
buildGoModule {
  pname = "nixhop";
  inherit version;
  src = lib.cleanSource ../.;

  # Of what `go mod vendor` makes; `make vendor-hash` writes it.
  vendorHash = "sha256-OjBlyBwP+rr2LPO9X/JgCcOrIxiGITysOzXX8rNKJ+A=";

  env.CGO_ENABLED = 0;
  subPackages = [ "." ];
  ldflags = [ "-s" "-w" "-X main.version=${version}" "-X main.date=${date}" ];

  nativeBuildInputs = [ installShellFiles ];

  # Those of the whole program deploy with a Nix of their own, which has no place in a build of Nix.
  nativeCheckInputs = [ gitMinimal openssh ];
  checkPhase = ''
    runHook preCheck
    # Tests read files beside their source.
    export GOFLAGS=''${GOFLAGS//-trimpath/}
    export HOME=$TMPDIR
    go test -vet=off ./nixexec/... ./sshcfg/... ./rebuild/...
    runHook postCheck
  '';

  postInstall = ''
    installShellCompletion --cmd nixhop \
      --bash completion/nixhop.bash --zsh completion/nixhop.zsh --fish completion/nixhop.fish
  '' + lib.optionalString (stdenv.buildPlatform.canExecute stdenv.hostPlatform) ''
    $out/bin/nixhop man >nixhop.1
    installManPage nixhop.1
  '';

  meta = {
    description = "A nixos-rebuild that knows your ssh hosts";
    license = lib.licenses.mit;
    mainProgram = "nixhop";
    platforms = lib.platforms.linux ++ lib.platforms.darwin;
  };
}
