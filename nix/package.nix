# The package, for callPackage: static, with completions and manual; the tests that need no network and no root run as it
# is built.
{ lib
, stdenv
, buildGoModule
, installShellFiles
, version ? "unstable"
  # The day of the last change, YYYY-MM-DD, which the manual names.
, date ? ""
}:
buildGoModule {
  pname = "nixhop";
  inherit version;
  src = lib.cleanSource ../.;

  # Of what `go mod vendor` makes; `make vendor-hash` writes it.
  vendorHash = "sha256-Jy7Pq/AtHkczy7C/HliGn6PFxccBCvdO3pL+N/KjK8E=";

  env.CGO_ENABLED = 0;
  subPackages = [ "." ];
  ldflags = [ "-s" "-w" "-X main.version=${version}" "-X main.date=${date}" ];

  nativeBuildInputs = [ installShellFiles ];

  # Those that need neither network nor root, nor any other program: there is little else in the sandbox of a build.
  # They are run on Linux alone; nobody has seen them on a Mac.
  doCheck = stdenv.hostPlatform.isLinux;
  checkPhase = ''
    runHook preCheck
    # Tests read files beside their source.
    export GOFLAGS=''${GOFLAGS//-trimpath/}
    export HOME=$TMPDIR
    go test -vet=off \
      ./rebuild/cache ./rebuild/generations ./rebuild/help ./rebuild/phase ./rebuild/preview ./rebuild/prompt \
      ./rebuild/report ./rebuild/request ./rebuild/rollout ./rebuild/selection ./rebuild/view
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
