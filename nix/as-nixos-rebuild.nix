# nixhop under its own name and as nixos-rebuild, in front of the real one in a profile.
{ lib
, symlinkJoin
, makeWrapper
, nixhop
  # The real one, where it would not be found any more; else it is the next one in PATH.
, nixos-rebuild ? null
}:
symlinkJoin {
  name = "nixhop-as-nixos-rebuild";
  paths = [ nixhop ];
  nativeBuildInputs = [ makeWrapper ];
  postBuild = lib.optionalString (nixos-rebuild != null) ''
    # In the program itself: sudo would take a variable of the session away.
    rm $out/bin/nixhop
    makeWrapper ${nixhop}/bin/nixhop $out/bin/nixhop \
      --set-default NIXHOP_NIXOS_REBUILD ${nixos-rebuild}/bin/nixos-rebuild
  '' + ''
    ln -s nixhop $out/bin/nixos-rebuild
    ln -s nixhop.bash $out/share/bash-completion/completions/nixos-rebuild
    ln -s nixhop.fish $out/share/fish/vendor_completions.d/nixos-rebuild.fish
  '';
  # Two packages with one file of a name: this one is taken.
  meta.priority = -10;
}
